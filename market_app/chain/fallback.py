"""The chain: a source of market data that asks its providers in order until every part of a question is answered.

A quote counts as an answer only when it passes the gate and is believable beside the last one; what one provider has
badly, the next is asked for. What the price stream has told within the last seconds is not asked for at all. When nobody
has it well, the best of the bad is given, so that the verdict can say why.

Quotes are kept for a second, chains for five minutes, activity for two, bars until the next one closes: here, in two tiers
that all processes share, and nowhere behind it (keeps_answers).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from time import sleep
from typing import Final, TypeVar

from domain.errors import MarketDataUnavailable
from domain.feeds import FeedHealth, Outcome, assess
from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, first_fault
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract
from market_app import keeping, sessions
from market_app.capabilities import Capability, Source, kind_of
from market_app.chain import written
from market_app.chain.answers import KeptAnswers
from market_app.chain.belief import Belief
from market_app.chain.guard import guarded
from market_app.chain.listing import believable
from market_app.chain.order import uses_of
from market_app.chain.quotes import KEPT, QuoteCache
from market_app.chain.terms import Use
from market_app.interface import Activity, Calendar, no_data
from market_app.providers.access import ProviderTrouble, Trouble, deadline, remaining
from market_app.stream.board import streamed_quotes

Answer = TypeVar("Answer")
Observe = Callable[[Capability, FeedHealth], None]

PATIENCE_S: Final = 8.0  # for a whole question, where the caller sets no nearer deadline
PAUSES_S: Final = (0.0, 1.0, 2.0)  # before each round of asking everybody
UNHELPFUL_FOR: Final = timedelta(seconds=15)  # a provider that had no good quote is not asked for it again so soon
_LIMITS: Final = {Capability.QUOTES: UNDERLYING_LIMITS, Capability.OPTION_QUOTES: OPTION_LIMITS}
_ENTRIES: Final = 50_000
_PASSING: Final = frozenset({Trouble.FAILED, Trouble.TIMED_OUT, Trouble.NONSENSE})  # worth another round


@dataclass(slots=True)
class _Question:
    """One question on its way through the chain."""

    capability: Capability
    outcomes: list[Outcome] = field(default_factory=list)
    causes: dict[str, ProviderTrouble] = field(default_factory=dict)

    def ask(self, use: Use, ask: Callable[[], Answer]) -> Answer | None:
        """None where this provider had no answer; why is remembered."""
        try:
            answer = guarded(use, ask)
        except ProviderTrouble as trouble:
            self.causes[use.provider] = trouble
            spent = trouble.trouble is Trouble.BUDGET
            failed = not spent and trouble.trouble is not Trouble.NO_DATA
            why = trouble.code if failed or spent else ""
            self.outcomes.append(Outcome(use.provider, failed, None, why, passed_over=spent))
            return None
        return answer

    def answered(self, use: Use, feed: FeedClass) -> None:
        self.outcomes.append(Outcome(use.provider, False, feed))

    @property
    def worth_another_round(self) -> bool:
        return any(cause.trouble in _PASSING for cause in self.causes.values())

    def failure(self, what: str) -> MarketDataUnavailable:
        """Everybody's causes in one message; their own code where all of them answered that there is nothing."""
        told = "; ".join(cause.message for cause in self.causes.values()) or "no provider with a key is in use"
        codes = {cause.code for cause in self.causes.values() if cause.trouble is Trouble.NO_DATA}
        answered = bool(self.causes) and all(cause.trouble is Trouble.NO_DATA for cause in self.causes.values())
        return MarketDataUnavailable(
            codes.pop() if answered and len(codes) == 1 else "no_provider_left", f"{what}: {told}"
        )


