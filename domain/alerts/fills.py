"""From the words of an alert to one intent: what a fill of the sender's strategy asks of us.

A strategy reports the position AFTER its fill. Flat therefore means: close, whatever the action was; a buy that leaves
the strategy short covered a part; a sell that leaves it short opened or turned. What cannot be both is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.alerts.meaning import Intent
from domain.alerts.words import FLAT, LONG, SHORT, Holding, Verb, Word
from domain.errors import AlertRefused
from domain.orders import Side

_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Told:
    """What an alert says about position and action. position is signed; part is a share of the position in percent."""

    word: Word | None = None
    now: Holding | None = None
    previous: Holding | None = None
    position: Decimal | None = None
    previous_size: Decimal | None = None
    quantity: Decimal | None = None
    part: Decimal | None = None

    @property
    def side(self) -> Side | None:
        return self.word.side if self.word else None


@dataclass(frozen=True, slots=True)
class Asked:
    intent: Intent
    target_side: Holding | None = None
    previous: Holding | None = None


def contradiction(text: str) -> AlertRefused:
    return AlertRefused("contradictory_alert", text)


def asked(told: Told) -> Asked:
    """The one thing an alert asks for. Raises AlertRefused: contradictory_alert, missing_action."""
    if told.word is not None and told.word.verb is Verb.CANCEL:
        return Asked(Intent.CANCEL)
    _check_position(told)
    if told.now is FLAT or (told.now is None and told.position == 0):
        return Asked(Intent.FLATTEN, FLAT, told.previous)
    if told.now is not None:
        previous = told.previous or _previous_by_arithmetic(told)
        return _by_change(told, previous, told.now) if previous else _by_position(told, told.now)
    if told.position is not None:
        return _by_target(told, told.position)
    if told.previous is not None and told.side is not None and told.word is not None and told.word.verb is Verb.TRADE:
        return _by_previous(told, told.previous, told.side)
    return _by_word(told)


def _by_previous(told: Told, previous: Holding, side: Side) -> Asked:
    """Only the position before the fill is known."""
    if previous is FLAT:
        return Asked(Intent.OPEN_LONG, LONG, FLAT) if side is Side.BUY else Asked(Intent.OPEN_SHORT, SHORT, FLAT)
    if side is (Side.BUY if previous is LONG else Side.SELL):
        return Asked(Intent.ADD_TO_POSITION, previous, previous)
    if told.previous_size is None or told.quantity is None:
        raise contradiction(f"a {side} of a {previous} position reduces, closes or turns it, and no size tells which")
    sign = 1 if previous is LONG else -1
    now = holding_of(sign * told.previous_size + side.sign * told.quantity)
    return Asked(Intent.FLATTEN, FLAT, previous) if now is FLAT else _by_change(told, previous, now)


def _check_position(told: Told) -> None:
    if told.now is not None and told.position is not None and holding_of(told.position) is not told.now:
        raise contradiction(f"the position is {told.now} and its size is {told.position.normalize():f}")


def holding_of(position: Decimal) -> Holding:
    return LONG if position > 0 else SHORT if position < 0 else FLAT


def _previous_by_arithmetic(told: Told) -> Holding | None:
    """Size after the fill less the fill is the size before it, where all three are in one unit."""
    if told.position is None or told.quantity is None or told.side is None:
        return None
    return holding_of(told.position - told.side.sign * told.quantity)


def _by_change(told: Told, previous: Holding, now: Holding) -> Asked:
    growing = Side.BUY if now is LONG else Side.SELL
    if previous is now:
        return _within(told, now, growing)
    if told.side not in (None, growing):
        raise contradiction(f"a {told.side} cannot take a position from {previous} to {now}")
    if previous is FLAT:
        return Asked(Intent.OPEN_LONG if now is LONG else Intent.OPEN_SHORT, now, previous)
    return Asked(Intent.REVERSE_TO_LONG if now is LONG else Intent.REVERSE_TO_SHORT, now, previous)


def _within(told: Told, now: Holding, growing: Side) -> Asked:
    """The side stayed: the position grew or shrank."""
    grew = None if told.side is None else told.side is growing
    if told.previous_size is not None and told.position is not None and told.previous_size != abs(told.position):
        larger = abs(told.position) > told.previous_size
        if grew not in (None, larger):
            raise contradiction(f"a {told.side} of a {now} position cannot take it from its size before to that after")
        grew = larger
    if grew is None:
        raise contradiction(f"the position was {now} and is {now}, and no side or size tells what changed")
    if grew:
        return Asked(Intent.ADD_TO_POSITION, now, now)
    return Asked(Intent.REDUCE_LONG if now is LONG else Intent.REDUCE_SHORT, now, now)


def _by_position(told: Told, now: Holding) -> Asked:
    """Only the position after the fill is known, not the one before."""
    word = told.word
    if word is None:
        raise AlertRefused("missing_action", f"the position is {now}, but no action tells how it came to be")
    if word.verb is Verb.ADD:
        return Asked(Intent.ADD_TO_POSITION, now)
    if word.verb in (Verb.EXIT, Verb.REDUCE):
        return _partial_exit(told, now)
    if word.holding not in (None, now):
        raise contradiction(f"the action goes {word.holding} and the position is {now}")
    if now is LONG:
        reduces, opens = (
            word.side is Side.SELL,
            Intent.REVERSE_TO_LONG if word.verb is Verb.REVERSE else Intent.OPEN_LONG,
        )
        return Asked(Intent.REDUCE_LONG if reduces else opens, now)
    if word.side is Side.BUY:
        return Asked(Intent.REDUCE_SHORT, now)
    return Asked(Intent.OPEN_SHORT if word.verb is Verb.OPEN else Intent.REVERSE_TO_SHORT, now)


def _partial_exit(told: Told, now: Holding) -> Asked:
    assert told.word is not None
    if told.word.holding not in (None, now):
        raise contradiction(f"the action leaves a {told.word.holding} position and the position is {now}")
    if told.word.verb is Verb.EXIT and told.quantity is None and told.part is None:
        raise contradiction(f"the action leaves the position, and the position after it is {now}")
    return Asked(Intent.REDUCE_LONG if now is LONG else Intent.REDUCE_SHORT, now)


def _by_target(told: Told, position: Decimal) -> Asked:
    now = holding_of(position)
    word = told.word
    if word is not None and word.verb in (Verb.OPEN, Verb.REVERSE, Verb.ADD) and word.holding not in (None, now):
        raise contradiction(f"the action goes {word.holding} and the position is to be {now}")
    if word is not None and word.verb is Verb.EXIT:
        raise contradiction(f"the action leaves the position, and the position is to be {now}")
    return Asked(Intent.SET_POSITION, now)


def _by_word(told: Told) -> Asked:
    word = told.word
    if word is None:
        raise AlertRefused("missing_action", "no field tells what to do")
    match word.verb:
        case Verb.TRADE if word.side is Side.BUY:
            return Asked(Intent.OPEN_LONG, LONG)
        case Verb.TRADE:
            return Asked(Intent.SELL)
        case Verb.OPEN if word.holding is not None:
            return Asked(Intent.OPEN_LONG if word.holding is LONG else Intent.OPEN_SHORT, word.holding)
        case Verb.REVERSE if word.holding is not None:
            return Asked(Intent.REVERSE_TO_LONG if word.holding is LONG else Intent.REVERSE_TO_SHORT, word.holding)
        case Verb.ADD:
            return Asked(Intent.ADD_TO_POSITION, word.holding)
        case Verb.EXIT | Verb.REDUCE:
            return _exit(told, word)
        case _:
            raise AlertRefused("missing_action", f"to {word.verb} a position, the alert must also say long or short")


def _exit(told: Told, word: Word) -> Asked:
    """A quantity makes an exit partial, unless it is the whole position in percent."""
    whole = told.part == _WHOLE or (word.verb is Verb.EXIT and told.part is None and told.quantity is None)
    if word.holding is None:
        return Asked(Intent.FLATTEN, FLAT) if whole else Asked(Intent.REDUCE)
    if whole:
        return Asked(Intent.EXIT_LONG if word.holding is LONG else Intent.EXIT_SHORT, FLAT)
    return Asked(Intent.REDUCE_LONG if word.holding is LONG else Intent.REDUCE_SHORT)
