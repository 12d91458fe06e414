"""A signal's trail as text for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orders_app.models import ContractSelection
from tradingsite.selection_text import selection_lines
from tradingsite.tables import table
from tradingsite.trail import OrderPart, PositionPart, SignalTrail
from tradingsite.trail_engines import advice_json, jury_json, routing_json
from tradingsite.trail_engines_text import advice_lines, jury_lines, routing_lines
from tradingsite.trail_judgement import Judgement, Refusal, plain

NO_REAL_BOOK = "shadow, no real book"


def as_text(trail: SignalTrail) -> str:
    """Readable from top to bottom: what came in, what was decided, what followed."""
    return "\n".join(_lines(trail)).rstrip() + "\n"


def _lines(trail: SignalTrail) -> Iterator[str]:
    signal, event = trail.signal, trail.event
    yield f"signal {signal.pk}: {trail.headline}"
    yield f"  strategy    {signal.strategy.name}, book {signal.account.name}"
    yield f"  received    {_clock(event.received_at)} UTC from {event.source_address or 'unknown'}, event {event.pk}"
    yield f"  correlation {signal.correlation_id}"
    if trail.original is not None:
        yield f"  {NO_REAL_BOOK}: what engine {signal.engine} decided on signal {trail.original.pk}"
    if trail.routing is not None:
        yield from routing_lines(trail.routing)
    if trail.filled_after_ms is not None:
        yield f"  in position {trail.filled_after_ms:.1f} ms after it was received"
    if trail.refusal is not None:
        yield from _why(trail.refusal)
    for duplicate in trail.duplicates:
        yield f"  duplicate   {_clock(duplicate.received_at)} UTC, event {duplicate.pk}"
    for judgement in trail.judgements:
        yield from ("", *_decision(judgement))
    if trail.advice is not None:
        yield from ("", *advice_lines(trail.advice))
    yield from _followed(trail)
    if trail.shadow is not None:
        yield from ("", *_shadow(trail.shadow))


def _followed(trail: SignalTrail) -> Iterator[str]:
    """What came of the decision: contract, orders, positions, money, steps."""
    if trail.selection is not None:
        yield from ("", *_selection(trail.selection))
    for order in trail.orders:
        yield from ("", *_order(order))
    for position in trail.positions:
        yield from ("", *_position(position))
    if trail.ledger:
        rows = [[e.booking, e.line, plain(e.amount)] for e in trail.ledger]
        yield from ("", table(["booking", "line", "amount"], rows).rstrip())
    yield from ("", _steps(trail))


def _shadow(trail: SignalTrail) -> Iterator[str]:
    """The other engine's course, set in from the left so that none of its figures is taken for a real one."""
    signal = trail.signal
    yield f"{NO_REAL_BOOK}: signal {signal.pk} by engine {signal.engine} on {signal.account.name}: {trail.headline}"
    yield f"  result      {trail.total:+.2f}, in no real book"
    if trail.refusal is not None:
        yield from _why(trail.refusal)
    for part in _followed(trail):
        yield from (f"  | {line}" if line else "" for line in part.split("\n"))


def _why(refusal: Refusal) -> Iterator[str]:
    yield f"  because     {refusal.text or refusal.code}"
    if refusal.reason is not None:
        yield f"  that means  {refusal.reason.meaning}"
        yield f"  to fix it   {refusal.reason.fix}"
        yield f"  more        {refusal.docs}"


