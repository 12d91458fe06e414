"""What the engines look at, made of rows: signal, strategy, book and market, and what of it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.rules.engine import Verdict
from domain.rules.view import DecisionView, SignalView, StrategyView
from domain.symbols.occ import OptionContract
from market_app.services import MarketSnapshot
from risk_app.queries import Standing
from signals_app.models import Signal, Strategy
from signals_app.services.plans import decimal_or_none

TRADED_CLASSES = frozenset({"equity", "etf", "option"})


def decision_view(signal: Signal, underlying: str, standing: Standing, snapshot: MarketSnapshot) -> DecisionView:
    """For a signal whose strategy is at hand."""
    return DecisionView(
        now=snapshot.at,
        signal=_signal_view(signal, underlying),
        strategy=_strategy_view(signal.strategy),
        book=standing.book,
        limits=standing.limits,
        session=snapshot.session,
        quote=snapshot.quote,
        quote_verdict=snapshot.verdict,
        denied_symbols=standing.denied_symbols,
    )


def unsupported(signal: Signal, snapshot: MarketSnapshot) -> Verdict | None:
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


def seen_by(snapshot: MarketSnapshot, standing: Standing) -> dict[str, Any]:
    """What is kept beside a decision: market, book and limits, numbers as decimal strings."""
    book, limits = standing.book, standing.limits
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
