"""Prometheus metrics, calculated from the rows at each scrape: no process keeps counts that others do not know of.

What leaves no row is counted in Redis, by all web processes together: refusals at the door, and how soon alerts are answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from books_app import clock
from books_app.models import Account, AuditEvent
from books_app.redis import client
from domain.feeds import FeedState
from domain.orders import LIVE as LIVE_ORDERS
from domain.signals import LIVE as LIVE_SIGNALS
from market_app.models import CapabilityHealth
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import AgentSeat, AgentVote, Signal, WebhookEvent
from signals_app.services.counters import acks, refusals
from tradingsite.access import for_operators
from tradingsite.stats import waits_of
from workers.models import ScheduleRun

WINDOW: Final = timedelta(hours=1)


@for_operators
def metrics(request: HttpRequest) -> HttpResponse:
    registry = CollectorRegistry()
    registry.register(Rows())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Rows:
    """One collector for everything; made anew for each scrape."""

    def describe(self) -> list[Metric]:
        return []  # without it, registering would collect once for nothing

    def collect(self) -> Iterator[Metric]:
        yield from (_alert_to_position(), _oldest_undone(), _refusals(), *_signals(), *_orders(), *_positions())
        yield from (*_alert_to_ack(), *_books(), *_votes())
        yield from (*_market_data(), _schedule(), *_queues())


def _alert_to_ack() -> Iterator[Metric]:
    """No such lines while Redis is away."""
    counted = acks()
    if counted is not None:
        metric = HistogramMetricFamily("trading_alert_to_ack_seconds", "Request begun to answer handed to the sender")
        metric.add_metric([], buckets=list(counted.buckets), sum_value=counted.seconds)
        yield metric


def _alert_to_position() -> Metric:
    count, total = waits_of(clock.now() - WINDOW)
    metric = SummaryMetricFamily("trading_alert_to_position_seconds", "Alert received to position committed, last hour")
    metric.add_metric([], count_value=count, sum_value=total)
    return metric


def _oldest_undone() -> Metric:
    now = clock.now()
    metric = GaugeMetricFamily(
        "trading_oldest_undone_seconds", "Since the oldest unfinished row of a stage came", labels=["stage"]
    )
    found = dict.fromkeys(LIVE_SIGNALS | LIVE_ORDERS, 0.0)
    signals = (
        Signal.objects.filter(status__in=LIVE_SIGNALS).order_by().values_list("status").annotate(Min("updated_at"))
    )
    orders = Order.objects.filter(status__in=LIVE_ORDERS).order_by().values_list("status").annotate(Min("updated_at"))
    found |= {status: (now - oldest).total_seconds() for status, oldest in [*signals, *orders]}
    for status, seconds in sorted(found.items()):
        metric.add_metric([f"{'signal' if status in LIVE_SIGNALS else 'order'}_{status}"], seconds)
    return metric


def _refusals() -> Metric:
    """Events and rows of work from their rows, those that leave none from Redis; both engines' of shadow books apart."""
    metric = CounterMetricFamily(
        "trading_refusals", "Refusals by reason code and by who refused", labels=["code", "where"]
    )
    events = WebhookEvent.objects.filter(outcome="refused").order_by().values_list("reason").annotate(Count("pk"))
    signals = _counted(Signal.objects.exclude(reason=""), "reason")
    orders = _counted(Order.objects.filter(status__in=["denied", "rejected", "failed"]), "reason")
    without_row = (
        (code, count)
        for code, count in refusals().items()
        if code in ("unauthenticated", "rate_limited", "body_too_large")
    )
    for where, counts in (("webhook", events), ("door", without_row)):
        for code, count in counts:
            metric.add_metric([code, where], count)
    for where, rows in (("engine", signals), ("order", orders)):
        for code, shadow, count in rows:
            metric.add_metric([code, f"shadow {where}" if shadow else where], count)
    return metric


def _signals() -> Iterator[Metric]:
    return _by_status("signals", "Signals by status", Signal.objects.all())


def _orders() -> Iterator[Metric]:
    return _by_status("orders", "Orders by status", Order.objects.all())


def _by_status(name: str, words: str, rows: QuerySet[Any]) -> Iterator[Metric]:
    """Two of a kind: ``trading_…`` for what is real, ``trading_shadow_…`` for what happened on shadow books."""
    real, shadow = _pair(name, words, "status")
    for status, of_shadow, count in _counted(rows, "status"):
        (shadow if of_shadow else real).add_metric([status], count)
    yield from (real, shadow)