def _decision(judgement: Judgement) -> Iterator[str]:
    decision, market = judgement.decision, judgement.market
    yield f"engine {decision.engine}: {decision.verdict} at {_clock(decision.decided_at)} UTC: {decision.text}"
    yield f"  course      {judgement.course}"
    quote = market.get("quote") or {}
    if quote:
        yield f"  saw         {market.get('symbol')} {quote.get('bid')} / {quote.get('ask')} ({market.get('provider')})"
    seen = [f"{name} {market[name]}" for name in ("ema8", "ema21", "rsi14", "atr14") if market.get(name) is not None]
    yield f"  indicators  {', '.join(seen) or 'none'} of {market.get('candles', 0)} candles"
    for use in judgement.uses:
        yield f"  limit       {use.code}: {use.used or '-'} of {use.limit}"
    for rule in judgement.rules:
        yield f"  {'pass' if rule.passed else 'FAIL'}        {rule.code}: {rule.text}"
    if judgement.jury is not None:
        yield from jury_lines(judgement.jury)


def _selection(kept: ContractSelection) -> Iterator[str]:
    tries = "" if kept.tries == 1 else f", try {kept.tries}"
    yield f"contract by policy {kept.policy}: {kept.chosen or 'none'} at {_clock(kept.made_at)} UTC{tries}"
    yield from selection_lines(kept.record)


def _order(part: OrderPart) -> Iterator[str]:
    order = part.order
    yield f"order {order.pk} {order.client_order_id}: {order.side} {order.quantity} × {order.symbol}, {order.status}"
    if order.sizing:
        yield f"  sizing      {order.sizing}"
    if part.refusal is not None and order.status != "filled":
        yield from _why(part.refusal)
    for fill in part.fills:
        quote = fill.quote or {}
        market = f", market {quote.get('bid')} / {quote.get('ask')}" if quote else ""
        yield f"  filled      {_clock(fill.executed_at)} {fill.quantity} at {plain(fill.price)}{market}"


def _position(part: PositionPart) -> Iterator[str]:
    p, figures = part.position, part.figures
    yield f"position {p.pk}: {p.quantity} of {p.entry_quantity} × {p.symbol}, {p.status}"
    yield f"  entry       {plain(p.entry_price)}, cost {plain(p.cost)}, commission {plain(p.commission)}"
    if p.mark is not None:
        best, worst = (plain(m) if m is not None else "-" for m in (p.best_mark, p.worst_mark))
        yield f"  mark        {plain(p.mark)} (best {best}, worst {worst}), {'good' if p.quote_good else p.quote_reason}"
    yield f"  result      {figures.total:+.2f} of which realized {p.realized:+.2f}"
    if p.exit_reason:
        yield f"  left by     {p.exit_reason}: {p.exit_text}"
    for row in part.verdicts:
        fired = [f"{kind}: {text}" for kind, _tier, outcome, text in row.verdicts if outcome == "exit"]
        waiting = sum(outcome == "waiting" for _kind, _tier, outcome, _text in row.verdicts)
        said = f"{'; '.join(fired) or 'hold'}, {len(row.verdicts)} asked, {waiting} waiting"
        yield f"  exit rules  {_clock(row.evaluated_at)} {said}"


def _steps(trail: SignalTrail) -> str:
    rows = [
        [_clock(s.event.at), f"{s.after_ms:+.1f}", s.what, f"{s.event.from_state or '·'} → {s.event.to_state}", s.event.actor,
         s.event.reason, s.event.text]
        for s in trail.steps
    ]  # fmt: skip
    return table(["time UTC", "ms", "what", "step", "who", "reason", "text"], rows)


