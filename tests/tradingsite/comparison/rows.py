"""Alerts that both engines have decided on, written as rows: what came of each is said, not traded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from books_app.models import Account
from books_app.shadows import shadow_book
from positions_app.models import Position
from signals_app.models import AgentVote, Decision, Experiment, JuryRecord, Signal, WebhookEvent
from tests.factories import Desk

MONDAY = datetime(2025, 1, 6, 15, 0, tzinfo=UTC)
COST, STOP, COMMISSION = Decimal(100), Decimal("0.5"), Decimal("1.3")
OPEN = "open"
THRESHOLD = "50"  # of the jury
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Ballot:
    """One agent's vote."""

    agent: str
    action: str
    confidence: int = 80
    weight: int = 20
    blocks: bool = False
    took_us: int = 100


@dataclass(frozen=True, slots=True)
class Came:
    """An alert and what each engine made of it: R after commissions, OPEN, None for a skip, or why it was refused."""

    at: datetime
    a: float | str | None
    b: float | str | None
    symbol: str = "AAPL"
    regime: str = "trending"
    engine: str = "A"
    votes: Sequence[Ballot] = ()
    intent: str = "open_long"
    exit_reason: str = "take_profit"


def session(number: int, minute: int = 0) -> datetime:
    """A moment of the n-th weekday from a Monday in winter on, the first being 0."""
    weeks, day = divmod(number, 5)
    return MONDAY + timedelta(weeks=weeks, days=day, minutes=minute)


def write(desk: Desk, alerts: Iterable[Came], experiment: Experiment | None = None) -> list[Signal]:
    """The rows of these alerts, in a few statements."""
    told = list(alerts)
    shadows = shadow_book(desk.account)
    events = WebhookEvent.objects.bulk_create(_event(desk, one) for one in told)
    own = Signal.objects.bulk_create(
        _signal(desk, desk.account, one, event, experiment, engine=one.engine)
        for one, event in zip(told, events, strict=True)
    )
    others = Signal.objects.bulk_create(
        _signal(
            desk, shadows, one, signal.event, experiment, engine="B" if one.engine == "A" else "A", shadow_of=signal
        )
        for one, signal in zip(told, own, strict=True)
    )
    rows = list(zip(told, own, others, strict=True))
    decisions = Decision.objects.bulk_create(
        _decision(one, signal, engine) for one, signal, _ in rows for engine in ("A", "B")
    )
    _write_juries([(one, decision) for one, decision in zip(told, decisions[1::2], strict=True)])
    carried = [(one, signal) for one, *both in rows for signal in both]
    Position.objects.bulk_create(
        _position(one, s) for one, s in carried if _outcome(one, s.engine) not in (None, *REFUSED)
    )
    return own


REFUSED = ("no_contract", "book_halted", "insufficient_buying_power")


def _outcome(one: Came, engine: str) -> float | str | None:
    return one.a if engine == "A" else one.b


def _event(desk: Desk, one: Came) -> WebhookEvent:
    return WebhookEvent(
        strategy=desk.strategy, received_at=one.at, body="{}", body_sha256="0" * 64, outcome="accepted",
        http_status=202, correlation_id=f"row-{next(_numbers)}",
    )  # fmt: skip


def _signal(
    desk: Desk, book: Account, one: Came, event: WebhookEvent, experiment: Experiment | None, **fields: Any
) -> Signal:
    came = _outcome(one, fields["engine"])
    refused = {"status": "ordered"} if came is not None else {"status": "rejected", "reason": NOT_WANTED}
    if came in REFUSED:
        refused = {"status": "rejected", "reason": str(came)}
    return Signal(
        strategy=desk.strategy, account=book, event=event, experiment=experiment, correlation_id=event.correlation_id,
        dedupe_key=f"row-{next(_numbers)}", symbol=one.symbol, asset_class="equity", intent=one.intent, alert={},
        received_at=one.at, due_at=one.at, **refused, **fields,
    )  # fmt: skip


NOT_WANTED = "jury_not_convinced"


def _decision(one: Came, signal: Signal, engine: str) -> Decision:
    wants = _outcome(one, engine) is not None
    return Decision(
        signal=signal, engine=engine, verdict="approved" if wants else "rejected", reason="" if wants else NOT_WANTED,
        plan={"action": "open"} if wants else None, rules=[], seen={}, decided_at=one.at,
    )  # fmt: skip


def _write_juries(decided: Sequence[tuple[Came, Decision]]) -> None:
    JuryRecord.objects.bulk_create(
        JuryRecord(
            decision=decision, view={}, view_sha256="0" * 64, votes_sha256="0" * 64,
            sum={"threshold": THRESHOLD, "coverage_asked": "0.5"}, action="skip" if one.b is None else "enter",
            regime=one.regime, took_us=900,
        )
        for one, decision in decided
    )  # fmt: skip
    AgentVote.objects.bulk_create(
        AgentVote(
            decision=decision, agent=vote.agent, action=vote.action, bias="neutral",
            confidence=0 if vote.action == "abstain" else vote.confidence, blocks=vote.blocks, weight=vote.weight,
            share=0, support=0, points=0, reasons=["as told"], took_us=vote.took_us, voted_at=one.at,
        )
        for one, decision in decided
        for vote in one.votes
    )  # fmt: skip


def _position(one: Came, signal: Signal) -> Position:
    came = _outcome(one, signal.engine)
    position = Position(
        account=signal.account, strategy=signal.strategy, signal=signal, correlation_id=signal.correlation_id,
        symbol="AAPL250117C00200000", underlying=one.symbol, right="C", strike=200, expiration=one.at.date(),
        expires_at=one.at + timedelta(days=11), thesis="long", quantity=1, entry_quantity=1, entry_price=COST / 100,
        cost=COST, commission=COMMISSION, opened_at=one.at,
    )  # fmt: skip
    if came != OPEN:
        position.status, position.quantity, position.cost = "closed", 0, Decimal(0)
        position.realized = Decimal(str(came)) * COST * STOP + COMMISSION
        position.closed_at, position.exit_reason = one.at + timedelta(hours=1), one.exit_reason
    return position
