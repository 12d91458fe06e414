"""From what an alert asks and what the book holds to what is to be done.

long buys a call and short buys a put, so nothing is ever sold that is not held. An alert that opens one side while the
other is held closes first: both sides are never held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Final

from domain.errors import RuleBroken
from domain.positions import Direction
from domain.quantities import contracts, counted, share_of_contracts
from domain.symbols.occ import Right

from .view import Action, DecisionView, HeldPosition, SignalView

LONG, SHORT = Direction.LONG, Direction.SHORT
BOTH: Final = (LONG, SHORT)
ONE: Final = Decimal(1)
UNITS: Final = "units"
PERCENT_OF_POSITION: Final = "percent_of_position"
KIND: Final[Mapping[Direction, str]] = {LONG: "call", SHORT: "put"}


@dataclass(frozen=True, slots=True)
class Closing:
    """One position that has to shrink. quantity is contracts to order now; 0 where live exit orders cover all of it."""

    position_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What one alert comes to. Cancels go first, then closings; a reversal opens only when both are done.

    thesis is set when something is to be opened (LONG buys a call, SHORT a put). close_fraction is the share of the
    holding that a reduction asked for, where the alert told one. text says it in words.
    """

    action: Action
    thesis: Direction | None
    text: str
    closings: tuple[Closing, ...] = ()
    cancel_order_ids: tuple[int, ...] = ()
    close_fraction: Decimal | None = None

    @property
    def close_position_ids(self) -> tuple[int, ...]:
        return tuple(closing.position_id for closing in self.closings)

    @property
    def close_quantity(self) -> int:
        """Contracts to be sold in all."""
        return sum(closing.quantity for closing in self.closings)

    @property
    def opens(self) -> bool:
        return self.action in (Action.OPEN, Action.ADD, Action.REVERSE)

    @property
    def closes(self) -> bool:
        return self.action in (Action.CLOSE, Action.REDUCE, Action.REVERSE)


def plan_for(view: DecisionView) -> Plan:
    """Raises RuleBroken: intent_unsupported, position_mismatch, nothing_to_close, nothing_to_cancel,
    no_position_to_add, position_open, quantity_unknown, option_short_unsupported.
    """
    planner = PLANNERS.get(view.signal.intent)
    if planner is None:
        raise RuleBroken("intent_unsupported", f"the engine knows no intent {view.signal.intent!r}")
    return planner(view)


def opposite(thesis: Direction) -> Direction:
    return SHORT if thesis is LONG else LONG


def _open(view: DecisionView, side: Direction) -> Plan:
    thesis = _thesis(view.signal, side)
    symbol, other = view.signal.symbol, opposite(thesis)
    against, resting = view.book.held(symbol, other), view.book.entries(symbol, other)
    buy = f"buy a {KIND[thesis]} on {symbol}"
    if not against and not resting:
        return Plan(Action.OPEN, thesis, buy)
    return Plan(
        Action.REVERSE,
        thesis,
        f"{_leaving(_all_of(against), len(resting))}, then {buy}",
        closings=_all_of(against),
        cancel_order_ids=tuple(order.order_id for order in resting),
    )


def _exit(view: DecisionView, sides: tuple[Direction, ...]) -> Plan:
    theses = tuple(_thesis(view.signal, side) for side in sides)
    closings, resting = [], []
    for thesis in theses:
        closings += [closing for closing in _all_of(_held(view, thesis)) if closing.quantity]
        resting += [order.order_id for order in view.book.entries(view.signal.symbol, thesis)]
    if not closings and not resting:
        raise _nothing_to_close(view, theses)
    text = f"{_leaving(tuple(closings), len(resting))} on {view.signal.symbol}"
    return Plan(Action.CLOSE, None, text, closings=tuple(closings), cancel_order_ids=tuple(resting))


def _flatten(view: DecisionView) -> Plan:
    """Both sides, or the one option that the alert names."""
    return _exit(view, BOTH if view.signal.contract is None else (LONG,))


