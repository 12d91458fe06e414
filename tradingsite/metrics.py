"""Prometheus metrics, calculated from the rows at each scrape: no process keeps counts that others do not know of.

What leaves no row is counted in Redis, by all web processes together: refusals at the door, and how soon alerts are answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Min
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
from signals_app.models import Signal, WebhookEvent
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
        yield from (_alert_to_position(), _oldest_undone(), _refusals(), _signals(), _orders(), _positions())
        yield from (*_alert_to_ack(), *_books())
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
    """Events and signals from their rows, those that leave none from Redis."""
    metric = CounterMetricFamily(
        "trading_refusals", "Refusals by reason code and by who refused", labels=["code", "where"]
    )
    events = WebhookEvent.objects.filter(outcome="refused").order_by().values_list("reason").annotate(Count("pk"))
    signals = Signal.objects.exclude(reason="").order_by().values_list("reason").annotate(Count("pk"))
    orders = (
        Order.objects.filter(status__in=["denied", "rejected", "failed"])
        .order_by()
        .values_list("reason")
        .annotate(Count("pk"))
    )
    without_row = (
        (code, count)
        for code, count in refusals().items()
        if code in ("unauthenticated", "rate_limited", "body_too_large")
    )
    for where, counts in (("webhook", events), ("engine", signals), ("order", orders), ("door", without_row)):
        for code, count in counts:
            metric.add_metric([code, where], count)
    return metric


def _signals() -> Metric:
    metric = GaugeMetricFamily("trading_signals", "Signals by status", labels=["status"])
    for status, count in Signal.objects.order_by().values_list("status").annotate(Count("pk")):
        metric.add_metric([status], count)
    return metric


def _orders() -> Metric:
    metric = GaugeMetricFamily("trading_orders", "Orders by status", labels=["status"])
    for status, count in Order.objects.order_by().values_list("status").annotate(Count("pk")):
        metric.add_metric([status], count)
    return metric


def _positions() -> Metric:
    metric = GaugeMetricFamily("trading_open_positions", "Positions that are not closed, by book", labels=["book"])
    held = Position.objects.exclude(status="closed").order_by().values_list("account__name").annotate(Count("pk"))
    counts = dict.fromkeys(Account.objects.values_list("name", flat=True), 0) | dict(held)
    for book, count in counts.items():
        metric.add_metric([book], count)
    return metric


def _books() -> Iterator[Metric]:
    cash = GaugeMetricFamily("trading_book_cash", "Cash of a book", labels=["book"])
    halted = GaugeMetricFamily("trading_book_halted", "1 while a book takes no entries", labels=["book"])
    for account in Account.objects.order_by("name"):
        cash.add_metric([account.name], float(account.cash))
        halted.add_metric([account.name], account.status == Account.Status.HALTED)
    yield cash
    yield halted


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
