"""The rules of Engine A, one small class each, and the result every rule gives.

A rule never raises and never acts: it says whether its condition holds, with the figures it saw. A new rule is a new
class in ENTRY_RULES or EXIT_RULES of ``engine``, never another ``elif``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from domain.quantities import counted

from .view import ZERO, BookView, DecisionView, Limits


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule found. code is what a refusal by it is called; text has the figures whether it passed or not."""

    code: str
    passed: bool
    text: str


class Rule(Protocol):
    """One condition of a decision."""

    @property
    def code(self) -> str: ...

    def check(self, view: DecisionView) -> RuleResult: ...


class StrategyRuns:
    code: Final = "strategy_paused"

    def check(self, view: DecisionView) -> RuleResult:
        paused = view.strategy.paused
        return RuleResult(self.code, not paused, f"strategy {view.strategy.name} {'is paused' if paused else 'runs'}")


class MarketOpen:
    code: Final = "market_closed"

    def check(self, view: DecisionView) -> RuleResult:
        session = view.session
        note = f" ({session.note})" if session.note else ""
        if session.open:
            return RuleResult(self.code, True, f"{session.product} trades until {clock(session.closes_at)}{note}")
        text = f"{session.product} does not trade at {clock(view.now)}; it opens {clock(session.opens_at)}{note}"
        return RuleResult(self.code, False, f"{text}; nothing can be filled")


class NotClosingSoon:
    """No entry in the last minutes of a session: it would be left again by the end-of-day rule, at two spreads."""

    code: Final = "closing_soon"

    def check(self, view: DecisionView) -> RuleResult:
        session, cutoff = view.session, view.strategy.entry_cutoff
        if not session.open:  # MarketOpen has said all there is to say
            return RuleResult(self.code, True, "no session is running")
        left = session.closes_at - view.now
        text = f"{minutes(left)} min to the close at {clock(session.closes_at)}, entries need {minutes(cutoff)}"
        return RuleResult(self.code, left >= cutoff, text)


class QuantityBelievable:
    """An alert that asks for an absurd size is a fault of its sender, even where the strategy sizes by itself."""

    code: Final = "risk_limit"

    def check(self, view: DecisionView) -> RuleResult:
        asked, most = view.signal.quantity, view.limits.max_alert_quantity
        if asked is None:
            return RuleResult(self.code, True, "the alert names no quantity")
        return RuleResult(
            self.code,
            asked <= most,
            f"the alert asks for {asked.normalize():,f}, at most {most.normalize():,f} are believed",
        )


class SymbolAllowed:
    code: Final = "symbol_not_allowed"

    def check(self, view: DecisionView) -> RuleResult:
        symbol, strategy = view.signal.symbol, view.strategy
        if strategy.allows(symbol):
            return RuleResult(self.code, True, f"{symbol} is allowed by strategy {strategy.name}")
        listed = ", ".join(sorted(strategy.allowed_symbols)[:10]) or "no symbol"
        return RuleResult(self.code, False, f"{symbol} is not allowed; strategy {strategy.name} allows {listed}")


class SymbolNotDenied:
    code: Final = "symbol_denied"

    def check(self, view: DecisionView) -> RuleResult:
        denied = view.signal.symbol in view.denied_symbols
        return RuleResult(self.code, not denied, f"{view.signal.symbol} is {'' if denied else 'not '}on the deny list")


class SignalFresh:
    """Age is from the alert's own time, or from its receipt when it tells none; the stricter of both limits counts."""

    code: Final = "stale_signal"

    def check(self, view: DecisionView) -> RuleResult:
        signal = view.signal
        age = view.now - (signal.alert_time or signal.received_at)
        allowed = min(view.strategy.freshness, signal.max_lag or view.strategy.freshness)
        text = f"the alert is {age.total_seconds():.0f} s old, allowed {allowed.total_seconds():.0f} s"
        return RuleResult(self.code, age <= allowed, text)