def _reduce(view: DecisionView, side: Direction) -> Plan:
    signal, book = view.signal, view.book
    thesis = _thesis(signal, side)
    held = _held(view, thesis)
    # A buy that leaves a short can be read in no other way; a sell that finds nothing is only late.
    if not held and (side is SHORT or book.held(signal.symbol, opposite(thesis))):
        raise RuleBroken(
            "position_mismatch",
            f"the alert reduces a {side} position on {signal.symbol}; the book holds {_holding(view)}",
        )
    available = sum(position.available for position in held)
    if not available:
        raise _nothing_to_close(view, (thesis,))
    fraction = share_asked(signal)
    if fraction is not None:
        wanted = share_of_contracts(available, fraction)
    elif (asked := _units(signal)) is not None:
        wanted = max(int(min(asked, Decimal(available))), 1)
    else:
        raise RuleBroken("quantity_unknown", f"the alert tells no size to reduce {contracts(available)} by")
    return Plan(
        Action.REDUCE,
        None,
        f"sell {wanted} of {contracts(available)} on {signal.symbol}",
        closings=_oldest_first(held, wanted),
        cancel_order_ids=tuple(order.order_id for order in book.entries(signal.symbol, thesis)),
        close_fraction=fraction,
    )


def _reduce_either(view: DecisionView) -> Plan:
    """A reduction that names no side is of the side that is held."""
    if view.signal.contract is not None:
        return _reduce(view, LONG)
    theses = _theses_held(view)
    return _reduce(view, theses[0]) if theses else _exit(view, BOTH)


def _sell(view: DecisionView) -> Plan:
    """A sell that does not say what is held afterwards: the strategy's setting decides. An option named is sold."""
    if view.strategy.bare_sell == "short" and view.signal.contract is None:
        return _open(view, SHORT)
    sized = _units(view.signal) is not None or share_asked(view.signal) is not None
    if sized and _held(view, _thesis(view.signal, LONG)):
        return _reduce(view, LONG)
    return _exit(view, (LONG,))


def _add(view: DecisionView) -> Plan:
    theses = _theses_held(view)
    if not theses:
        raise RuleBroken("no_position_to_add", f"no position on {view.signal.symbol} to add to")
    return Plan(Action.ADD, theses[0], f"buy one more {KIND[theses[0]]} position on {view.signal.symbol}")


def _set_position(view: DecisionView) -> Plan:
    signal = view.signal
    if signal.target_position is None:
        raise RuleBroken("quantity_unknown", "the alert sets a position and does not tell which")
    if not signal.target_position:
        return _flatten(view)
    side = LONG if signal.target_position > 0 else SHORT
    thesis = _thesis(signal, side)
    if not _held(view, thesis) or view.book.held(signal.symbol, opposite(thesis)):
        return _open(view, side)
    target, previous = abs(signal.target_position), signal.previous_position
    if previous is not None and previous * signal.target_position > 0:
        if target < abs(previous):
            return _reduce(view, side)
        if target > abs(previous):
            return _add(view)
    known = "an unknown size" if previous is None else f"{previous}"
    raise RuleBroken(
        "position_open",
        f"{_holding(view)} held on {signal.symbol}; going from {known} to {signal.target_position} changes nothing",
    )


def _cancel(view: DecisionView) -> Plan:
    resting = view.book.entries(view.signal.symbol)
    if not resting:
        raise RuleBroken("nothing_to_cancel", f"no entry order on {view.signal.symbol} is live")
    order_ids = tuple(order.order_id for order in resting)
    return Plan(Action.CANCEL, None, f"cancel {counted(len(resting), 'entry order')}", cancel_order_ids=order_ids)


PLANNERS: Final[Mapping[str, Callable[[DecisionView], Plan]]] = MappingProxyType(
    {
        "open_long": partial(_open, side=LONG),
        "open_short": partial(_open, side=SHORT),
        "reverse_to_long": partial(_open, side=LONG),
        "reverse_to_short": partial(_open, side=SHORT),
        "reduce_long": partial(_reduce, side=LONG),
        "reduce_short": partial(_reduce, side=SHORT),
        "reduce": _reduce_either,
        "flatten": _flatten,
        "exit_long": partial(_exit, sides=(LONG,)),
        "exit_short": partial(_exit, sides=(SHORT,)),
        "add_to_position": _add,
        "set_position": _set_position,
        "sell": _sell,
        "cancel": _cancel,
    }
)