def _counted(rows: QuerySet[Any], field: str) -> QuerySet[Any, Any]:
    """Value of the field, whether it is of a shadow book, and how many."""
    told = rows.order_by().annotate(of_shadow=Q(account__kind=Account.Kind.SHADOW))
    counted: QuerySet[Any, Any] = told.values_list(field, "of_shadow").annotate(Count("pk"))
    return counted


def _pair(name: str, words: str, label: str) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    """A sum over a metric's labels must stay a sum of what is real, so shadow books have names of their own."""
    return (
        GaugeMetricFamily(f"trading_{name}", words, labels=[label]),
        GaugeMetricFamily(f"trading_shadow_{name}", f"{words}, of shadow books", labels=[label]),
    )


def _positions() -> Iterator[Metric]:
    held = Position.objects.exclude(status="closed").order_by().values_list("account_id").annotate(Count("pk"))
    counts = dict(held)
    return _by_book("open_positions", "Positions that are not closed, by book", lambda book: counts.get(book.pk, 0))


def _books() -> Iterator[Metric]:
    yield from _by_book("book_cash", "Cash of a book", lambda book: float(book.cash))
    halted = Account.Status.HALTED
    yield from _by_book("book_halted", "1 while a book takes no entries", lambda book: book.status == halted)


def _by_book(name: str, words: str, value: Callable[[Account], float]) -> Iterator[Metric]:
    real, shadow = _pair(name, words, "book")
    for account in Account.objects.order_by("name"):
        (shadow if account.kind == Account.Kind.SHADOW else real).add_metric([account.name], value(account))
    yield from (real, shadow)


def _votes() -> Iterator[Metric]:
    """What the agents with a seat have said in the last hour; an alarm is an agent that was made to abstain."""
    said = GaugeMetricFamily("trading_agent_votes", "Votes of an agent, last hour", labels=["agent", "action"])
    alarms = GaugeMetricFamily("trading_agent_alarms", "Times it was made to abstain, last hour", labels=["agent"])
    names = list(AgentSeat.objects.order_by("name").values_list("name", flat=True))
    lately = AgentVote.objects.filter(agent__in=names, voted_at__gte=clock.now() - WINDOW).order_by()
    for agent, action, count in lately.values_list("agent", "action").annotate(Count("pk")):
        said.add_metric([agent, action], count)
    silenced = dict(lately.exclude(alarm="").values_list("agent").annotate(Count("pk")))
    for name in names:
        alarms.add_metric([name], silenced.get(name, 0))
    yield from (said, alarms)


def _market_data() -> Iterator[Metric]:
    """The state of now, and every change that has an audit row."""
    health = list(CapabilityHealth.objects.all())
    now = GaugeMetricFamily(
        "trading_market_data_state",
        "1 for the state in which a kind of market data is served now",
        labels=["capability", "state", "provider"],
    )
    for row in health:
        for state in FeedState:
            now.add_metric([row.capability, state.value, row.provider], row.state == state.value)
    yield now
    changes = CounterMetricFamily(
        "trading_market_data_changes",
        "Changes of the state in which a kind of market data is served",
        labels=["capability", "from", "to"],
    )
    names = {row.pk: row.capability for row in health}
    steps = AuditEvent.objects.filter(entity="market_data", entity_id__in=names).order_by()
    for pk, before, after, count in steps.values_list("entity_id", "from_state", "to_state").annotate(Count("pk")):
        changes.add_metric([names[pk], before or "unknown", after], count)
    yield changes


def _schedule() -> Metric:
    metric = GaugeMetricFamily("trading_schedule_age_seconds", "Since the last scheduled job began")
    last = ScheduleRun.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    metric.add_metric([], float("nan") if last is None else (clock.now() - last).total_seconds())
    return metric


def _queues() -> Iterator[Metric]:
    """Messages that wait; no such line while Redis is away, and ``trading_redis_up`` says so."""
    up = GaugeMetricFamily("trading_redis_up", "1 while Redis answers")
    length = GaugeMetricFamily("trading_queue_length", "Messages waiting in a Celery queue", labels=["queue"])
    try:
        for name in settings.WORKER_QUEUES:
            length.add_metric([name], client().llen(name))
        up.add_metric([], 1)
    except RedisError:
        up.add_metric([], 0)
    yield up
    yield length