class Fallback:
    """Several providers as one. Each value says who gave it and in which class."""

    name = "chain"
    feed = FeedClass.REAL_TIME
    keeps_answers = True

    def __init__(
        self,
        observe: Observe,
        uses: Callable[[Capability], Sequence[Use]] = uses_of,
        kept: timedelta = KEPT,
    ) -> None:
        """observe: told of the health of a capability after each question that went out.

        uses: whom to ask, in order. kept: how old a quote may be that was fetched for somebody else.
        """
        self._observe, self._uses = observe, uses
        self._cache = QuoteCache(kept)
        self._chains = KeptAnswers("chain", written.CHAIN, entries=64)
        self._activities = KeptAnswers("activity", written.ACTIVITY, entries=64)
        self._bars = KeptAnswers("bars", written.BARS, entries=512)
        self._belief = Belief()
        self._unhelpful: dict[tuple[str, str], datetime] = {}

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        found, kinds = streamed_quotes(symbols, now=now), dict[Capability, list[str]]()
        for symbol in symbols:
            if symbol not in found:
                kinds.setdefault(kind_of(symbol), []).append(symbol)
        with deadline(PATIENCE_S):
            for capability, wanted in kinds.items():
                found |= self._cache.quotes(wanted, now, partial(self._asked, capability, now=now))
        return found

    def witness(self, symbol: str, *, now: datetime, beside: str) -> Quote | None:
        """A good quote by another provider than the one named; None where nobody else has one."""
        capability = kind_of(symbol)
        question = _Question(capability)
        with deadline(PATIENCE_S):
            for use in self._uses(capability):
                if use.provider == beside:
                    continue
                answer = question.ask(use, partial(use.source.quotes, [symbol], now=now)) or {}
                quote = answer.get(symbol)
                if quote is not None and first_fault(quote, now=now, limits=_LIMITS[capability]) is None:
                    return quote
        return None

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        """The same list for everybody while it is kept: do not change it."""
        fetch = partial(self._ask_chain, underlying, now=now)
        key = f"{underlying}:{self._option_day(now)}"
        return _kept(self._chains, key, now, fetch, lambda _, at: at + keeping.CHAIN_KEPT)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        """The same dictionary for everybody while it is kept: do not change it."""
        fetch = partial(self._ask_activity, underlying, now=now)
        key = f"{underlying}:{self._option_day(now)}"
        return _kept(self._activities, key, now, fetch, lambda _, at: at + keeping.ACTIVITY_KEPT)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """The same list for everybody while it is kept: do not change it."""

        def until(found: list[Bar], at: datetime) -> datetime:
            calendar = self.calendar(Product.EQUITY)
            return keeping.bars_until(found, interval_s=interval_s, at=at, calendar=calendar)

        fetch = partial(self._ask_bars, symbol, interval_s=interval_s, count=count, now=now)
        return _kept(self._bars, f"{symbol}:{interval_s}:{count}", now, fetch, until)

    def market_open(self, *, now: datetime) -> bool:
        """By a provider's own word. Raises MarketDataUnavailable."""
        return self._first(Capability.SESSION, "the market's session", lambda source: source.market_open(now=now))

    def look_again(self, capability: Capability, symbol: str, *, now: datetime) -> None:
        """Ask something small, past all that is kept, so that a recovery is noticed where nobody asks.

        Raises MarketDataUnavailable.
        """
        match capability:
            case Capability.QUOTES:
                self._look_again_at_quote(capability, symbol, now)
            case Capability.OPTION_QUOTES:
                listed = self.chain(symbol, now=now)
                for contract in listed[len(listed) // 4 :][:1]:
                    self._look_again_at_quote(capability, contract.symbol, now)
            case Capability.CHAIN:
                self._ask_chain(symbol, now=now)
            case Capability.ACTIVITY:
                self._ask_activity(symbol, now=now)
            case Capability.BARS:
                self._ask_bars(symbol, interval_s=keeping.DAY_S, count=1, now=now)
            case Capability.SESSION:
                self.market_open(now=now)

    def _look_again_at_quote(self, capability: Capability, symbol: str, now: datetime) -> None:
        with deadline(PATIENCE_S):
            self._asked(capability, [symbol], now=now)

    def calendar(self, product: Product) -> Calendar:
        return sessions.exchange_calendar(product)

    def session(self, product: Product, *, now: datetime) -> SessionState:
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        hours = self.calendar(Product.EQUITY).hours(day)
        if hours is not None and hours.closes_at <= now:
            for bar in self.bars(symbol, interval_s=keeping.DAY_S, count=30, now=now):
                if bar.start.astimezone(sessions.NEW_YORK).date() == day:
                    return bar.close
        raise no_data(f"{symbol} after the close", day, self.name)

    def _ask_chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        listed = self._first(Capability.CHAIN, underlying, lambda source: source.chain(underlying, now=now))
        calendar = self.calendar(Product.EQUITY_OPTION)
        return believable(underlying, listed, today=self._option_day(now), calendar=calendar)

    def _ask_activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        return self._first(Capability.ACTIVITY, underlying, lambda source: source.activity(underlying, now=now))

    def _ask_bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        def ask(source: Source) -> list[Bar]:
            return source.bars(symbol, interval_s=interval_s, count=count, now=now)

        return self._first(Capability.BARS, f"{symbol} bars of {interval_s} s", ask)

    def _option_day(self, now: datetime) -> date:
        return now.astimezone(self.calendar(Product.EQUITY_OPTION).zone).date()

    def _first(self, capability: Capability, what: str, ask: Callable[[Source], Answer]) -> Answer:
        """The first answer in order, over several rounds while the deadline allows."""
        with deadline(PATIENCE_S):
            question = _Question(capability)
            for _ in _rounds(question):
                for use in self._uses(capability):
                    answer = question.ask(use, partial(ask, use.source))
                    if answer is not None:
                        question.answered(use, use.offer.feed)
                        self._tell(question)
                        return answer
        self._tell(question)
        raise question.failure(what)

    def _asked(self, capability: Capability, symbols: list[str], *, now: datetime) -> Mapping[str, Quote]:
        """Good quotes, and for the rest the best of the bad. Raises MarketDataUnavailable where nothing is known at all."""
        question, good, bad = _Question(capability), dict[str, Quote](), dict[str, Quote]()
        suspects: dict[str, Quote] = {}
        for _ in _rounds(question):
            for place, use in enumerate(self._uses(capability)):
                wanted = [
                    symbol
                    for symbol in symbols
                    if symbol not in good and (place == 0 or self._worth_asking(use, symbol, now))
                ]
                if not wanted:
                    continue
                answer = question.ask(use, partial(use.source.quotes, wanted, now=now))
                if answer is None:
                    continue
                accepted = self._accepted(capability, wanted, answer, suspects, bad, now)
                self._note_unhelpful(use, [symbol for symbol in wanted if symbol not in accepted], now)
                good |= accepted
                feed = next(iter(accepted.values())).feed if accepted else None
                question.outcomes.append(Outcome(use.provider, False, feed))
            if len(good) == len(symbols):
                break
        self._tell(question)
        if not good and not bad and all(outcome.silent for outcome in question.outcomes):
            raise question.failure(f"no quote of {', '.join(symbols[:5])}")
        return bad | good

    def _accepted(
        self,
        capability: Capability,
        wanted: Sequence[str],
        answer: Mapping[str, Quote],
        suspects: dict[str, Quote],
        bad: dict[str, Quote],
        now: datetime,
    ) -> dict[str, Quote]:
        """What passes the gate and is believable. A jump is believed when a second provider tells of it too."""
        accepted, can_confirm = {}, len(self._uses(capability)) > 1
        self._belief.recall(wanted, now)
        for symbol in wanted:
            quote = answer.get(symbol)
            if quote is None or quote.symbol != symbol:
                continue
            if first_fault(quote, now=now, limits=_LIMITS[capability]) is not None:
                bad.setdefault(symbol, quote)
            elif self._belief.believes(capability, quote, suspects.get(symbol), now, can_confirm=can_confirm):
                accepted[symbol] = quote
            else:
                suspects[symbol] = quote
        self._belief.remember(accepted.values(), now)
        return accepted

    def _worth_asking(self, use: Use, symbol: str, now: datetime) -> bool:
        """Whether this provider may have a good quote now where it had none a moment ago."""
        since = self._unhelpful.get((use.provider, symbol))
        return since is None or now - since > UNHELPFUL_FOR

    def _note_unhelpful(self, use: Use, symbols: Sequence[str], now: datetime) -> None:
        if len(self._unhelpful) > _ENTRIES:
            self._unhelpful.clear()
        self._unhelpful.update(((use.provider, symbol), now) for symbol in symbols)

    def _tell(self, question: _Question) -> None:
        seen = assess(question.outcomes)
        if seen is not None:
            self._observe(question.capability, seen)


def _kept(
    answers: KeptAnswers[Answer],
    key: str,
    now: datetime,
    fetch: Callable[[], Answer],
    good_until: Callable[[Answer, datetime], datetime],
) -> Answer:
    """The answer that is kept, or by one question over all processes. Raises MarketDataUnavailable."""
    with deadline(PATIENCE_S):
        found = answers.many([key], now, lambda keys: dict.fromkeys(keys, fetch()), good_until)
    if key not in found:
        raise MarketDataUnavailable("provider_timed_out", f"{key}: somebody else has asked, and has no answer in time")
    return found[key]


def _rounds(question: _Question) -> Iterator[float]:
    """At once, then after a second, then after two more, as long as that may help and the deadline allows it."""
    for pause in PAUSES_S:
        if pause:
            if not question.worth_another_round or remaining() < 2 * pause:
                return
            sleep(pause)
        question.causes.clear()
        yield pause
