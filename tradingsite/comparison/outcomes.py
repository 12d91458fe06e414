"""What each engine made of the alerts that both decided on: four statements, however many alerts there are.

An alert is one signal and its shadow. Both have a decision, an outcome and positions of their own; an engine that did not
trade has made nothing of it, which is a result like any other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from django.db.models import Q

from domain.alerts.meaning import ENTRIES
from domain.orders import LIVE as LIVE_ORDERS
from domain.pnl import value
from domain.signals import LIVE as LIVE_SIGNALS
from domain.stats.paired import Outcomes
from domain.stats.trades import Trade
from market_app.quoting import exchange_date
from orders_app.manual import REASON as BY_HAND
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import Decision, Experiment, Signal
from signals_app.services.plans import ENGINE_A, ENGINE_B
from signals_app.services.routing import other_engine

ENGINES: Final = (ENGINE_A, ENGINE_B)
OPENING: Final = frozenset({"open", "add", "reverse"})  # actions of a plan that buy something
# What a person stops says nothing of an engine.
BY_PERSONS: Final = frozenset({"book_halted", "strategy_paused", "cancelled_by_operator"})
NOT_PUT: Final = "not put to the engines"
NO_SHADOW: Final = "no shadow"
NO_COST: Final = "nothing paid"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which alerts are looked at; None leaves a condition out. since included, until not, by the alert's arrival."""

    experiment_id: int | None = None
    strategy_id: int | None = None
    symbol: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, signal: str = "") -> Q:
        """For a queryset in which the signal is reached by that prefix; a shadow is in wherever its alert is."""
        wanted = {
            "experiment_id": self.experiment_id,
            "strategy_id": self.strategy_id,
            "symbol": self.symbol,
            "received_at__gte": self.since,
            "received_at__lt": self.until,
        }
        return Q(**{f"{signal}{name}": said for name, said in wanted.items() if said is not None})


class State(StrEnum):
    """What became of an alert in one engine's hands."""

    CLOSED = "closed"  # traded, and everything left again
    OPEN = "open"  # still to be decided: on its way, resting, or held
    SKIPPED = "skipped"  # its engine did not want it
    REFUSED = "refused"  # wanted, and not traded: by the gate, the venue, or for want of a contract or a fill


@dataclass(frozen=True, slots=True)
class Arm:
    """One engine's side of an alert. reason: why it did not trade. by_hand: a person has left a position of it."""

    state: State
    reason: str = ""
    trade: Trade | None = None
    by_hand: bool = False

    @property
    def entered(self) -> bool:
        return self.trade is not None or self.state is State.OPEN

    def outcome(self, metric: str) -> float | None:
        """In R or as a return on cost; 0.0 for not trading, None while it is open."""
        if self.state is State.OPEN:
            return None
        if self.trade is None:
            return 0.0
        return self.trade.r if metric == Experiment.Metric.R else self.trade.return_on_cost


@dataclass(frozen=True, slots=True)
class Alert:
    """An entry alert both engines decided on. day: the session it came in; regime: as the jury saw it, or empty."""

    signal_id: int
    strategy: str
    symbol: str
    regime: str
    day: date
    at: datetime
    a: Arm
    b: Arm

    def outcomes(self, metric: str) -> Outcomes:
        return Outcomes(self.day, self.at, self.a.outcome(metric), self.b.outcome(metric))


@dataclass(frozen=True, slots=True)
class Found:
    """alerts: oldest first. excluded: how many were left out of the comparison, by reason."""

    alerts: tuple[Alert, ...]
    excluded: Mapping[str, int] = field(default_factory=dict)


class _Said(NamedTuple):
    """One engine's decision."""

    approved: bool
    reason: str
    opens: bool
    jury: bool  # it was put to the jury
    regime: str

    @property
    def wants(self) -> bool:
        return self.approved and self.opens


class _Carried(NamedTuple):
    """The row of work behind a decision."""

    pk: int
    status: str
    reason: str


class _Row(NamedTuple):
    """A signal with its shadow."""

    pk: int
    strategy: str
    stop: Decimal
    symbol: str
    intent: str
    at: datetime
    engine: str
    status: str
    reason: str
    shadow: int | None
    shadow_status: str
    shadow_reason: str

    @property
    def carried(self) -> dict[str, _Carried]:
        """By engine; only that of the engine that traded where no shadow was made."""
        own = {self.engine: _Carried(self.pk, self.status, self.reason)}
        if self.shadow is None:
            return own
        return own | {other_engine(self.engine): _Carried(self.shadow, self.shadow_status, self.shadow_reason)}


class _Held(NamedTuple):
    """A position, with what was bought in all."""

    quantity: int
    price: Decimal
    multiplier: int
    realized: Decimal
    commission: Decimal
    opened_at: datetime
    closed_at: datetime | None
    exit_reason: str

    @property
    def cost(self) -> Decimal:
        return value(self.quantity, self.price, self.multiplier)


class _Unfilled(NamedTuple):
    """An entry order that was not filled, or not wholly."""

    status: str
    reason: str


class _Rows(NamedTuple):
    """By signal, alerts and shadows alike."""

    orders: Mapping[int, list[_Unfilled]]
    positions: Mapping[int, list[_Held]]