def _clock(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def as_json(trail: SignalTrail) -> dict[str, Any]:
    """The same as one JSON document; numbers as decimal strings."""
    signal, event = trail.signal, trail.event
    return {
        "signal": {
            "id": signal.pk, "headline": trail.headline, "strategy": signal.strategy.name, "book": signal.account.name,
            "symbol": signal.symbol, "intent": signal.intent, "status": signal.status, "alert": signal.alert,
            "received_at": signal.received_at.isoformat(), "correlation_id": signal.correlation_id,
            "in_position_after_ms": trail.filled_after_ms, "engine": signal.engine, "shadow_of": signal.shadow_of_id,
        },
        "refusal": _refusal_json(trail.refusal),
        "event": {"id": event.pk, "body": event.body, "outcome": event.outcome, "source_address": event.source_address},
        "duplicates": [duplicate.pk for duplicate in trail.duplicates],
        "routing": None if trail.routing is None else routing_json(trail.routing),
        "decisions": [_decision_json(judgement) for judgement in trail.judgements],
        "advice": None if trail.advice is None else advice_json(trail.advice),
        **_followed_json(trail),
        "shadow": None if trail.shadow is None else _shadow_json(trail.shadow),
    }  # fmt: skip


def _followed_json(trail: SignalTrail) -> dict[str, Any]:
    return {
        "selection": None if trail.selection is None else trail.selection.record,
        "orders": [_order_json(part) for part in trail.orders],
        "positions": [_position_json(part) for part in trail.positions],
        "ledger": [{"booking": e.booking, "line": e.line, "amount": plain(e.amount)} for e in trail.ledger],
        "steps": [
            {"at": s.event.at.isoformat(), "after_ms": round(s.after_ms, 3), "entity": s.event.entity,
             "entity_id": s.event.entity_id, "from": s.event.from_state, "to": s.event.to_state, "actor": s.event.actor,
             "reason": s.event.reason, "text": s.event.text, "data": s.event.data}
            for s in trail.steps
        ],
    }  # fmt: skip


def _shadow_json(trail: SignalTrail) -> dict[str, Any]:
    """The other engine's course, apart from everything real."""
    signal = trail.signal
    return {
        "note": NO_REAL_BOOK, "id": signal.pk, "engine": signal.engine, "book": signal.account.name,
        "headline": trail.headline, "status": signal.status, "total": plain(trail.total),
        "refusal": _refusal_json(trail.refusal), **_followed_json(trail),
    }  # fmt: skip


def _refusal_json(refusal: Refusal | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    words = {} if refusal.reason is None else {"meaning": refusal.reason.meaning, "fix": refusal.reason.fix}
    return {"code": refusal.code, "text": refusal.text, **words, "docs": refusal.docs if words else None}


def _decision_json(judgement: Judgement) -> dict[str, Any]:
    decision = judgement.decision
    return {
        "engine": decision.engine, "verdict": decision.verdict, "reason": decision.reason, "text": decision.text,
        "decided_at": decision.decided_at.isoformat(), "plan": decision.plan, "seen": decision.seen,
        "rules": [{"code": r.code, "passed": r.passed, "text": r.text} for r in judgement.rules],
        "course": judgement.course, "jury": None if judgement.jury is None else jury_json(judgement.jury),
    }  # fmt: skip


def _order_json(part: OrderPart) -> dict[str, Any]:
    order = part.order
    return {
        "id": order.pk, "client_order_id": order.client_order_id, "side": order.side, "quantity": order.quantity,
        "symbol": order.symbol, "status": order.status, "sizing": order.sizing, "refusal": _refusal_json(part.refusal),
        "fills": [
            {"id": f.pk, "quantity": f.quantity, "price": plain(f.price), "commission": plain(f.commission),
             "executed_at": f.executed_at.isoformat(), "quote": f.quote}
            for f in part.fills
        ],
    }  # fmt: skip


def _position_json(part: PositionPart) -> dict[str, Any]:
    p, figures = part.position, part.figures
    return {
        "id": p.pk, "symbol": p.symbol, "status": p.status, "quantity": p.quantity, "entry_price": plain(p.entry_price),
        "mark": None if p.mark is None else plain(p.mark), "realized": plain(p.realized),
        "unrealized": None if figures.unrealized is None else plain(figures.unrealized), "total": plain(figures.total),
        "exit_reason": p.exit_reason, "exit_text": p.exit_text,
        "verdicts": [
            {"at": v.evaluated_at.isoformat(), "fired": v.fired_kind, "verdicts": v.verdicts} for v in part.verdicts
        ],
    }  # fmt: skip