class QuoteGood:
    """Refuses with the code of the quote gate, so that a refusal says what is wrong with the quote."""

    code: Final = "quote_missing"

    def check(self, view: DecisionView) -> RuleResult:
        verdict = view.quote_verdict
        if verdict is None:
            return RuleResult(self.code, False, f"no quote of {view.signal.symbol} was judged")
        return RuleResult(verdict.code or self.code, verdict.good, verdict.text)


class NoPositionOpen:
    code: Final = "position_open"

    def check(self, view: DecisionView) -> RuleResult:
        return self.judge(view.book, view.signal.symbol, allow_adding=view.strategy.allow_adding)

    def judge(self, book: BookView, underlying: str, *, allow_adding: bool) -> RuleResult:
        held, resting = len(book.held(underlying)), len(book.entries(underlying))
        counts = f"{counted(held, 'open position')} and {counted(resting, 'entry order')}"
        text = f"{counts} on {underlying} in book {book.name}"
        if allow_adding:
            return RuleResult(self.code, True, f"{text}; adding is allowed")
        return RuleResult(self.code, not held and not resting, text)


class BookLimit(Protocol):
    """A condition on the book alone: asked at the decision with cost 0, and at the gate with the order's cost."""

    @property
    def code(self) -> str: ...

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult: ...


@dataclass(frozen=True, slots=True)
class OfBook:
    """A rule of the decision made of a condition on the book."""

    limit: BookLimit

    @property
    def code(self) -> str:
        return self.limit.code

    def check(self, view: DecisionView) -> RuleResult:
        return self.limit.judge(view.book, view.limits, view.signal.symbol, ZERO)


class BookActive:
    code: Final = "book_halted"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        return RuleResult(self.code, not book.halted, f"book {book.name} is {book.status}")


class MaxOpenPositions:
    code: Final = "max_open_positions"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        used, allowed = book.open_positions, limits.max_open_positions
        return RuleResult(self.code, used < allowed, f"{used} of {allowed} positions open")


class MaxPositionsPerSymbol:
    code: Final = "max_positions_per_symbol"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        used, allowed = book.positions_on(underlying), limits.max_positions_per_symbol
        return RuleResult(self.code, used < allowed, f"{used} of {allowed} positions on {underlying}")


class MaxExposure:
    code: Final = "max_exposure"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        used, allowed = book.exposure, limits.max_exposure
        passed = used < allowed and used + cost <= allowed
        more = f", this order {cost:,.2f} more" if cost else ""
        return RuleResult(self.code, passed, f"exposure {used:,.2f} of {allowed:,.2f}{more}")


class MaxDailyLoss:
    code: Final = "max_daily_loss"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        lost, allowed = book.loss_today, limits.max_daily_loss
        figures = f"realized {book.realized_today:,.2f}, unrealized {book.unrealized:,.2f}"
        return RuleResult(self.code, lost < allowed, f"lost {lost:,.2f} of {allowed:,.2f} today ({figures})")


class MaxOrdersPerMinute:
    code: Final = "max_orders_per_minute"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        used, allowed = book.orders_last_minute, limits.max_orders_per_minute
        return RuleResult(self.code, used < allowed, f"{used} of {allowed} orders in the last minute")


class MaxExposurePerPosition:
    code: Final = "max_exposure_per_position"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        allowed = limits.max_exposure_per_position
        return RuleResult(self.code, cost <= allowed, f"this order costs {cost:,.2f} of {allowed:,.2f} per position")


class EnoughCash:
    code: Final = "insufficient_cash"

    def judge(self, book: BookView, limits: Limits, underlying: str, cost: Decimal) -> RuleResult:
        free = book.free_cash
        text = f"this order costs {cost:,.2f}, free cash is {free:,.2f} of {book.cash:,.2f}"
        return RuleResult(self.code, cost <= free, text)


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.1f}".removesuffix(".0")
