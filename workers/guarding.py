"""What the price stream knows of positions: which contracts to watch, and the exit rules that look at a price.

A tick is asked about by the very rules that leave positions, those of them that need nothing but a mark. It decides
nothing: it makes a worker look at that position now, with a quote of its own, instead of at the next beat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache
from time import monotonic
from typing import Final, NamedTuple

from books_app import clock, nudges
from domain.exits import PositionView, RuleSet
from domain.positions import Direction
from domain.quotes import Quote
from domain.sessions import Product, SessionState
from market_app import quoting
from market_app import services as market
from market_app.stream.streamer import Wishes
from positions_app.services.held import Held, held_contracts, open_positions
from positions_app.services.rules import RuleBook

PAUSE_S: Final = 1.0  # between two nudges about one position


class _Guarded(NamedTuple):
    held: Held
    rules: RuleSet
    session: SessionState


class PriceGuard:
    """One look's positions, replaced as a whole by the next look."""

    def __init__(self, watched: Sequence[str] = ()) -> None:
        """watched: underlyings that are streamed whether anything is held on them or not."""
        self._watched = tuple(watched)
        self._by_contract: dict[str, list[_Guarded]] = {}
        self._nudged: dict[int, float] = {}

    def look(self) -> Wishes:
        """Contracts held, those that can be left first, and their underlyings, then watched ones."""
        now = clock.now()
        positions, book = open_positions(), RuleBook()
        underlyings = list(dict.fromkeys(held.underlying for held in positions))
        sessions = {underlying: quoting.option_session(underlying, now) for underlying in underlyings}
        guarded = defaultdict(list)
        for held in positions:
            rules = _by_price(book.rules_of(held.strategy_id, held.underlying))
            guarded[held.symbol].append(_Guarded(held, rules, sessions[held.underlying]))
        self._by_contract = dict(guarded)
        self._nudged = {pk: at for pk, at in self._nudged.items() if at > monotonic() - PAUSE_S}
        contracts = dict.fromkeys([*guarded, *(symbol for _, symbol in held_contracts())])
        return Wishes(
            contracts=tuple(contracts),
            shares=tuple(dict.fromkeys([*underlyings, *self._watched])),
            options_open=any(session.open for session in sessions.values()),
            shares_open=market.session_state(Product.EQUITY, now).open,
        )

    def crossed(self, quote: Quote) -> Collection[int]:
        """Open positions in this contract that a rule by price would leave at its middle, each once in a second."""
        due = [one.held.pk for one in self._by_contract.get(quote.symbol, ()) if _would_leave(one, quote)]
        now = monotonic()
        due = [pk for pk in due if now - self._nudged.get(pk, -PAUSE_S) >= PAUSE_S]
        self._nudged.update(dict.fromkeys(due, now))
        return due

    def nudge(self, position_id: int) -> None:
        nudges.send("workers.positions.check_exits", position_id)


@lru_cache(maxsize=256)
def _by_price(rules: RuleSet) -> RuleSet:
    """Those that need a mark and nothing else; time and Greeks are for the beat."""
    return RuleSet(rule for rule in rules.rules if rule.needs_mark and not rule.needs_greeks)


def _would_leave(one: _Guarded, quote: Quote) -> bool:
    held, mid = one.held, quote.mid
    assert mid is not None  # the gate lets no other quote through
    best, worst = (mid if known is None else known for known in (held.best_mark, held.worst_mark))
    long = held.direction == "long"
    view = PositionView(
        held.pk,
        held.symbol,
        Direction.LONG if long else Direction.SHORT,
        held.quantity,
        held.entry_quantity,
        held.entry_price,
        mid,
        max(best, mid) if long else min(best, mid),
        min(worst, mid) if long else max(worst, mid),
        True,
        held.opened_at,
        held.expiration,
        held.expires_at,
        one.session,
        max(quote.received_at, held.opened_at),
        scaled_out=held.scaled_out,
    )
    return one.rules.evaluate(view).exit is not None