def share_asked(signal: SignalView) -> Decimal | None:
    """The share of the position that a reduction takes away, above 0 and up to 1; None when the alert does not tell.

    Taken from a percentage of the position, from previous and target position, or from target and quantity (target +
    quantity is what there was before).
    """
    if signal.quantity_type == PERCENT_OF_POSITION:
        return min(signal.quantity / 100, ONE) if signal.quantity else None
    target, previous = signal.target_position, signal.previous_position
    if target is None:
        return None
    before = abs(previous) if previous is not None else abs(target) + (_units(signal) or 0)
    after = Decimal(0) if previous is not None and previous * target < 0 else abs(target)
    return (before - after) / before if before > after else None


def _units(signal: SignalView) -> Decimal | None:
    """The quantity where it counts units; percentages and money are not contracts."""
    return signal.quantity if signal.quantity_type in (None, UNITS) else None


def _thesis(signal: SignalView, side: Direction) -> Direction:
    """What a long or short of the instrument means for the underlying: long a put is bearish.

    Raises RuleBroken ``option_short_unsupported`` for a short of an option that the alert names.
    """
    if signal.contract is None:
        return side
    if side is SHORT:
        raise RuleBroken("option_short_unsupported", f"a short of {signal.contract.symbol} is never held here")
    return LONG if signal.contract.right is Right.CALL else SHORT


def _held(view: DecisionView, thesis: Direction) -> tuple[HeldPosition, ...]:
    """Positions of a thesis that the alert can speak of: on its underlying, or of the very option it names."""
    held, contract = view.book.held(view.signal.symbol, thesis), view.signal.contract
    return held if contract is None else tuple(position for position in held if position.symbol == contract.symbol)


def _theses_held(view: DecisionView) -> tuple[Direction, ...]:
    """The side held on the underlying, if any. Raises RuleBroken ``position_mismatch`` when both are."""
    theses = tuple(thesis for thesis in BOTH if view.book.held(view.signal.symbol, thesis))
    if len(theses) > 1:
        raise RuleBroken("position_mismatch", f"both sides of {view.signal.symbol} are held: {_holding(view)}")
    return theses


def _all_of(held: tuple[HeldPosition, ...]) -> tuple[Closing, ...]:
    return tuple(Closing(position.position_id, position.available) for position in held)


def _oldest_first(held: tuple[HeldPosition, ...], wanted: int) -> tuple[Closing, ...]:
    closings = []
    for position in held:
        taken = min(position.available, wanted)
        if taken:
            closings.append(Closing(position.position_id, taken))
        wanted -= taken
    return tuple(closings)


def _nothing_to_close(view: DecisionView, theses: tuple[Direction, ...]) -> RuleBroken:
    symbol = view.signal.symbol
    leaving = sum(position.exiting for thesis in theses for position in _held(view, thesis))
    if leaving:
        return RuleBroken("nothing_to_close", f"exit orders for {contracts(leaving)} on {symbol} are at work already")
    wanted = (
        " or ".join(KIND[thesis] for thesis in theses) if view.signal.contract is None else view.signal.contract.symbol
    )
    return RuleBroken("nothing_to_close", f"no {wanted} on {symbol} is held; the book holds {_holding(view)}")


def _holding(view: DecisionView) -> str:
    """What the book holds on the signal's symbol, in words."""
    counts = {t: sum(position.quantity for position in view.book.held(view.signal.symbol, t)) for t in BOTH}
    return " and ".join(counted(count, KIND[t]) for t, count in counts.items() if count) or "nothing"


def _leaving(closings: tuple[Closing, ...], resting: int) -> str:
    parts = [f"cancel {counted(resting, 'entry order')}"] if resting else []
    quantity = sum(closing.quantity for closing in closings)
    if quantity:
        parts.append(f"sell {contracts(quantity)}")
    return ", ".join(parts) or "wait for the exit orders at work"
