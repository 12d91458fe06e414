"""What a replayed day came to: read from the rows, checked against the market, and hashed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from books_app.models import Account
from domain import pnl
from domain.digest import digest
from domain.positions import Direction
from orders_app.models import Fill, Order
from positions_app.models import Position
from signals_app.models import AgentVote, Decision, JuryRecord, Signal
from tradingsite.replay.checks import broken_promises
from tradingsite.replay.day import Answer, RecordedDay


def report_of(day: RecordedDay, answers: Sequence[Answer]) -> dict[str, Any]:
    """Alerts with their outcomes, decisions with their votes, orders, fills, positions, books, checks and one SHA-256 over
    what was decided and done.

    What belongs to a shadow book says so; an alert's outcome is that of the engine that traded it.
    """
    decisions, orders, fills = _decisions(), _orders(), _fills()
    return {
        "session": {"opens_at": day.opens_at.isoformat(), "closes_at": day.closes_at.isoformat()},
        "engines": "AB" if day.jury else "A",
        "alerts": [_alert(answer) for answer in answers],
        "decisions": decisions,
        "orders": orders,
        "fills": fills,
        "positions": [_position(position) for position in Position.objects.select_related("account").order_by("pk")],
        "books": [_book(book) | {"cash": _number(book.cash)} for book in Account.objects.order_by("pk")],
        "checks": broken_promises(day),
        "sha256": digest([decisions, orders, fills]),
    }


def _number(value: Decimal | None) -> str | None:
    """Plain digits without trailing zeros, so that equal amounts read and hash the same."""
    if value is None:
        return None
    return f"{value.normalize():f}" if value else "0"


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _book(book: Account) -> dict[str, Any]:
    return {"book": book.name, "shadow": book.kind == Account.Kind.SHADOW}


def _alert(answer: Answer) -> dict[str, Any]:
    signals = list(Signal.objects.filter(pk__in=answer.signal_ids).order_by("pk"))
    outcome, reason, text = _outcome(answer, signals)
    return {
        "line": answer.alert.number,
        "at": answer.alert.at.isoformat(),
        "http_status": answer.http_status,
        "signals": answer.signal_ids,
        "outcome": outcome,
        "reason": reason,
        "text": text,
        "orders": list(
            Order.objects.filter(signal__in=signals).order_by("pk").values_list("client_order_id", flat=True)
        )
        if outcome != "duplicate"
        else [],
        "note": answer.alert.note,
    }


def _outcome(answer: Answer, signals: Sequence[Signal]) -> tuple[str, str, str]:
    if answer.refusal:
        return "refused", answer.refusal["code"], answer.refusal["message"]
    if answer.body["outcome"] != "accepted":
        return str(answer.body["outcome"]), "", ""
    signal = signals[0]
    if signal.reason:
        return signal.status, signal.reason, signal.reason_text
    decision = signal.decisions.filter(engine=signal.engine).first()
    return signal.status, "", decision.text if decision is not None else ""


def _decisions() -> list[dict[str, Any]]:
    return [
        {
            "signal": row.signal_id,
            "engine": row.engine,
            "verdict": row.verdict,
            "reason": row.reason,
            "text": row.text,
            "plan": row.plan,
            "rules": row.rules,
            "seen": row.seen,
            "decided_at": _time(row.decided_at),
            "jury": _jury(row),
        }
        for row in Decision.objects.select_related("jury").prefetch_related("votes").order_by("pk")
    ]


def _jury(decision: Decision) -> dict[str, Any] | None:
    """What the jury saw (its hash), said and found; None where it was not asked."""
    record: JuryRecord | None = getattr(decision, "jury", None)
    if record is None:
        return None
    return {
        "action": record.action,
        "confidence": _number(record.confidence),
        "sum": record.sum,
        "regime": record.regime,
        "view_sha256": record.view_sha256,
        "votes_sha256": record.votes_sha256,
        "votes": [_vote(vote) for vote in decision.votes.all()],
    }


def _vote(row: AgentVote) -> dict[str, Any]:
    return {
        "agent": row.agent,
        "action": row.action,
        "bias": row.bias,
        "confidence": row.confidence,
        "blocks": row.blocks,
        "weight": _number(row.weight),
        "share": _number(row.share),
        "support": row.support,
        "points": _number(row.points),
        "reasons": row.reasons,
        "figures": row.figures,
        "alarm": row.alarm,
    }


def _orders() -> list[dict[str, Any]]:
    return [
        {
            "client_order_id": row.client_order_id,
            **_book(row.account),
            "signal": row.signal_id,
            "symbol": row.symbol,
            "side": row.side,
            "order_type": row.order_type,
            "limit_price": _number(row.limit_price),
            "quantity": row.quantity,
            "filled_quantity": row.filled_quantity,
            "average_price": _number(row.average_price),
            "status": row.status,
            "reason": row.reason,
            "sizing": row.sizing,
            "created_at": _time(row.created_at),
            "terminal_at": _time(row.terminal_at),
        }
        for row in Order.objects.select_related("account").order_by("pk")
    ]


def _fills() -> list[dict[str, Any]]:
    return [
        {
            "order": row.order.client_order_id,
            **_book(row.account),
            "side": row.order.side,
            "symbol": row.order.symbol,
            "venue_fill_id": row.venue_fill_id,
            "quantity": row.quantity,
            "price": _number(row.price),
            "commission": _number(row.commission),
            "executed_at": _time(row.executed_at),
            "quote": row.quote,
        }
        for row in Fill.objects.select_related("order", "account").order_by("pk")
    ]


def _position(row: Position) -> dict[str, Any]:
    unrealized = Decimal(0)
    if row.mark is not None:
        unrealized = pnl.unrealized(Direction(row.direction), row.quantity, row.entry_price, row.mark, row.multiplier)
    return {
        **_book(row.account),
        "symbol": row.symbol,
        "thesis": row.thesis,
        "status": row.status,
        "quantity": row.quantity,
        "entry_quantity": row.entry_quantity,
        "entry_price": _number(row.entry_price),
        "mark": _number(row.mark),
        "realized": _number(row.realized),
        "unrealized": _number(unrealized),
        "commission": _number(row.commission),
        "opened_at": _time(row.opened_at),
        "closed_at": _time(row.closed_at),
        "exit_reason": row.exit_reason,
        "exit_text": row.exit_text,
    }