def read(scope: Scope) -> Found:
    """Every entry alert of the scope that both engines have decided on, with what each made of it."""
    said, rows = _decisions(scope), _Rows(_orders(scope), _positions(scope))
    alerts: list[Alert] = []
    excluded: Counter[str] = Counter()
    for row in _signals(scope):
        decided = said.get(row.pk, {})
        if len(decided) < len(ENGINES) or not _is_entry(row.intent, decided):
            continue
        alert = _alert(row, decided, rows)
        if isinstance(alert, Alert):
            alerts.append(alert)
        else:
            excluded[alert] += 1
    return Found(tuple(alerts), dict(excluded))


def _is_entry(intent: str, decided: Mapping[str, _Said]) -> bool:
    """Exits are decided the same way by both and are compared in the trades that they leave."""
    return intent in ENTRIES or _was_put(decided)


def _was_put(decided: Mapping[str, _Said]) -> bool:
    return any(said.jury or said.wants for said in decided.values())


def _alert(row: _Row, decided: Mapping[str, _Said], rows: _Rows) -> Alert | str:
    """Or why it says nothing of the engines.

    What neither was asked about, on a closed market for instance, would only pad the comparison with zeros.
    """
    stopped = next((said.reason for said in decided.values() if said.reason in BY_PERSONS), "")
    if stopped:
        return stopped
    if not _was_put(decided):
        return NOT_PUT
    carried = row.carried
    if len(carried) < len(ENGINES):
        return NO_SHADOW
    a, b = (_arm(decided[engine], carried[engine], rows, row) for engine in ENGINES)
    why = next((arm.reason for arm in (a, b) if arm.reason in BY_PERSONS or arm.reason == NO_COST), "")
    day = exchange_date(row.at)
    return why or Alert(row.pk, row.strategy, row.symbol, decided[ENGINE_B].regime, day, row.at, a, b)


def _arm(said: _Said, carried: _Carried, rows: _Rows, row: _Row) -> Arm:
    if not said.wants:
        return Arm(State.SKIPPED, said.reason)
    if carried.status in LIVE_SIGNALS:
        return Arm(State.OPEN)
    orders, held = rows.orders.get(carried.pk, []), rows.positions.get(carried.pk, [])
    by_hand = any(position.exit_reason == BY_HAND for position in held)
    if any(order.status in LIVE_ORDERS for order in orders) or any(one.closed_at is None for one in held):
        return Arm(State.OPEN, by_hand=by_hand)
    if held:
        trade = _trade(held, row)
        return Arm(State.REFUSED, NO_COST) if trade is None else Arm(State.CLOSED, "", trade, by_hand)
    if carried.reason:
        return Arm(State.REFUSED, carried.reason)
    # An order that was filled a moment ago is no longer among the unfilled ones, its position not yet read.
    return Arm(State.REFUSED, orders[-1].reason or orders[-1].status) if orders else Arm(State.OPEN)


def _trade(held: Sequence[_Held], row: _Row) -> Trade | None:
    """Everything that one engine bought on the alert, as one trade; None where it was given nothing to pay for."""
    cost = sum((one.cost for one in held), Decimal(0))
    if cost <= 0:
        return None
    return Trade(
        pnl=sum((one.realized - one.commission for one in held), Decimal(0)),
        risk=cost * row.stop,
        cost=cost,
        opened_at=min(one.opened_at for one in held),
        closed_at=max(one.closed_at for one in held if one.closed_at is not None),
        day=exchange_date(row.at),
    )


def _signals(scope: Scope) -> Iterator[_Row]:
    rows = Signal.objects.filter(scope.condition(), shadow_of=None).exclude(engine="").order_by("received_at", "pk")
    columns = (
        "pk", "strategy__name", "strategy__sizing_stop", "symbol", "intent", "received_at", "engine", "status",
        "reason", "shadow__pk", "shadow__status", "shadow__reason",
    )  # fmt: skip
    return (_Row(*row) for row in rows.values_list(*columns).iterator())


def _decisions(scope: Scope) -> dict[int, dict[str, _Said]]:
    found: defaultdict[int, dict[str, _Said]] = defaultdict(dict)
    rows = Decision.objects.filter(scope.condition("signal__")).order_by()
    columns = ("signal_id", "engine", "verdict", "reason", "plan__action", "jury__pk", "jury__regime")
    for pk, engine, verdict, reason, action, jury, regime in rows.values_list(*columns).iterator():
        approved = verdict == Decision.Verdict.APPROVED
        found[pk][engine] = _Said(approved, reason, action in OPENING, jury is not None, regime or "")
    return found


def _orders(scope: Scope) -> dict[int, list[_Unfilled]]:
    found: defaultdict[int, list[_Unfilled]] = defaultdict(list)
    rows = Order.objects.filter(scope.condition("signal__"), purpose=Order.Purpose.ENTRY).exclude(status="filled")
    for pk, status, reason in rows.order_by("pk").values_list("signal_id", "status", "reason").iterator():
        found[pk].append(_Unfilled(status, reason))
    return found


def _positions(scope: Scope) -> dict[int, list[_Held]]:
    found: defaultdict[int, list[_Held]] = defaultdict(list)
    columns = (
        "signal_id", "entry_quantity", "entry_price", "multiplier", "realized", "commission", "opened_at",
        "closed_at", "exit_reason",
    )  # fmt: skip
    rows = Position.objects.filter(scope.condition("signal__")).order_by()
    for pk, *rest in rows.values_list(*columns).iterator():
        found[pk].append(_Held(*rest))
    return found
