"""A session's rows as the pipeline would have left them, as far as the comparison reads them, written in bulk.

Deliveries, signals with their shadows, both engines' decisions, the jury's record and votes, closed positions on both
books. Orders, fills, ledger and audit trail are not made, so the audit is not for this database. Engine A trades on the
strategy's book, engine B on its shadow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import transaction

from books_app import ledger
from books_app.models import Account
from books_app.shadows import shadow_book
from domain.agents import Action, Bias, BookLoad, JuryView, Vote, build
from domain.agents.document import view_as_json, votes_digest
from domain.agents.jury import Finding, Seat, Terms, deliberate
from domain.digest import digest
from domain.positions import Direction, PositionStatus
from domain.sessions import Product, SessionState
from domain.signals import SignalStatus
from domain.symbols.occ import OptionContract, Right
from positions_app.models import Position
from signals_app.models import AgentVote, Decision, Experiment, JuryRecord, Signal, Strategy, WebhookEvent
from signals_app.services.plans import ENGINE_A, ENGINE_B
from tradingsite.simulated_year.fates import Fate

SYMBOLS: Final = ("AAPL", "AMD", "AMZN", "GOOG", "META", "MSFT", "NFLX", "NVDA", "SPY", "TSLA")
REGIMES: Final = ("trending", "ranging", "volatile")
OPENS, CLOSES = time(14, 30), time(20, 55)  # UTC
HELD: Final = timedelta(minutes=40)  # so nothing overnight
PREMIUM: Final = Decimal(4)  # for one share
COMMISSION: Final = Decimal("1.30")
MULTIPLIER: Final = 100
CENT: Final = Decimal("0.01")
SIZING_STOP: Final = Decimal("0.5")  # R is this share of what was paid
HALF_HOUR: Final = timedelta(minutes=30)


class Found(NamedTuple):
    """What the jury says where it enters, or where it does not."""

    votes: tuple[Vote, ...]
    finding: Finding


def _found(enters: bool) -> Found:
    """Of two agents: the one that knows the book is content, the one that knows the chart makes the difference."""
    book = Vote("risk", Action.ENTER, Bias.NEUTRAL, 70, ("the book has room",))
    action = Action.ENTER if enters else Action.SKIP
    chart = Vote("technical", action, Bias.BULLISH, 60, ("drawn for a simulated year",))
    seats = [Seat(build("risk", {}), Decimal(30)), Seat(build("technical", {}), Decimal(25))]
    return Found((book, chart), deliberate(seats, (book, chart), Terms()))


class Desk:
    """One strategy on a paper book with its shadow, in a running experiment that gives every alert to engine A.

    terms: fields of the experiment that differ from their defaults.
    """

    def __init__(self, **terms: Any) -> None:
        self.book = Account.objects.create(name="simulated-year")
        ledger.book_deposit(self.book, booking="deposit:1", amount=self.book.cash)
        self.shadow = shadow_book(self.book)
        self.strategy = Strategy.objects.create(
            name="simulated-year", account=self.book, allowed_symbols=list(SYMBOLS), sizing_stop=SIZING_STOP
        )
        self.experiment = Experiment.objects.create(
            name="simulated-year", strategy=self.strategy, salt="simulated-year", percent_a=100, **terms
        )
        self._found = {enters: _found(enters) for enters in (True, False)}

    @transaction.atomic
    def write(self, day: date, fates: Sequence[Fate]) -> None:
        """Everything of one session, in final states."""
        moments = _moments(day, len(fates))
        events = WebhookEvent.objects.bulk_create(self._event(at) for at in moments)
        alerts = Signal.objects.bulk_create(self._alert(event, number) for number, event in enumerate(events))
        shadows = Signal.objects.bulk_create(
            self._shadow(alert, fate) for alert, fate in zip(alerts, fates, strict=True)
        )
        Decision.objects.bulk_create(_decision(alert, ENGINE_A) for alert in alerts)
        self._write_juries(alerts, fates)
        held = [self._position(alert, fate) for alert, fate in zip(alerts, fates, strict=True)]
        held += [self._position(shadow, fate) for shadow, fate in zip(shadows, fates, strict=True) if fate.b_enters]
        Position.objects.bulk_create(held)

    def _event(self, at: datetime) -> WebhookEvent:
        return WebhookEvent(
            strategy=self.strategy,
            received_at=at,
            body="{}",
            body_sha256=digest({"at": at.isoformat()}),
            outcome=WebhookEvent.Outcome.ACCEPTED,
            http_status=202,
            correlation_id=f"{at:%Y%m%d%H%M%S}",
        )

    def _alert(self, event: WebhookEvent, number: int) -> Signal:
        at, symbol = event.received_at, SYMBOLS[number % len(SYMBOLS)]
        return Signal(
            strategy=self.strategy,
            account=self.book,
            event=event,
            engine=ENGINE_A,
            experiment=self.experiment,
            correlation_id=event.correlation_id,
            dedupe_key=event.body_sha256,
            symbol=symbol,
            asset_class="equity",
            intent="open_long",
            alert={"symbol": symbol, "intent": "open_long"},
            alert_time=at,
            received_at=at,
            status=SignalStatus.ORDERED,
            due_at=at,
            updated_at=at,
        )

    def _shadow(self, alert: Signal, fate: Fate) -> Signal:
        finding = self._found[fate.b_enters].finding
        same = {field.name: getattr(alert, field.name) for field in Signal._meta.concrete_fields if field.name != "id"}
        other = {
            "shadow_of": alert,
            "account": self.shadow,
            "engine": ENGINE_B,
            "dedupe_key": f"shadow-of-{alert.pk}",
            "status": SignalStatus.ORDERED if fate.b_enters else SignalStatus.REJECTED,
            "reason": finding.reason or "",
            "reason_text": finding.text if finding.reason else "",
        }
        return Signal(**(same | other))

    def _write_juries(self, alerts: Sequence[Signal], fates: Sequence[Fate]) -> None:
        found = [self._found[fate.b_enters] for fate in fates]
        decisions = Decision.objects.bulk_create(
            _decision(alert, ENGINE_B, one.finding) for alert, one in zip(alerts, found, strict=True)
        )
        JuryRecord.objects.bulk_create(
            _record(decision, alert, one) for decision, alert, one in zip(decisions, alerts, found, strict=True)
        )
        AgentVote.objects.bulk_create(
            vote for decision, one in zip(decisions, found, strict=True) for vote in _votes(decision, one)
        )

    def _position(self, signal: Signal, fate: Fate) -> Position:
        contract = OptionContract(
            signal.symbol, signal.received_at.date() + timedelta(days=14), Right.CALL, Decimal(100)
        )
        paid = PREMIUM * MULTIPLIER
        net = (Decimal(fate.r) * paid * SIZING_STOP).quantize(CENT)
        return Position(
            account=signal.account,
            strategy=self.strategy,
            signal=signal,
            correlation_id=signal.correlation_id,
            symbol=contract.symbol,
            underlying=signal.symbol,
            right=contract.right.value,
            strike=contract.strike,
            expiration=contract.expiration,
            expires_at=datetime.combine(contract.expiration, CLOSES, UTC),
            multiplier=MULTIPLIER,
            thesis=Direction.LONG,
            status=PositionStatus.CLOSED,
            quantity=0,
            entry_quantity=1,
            entry_price=PREMIUM,
            cost=0,
            realized=net + COMMISSION,  # what counts is what is left after commissions
            commission=COMMISSION,
            opened_at=signal.received_at,
            closed_at=signal.received_at + HELD,
            exit_reason="stop_loss" if fate.r <= -1.0 else "alert",
            updated_at=signal.received_at + HELD,
        )


def _moments(day: date, count: int) -> list[datetime]:
    """Alerts evenly over the session, the last one early enough to be left within it."""
    opens = datetime.combine(day, OPENS, UTC) + HALF_HOUR
    span = datetime.combine(day, CLOSES, UTC) - HELD - opens
    return [opens + span * number / count for number in range(count)]


def _decision(alert: Signal, engine: str, finding: Finding | None = None) -> Decision:
    """Of the rules alone, or of the jury after them."""
    refusal = None if finding is None else finding.reason
    plan = {"action": "open", "thesis": "long", "text": "buy a call", "closings": [], "cancel_order_ids": []}
    jury = [] if finding is None else [[refusal or "jury_not_convinced", finding.enters, finding.text]]
    return Decision(
        signal=alert,
        engine=engine,
        verdict=Decision.Verdict.REJECTED if refusal else Decision.Verdict.APPROVED,
        reason=refusal or "",
        text=(finding.text if finding is not None else "buy a call")[:400],
        plan=None if refusal else plan,
        rules=[["position_open", True, "nothing is held"], *jury],
        seen={},
        decided_at=alert.received_at,
    )


def _record(decision: Decision, alert: Signal, found: Found) -> JuryRecord:
    view = view_as_json(_view(alert))
    day = alert.received_at.toordinal()
    return JuryRecord(
        decision=decision,
        view=view,
        view_sha256=digest(view),
        votes_sha256=votes_digest(found.votes),
        sum=found.finding.as_json(),
        action=found.finding.action.value,
        confidence=found.finding.confidence,
        regime=REGIMES[day % len(REGIMES)],
        took_us=0,
    )


def _view(alert: Signal) -> JuryView:
    """Of a market that nobody has recorded: the votes are drawn, not made of it."""
    now = alert.received_at
    opens, closes = (datetime.combine(now.date(), hour, UTC) for hour in (OPENS, CLOSES))
    return JuryView(
        now=now,
        underlying=alert.symbol,
        thesis=Direction.LONG,
        quote=None,
        session=SessionState(Product.EQUITY_OPTION, now, True, opens, closes, ""),
        bars=None,
        daily=None,
        gamma=None,
        book=BookLoad(0, 10, 0, 3, 0.0, 10_000.0, 0.0, 1_000.0),
    )


def _votes(decision: Decision, found: Found) -> list[AgentVote]:
    return [
        AgentVote(
            decision=decision,
            agent=line.vote.agent,
            action=line.vote.action.value,
            bias=line.vote.bias.value,
            confidence=line.vote.confidence,
            weight=line.weight,
            share=line.share,
            support=line.support,
            points=line.points,
            reasons=list(line.vote.reasons),
            voted_at=decision.decided_at,
        )
        for line in found.finding.lines
    ]
