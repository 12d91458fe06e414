"""Deciding on a signal: look at the market first, then lock the signal, judge, and write the decision beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from domain.quote_gate import UNDERLYING_LIMITS
from domain.rules.engine import Verdict
from domain.rules.engine import decide as decide_by_rules
from domain.rules.view import BookView, DecisionView, Limits, SignalView, StrategyView
from domain.signals import SignalStatus
from domain.symbols.occ import OptionContract
from market_app import quoting
from market_app import services as market
from market_app.services import MarketSnapshot
from risk_app.queries import standing_of
from signals_app.models import Decision, Signal, Strategy
from signals_app.services.plans import (
    ENGINE_A,
    ApprovedPlan,
    approved_plan,
    decimal_or_none,
    plan_as_json,
    plan_of,
    underlying_of,
)
from signals_app.services.steps import lock_signal, move

TRADED_CLASSES = frozenset({"equity", "etf", "option"})
S = SignalStatus


def decide(*, signal_id: int) -> SignalStatus:
    """Engine A on one pending signal. Safe to repeat: a decided signal is left as it is."""
    decision = _decision_on(signal_id)
    if decision is None:
        return S(Signal.objects.values_list("status", flat=True).get(pk=signal_id))
    return S(decision.signal.status)


def decide_to_plan(*, signal_id: int) -> ApprovedPlan | None:
    """Decide, and hand the approved plan over without reading it again; None when there is nothing to carry out."""
    decision = _decision_on(signal_id)
    if decision is None:
        return approved_plan(signal_id)
    return plan_of(decision) if decision.verdict == Decision.Verdict.APPROVED else None


def _decision_on(signal_id: int) -> Decision | None:
    """None when the signal has been decided before."""
    signal = Signal.objects.select_related("strategy__selection_policy", "account").get(pk=signal_id)
    if signal.status != S.PENDING:
        return None
    underlying = underlying_of(signal)
    snapshot = market.snapshot(
        underlying,
        product=quoting.option_product(underlying),
        interval_s=_interval_seconds(signal),
        now=clock.now(),
        limits=UNDERLYING_LIMITS,
    )
    return _decide_on(signal, underlying, snapshot)


def _interval_seconds(signal: Signal) -> int:
    interval = signal.alert.get("interval_s")
    return interval if isinstance(interval, int) else signal.strategy.interval_seconds


@transaction.atomic
def _decide_on(unlocked: Signal, underlying: str, snapshot: MarketSnapshot) -> Decision | None:
    signal = lock_signal(unlocked.pk)
    if signal.status != S.PENDING:
        return None
    strategy, account = unlocked.strategy, unlocked.account
    signal.strategy = strategy
    standing = standing_of(account, now=snapshot.at)
    view = DecisionView(
        now=snapshot.at,
        signal=_signal_view(signal, underlying),
        strategy=_strategy_view(strategy),
        book=standing.book,
        limits=standing.limits,
        session=snapshot.session,
        quote=snapshot.quote,
        quote_verdict=snapshot.verdict,
        denied_symbols=standing.denied_symbols,
    )
    verdict = _unsupported(signal, snapshot) or decide_by_rules(view)
    trail = Trail("engine A", signal.correlation_id)
    decision = _write_decision(signal, verdict, _seen(snapshot, standing.book, standing.limits))
    if verdict.approved:
        move(signal, S.APPROVED, trail, text=verdict.text, data={"decision": decision.pk})
    else:
        move(signal, S.REJECTED, trail, reason=verdict.reason or "", text=verdict.text, data={"decision": decision.pk})
    trail.write()
    return decision


def _unsupported(signal: Signal, snapshot: MarketSnapshot) -> Verdict | None:
    """What no rule needs to look at: an instrument without options here, a limit the underlying has not reached."""
    if signal.asset_class not in TRADED_CLASSES:
        text = f"{signal.symbol} is {signal.asset_class}; options exist here on stocks and ETFs"
        return Verdict(False, "unsupported_asset_class", text, (), None)
    limit = decimal_or_none(signal.alert.get("limit_price"))
    quote = snapshot.quote
    if limit is None or signal.asset_class == "option" or quote is None or quote.bid is None or quote.ask is None:
        return None
    if signal.intent in ("open_long", "reverse_to_long") and quote.ask > limit:
        text = f"{signal.symbol} asks {quote.ask}, above the alert's limit of {limit}"
    elif signal.intent in ("open_short", "reverse_to_short") and quote.bid < limit:
        text = f"{signal.symbol} bids {quote.bid}, below the alert's limit of {limit}"
    else:
        return None
    return Verdict(False, "limit_not_reached", text, (), None)


def _signal_view(signal: Signal, underlying: str) -> SignalView:
    max_lag = signal.alert.get("max_lag_s")
    return SignalView(
        intent=signal.intent,
        symbol=underlying,
        alert_time=signal.alert_time,
        received_at=signal.received_at,
        max_lag=timedelta(seconds=int(max_lag)) if max_lag else None,
        quantity=decimal_or_none(signal.alert.get("quantity")),
        previous_position=decimal_or_none(signal.alert.get("previous_position")),
        target_position=decimal_or_none(signal.alert.get("target_position")),
        quantity_type=signal.alert.get("quantity_type"),
        contract=OptionContract.parse(signal.symbol) if signal.asset_class == "option" else None,
    )


def _strategy_view(strategy: Strategy) -> StrategyView:
    return StrategyView(
        name=strategy.name,
        paused=strategy.paused,
        allowed_symbols=frozenset(strategy.allowed_symbols),
        allow_adding=strategy.allow_adding,
        bare_sell="short" if strategy.bare_sell == Strategy.BareSell.SHORT else "reduce",
        entry_cutoff=timedelta(minutes=strategy.entry_cutoff_minutes),
        freshness=strategy.freshness,
    )


def _write_decision(signal: Signal, verdict: Verdict, seen: dict[str, Any]) -> Decision:
    return Decision.objects.create(
        signal=signal,
        engine=ENGINE_A,
        verdict=Decision.Verdict.APPROVED if verdict.approved else Decision.Verdict.REJECTED,
        reason=verdict.reason or "",
        text=verdict.text[:400],
        plan=None if verdict.plan is None else plan_as_json(verdict.plan),
        rules=[[result.code, result.passed, result.text] for result in verdict.results],
        seen=seen,
        decided_at=clock.now(),
    )


def _seen(snapshot: MarketSnapshot, book: BookView, limits: Limits) -> dict[str, Any]:
    return {
        "market": snapshot.as_json(),
        "book": {
            "name": book.name,
            "status": book.status,
            "cash": str(book.cash),
            "open_positions": book.open_positions,
            "exposure": str(book.exposure),
            "loss_today": str(book.loss_today),
            "orders_last_minute": book.orders_last_minute,
        },
        "limits": {
            "max_open_positions": limits.max_open_positions,
            "max_positions_per_symbol": limits.max_positions_per_symbol,
            "max_exposure": str(limits.max_exposure),
            "max_exposure_per_position": str(limits.max_exposure_per_position),
            "max_daily_loss": str(limits.max_daily_loss),
            "max_orders_per_minute": limits.max_orders_per_minute,
            "max_alert_quantity": str(limits.max_alert_quantity),
        },
    }
