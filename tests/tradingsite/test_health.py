"""Alive, ready, and whether work really gets done; and the metrics of the same."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from redis.exceptions import ConnectionError as RedisGone

from books_app import clock, nudges, redis
from signals_app.models import Signal
from signals_app.services import counters
from signals_app.services.counters import count_refusal
from tests.factories import Desk, Floor
from tests.people import NOBODY, VIEWER, at_the_admin
from tests.trading import open_a_position, trade
from tradingsite import health
from workers.models import Probe, ScheduleRun
from workers.operations import answer_probe
from workers.schedule import EVERY_SECONDS

pytestmark = pytest.mark.django_db
STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


class Silent:
    """A Redis that is away."""

    def __getattr__(self, name):
        def fail(*args, **kwargs):
            raise RedisGone("away")

        return fail


def answering(task, args):
    answer_probe(*args)


def a_running_schedule():
    now = clock.now()
    for name in EVERY_SECONDS:
        ScheduleRun.objects.create(name=name, tick_at=now, started_at=now, finished_at=now, outcome="done")


def test_alive_asks_nobody(client, django_assert_num_queries):
    """So that an outage of PostgreSQL does not make a supervisor kill the web process."""
    with django_assert_num_queries(0):
        assert client.get("/health").json() == {"status": "ok"}


def test_ready_needs_postgresql_and_this_codes_schema(client, redis_client):
    """One query; both parts are told."""
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["checks"] == {"postgresql": {"ok": True, "unapplied_migrations": []}, "redis": {"ok": True}}


def test_a_migration_that_is_missing_means_not_ready(client):
    """And its name is told."""
    MigrationRecorder.Migration.objects.filter(app="workers").latest("id").delete()

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert [name.partition(".")[0] for name in answer.json()["checks"]["postgresql"]["unapplied_migrations"]] == [
        "workers"
    ]


def test_without_postgresql_it_is_not_ready(client, monkeypatch):
    """503 and no traceback."""

    def gone():
        raise OperationalError("connection refused at 10.0.0.7")

    monkeypatch.setattr(health, "unapplied_migrations", gone)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert "10.0.0.7" not in answer.content.decode()


def test_without_redis_it_is_ready_all_the_same(client, monkeypatch):
    """Alerts are taken without it; the state is told."""
    monkeypatch.setattr(health, "client", Silent)

    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["checks"]["redis"]["ok"] is False


def test_deep_sends_a_task_round(client, redis_client):
    """The worker's answer is the row's time; schedule and undone rows stand beside it."""
    a_running_schedule()
    with nudges.delivered_to(answering):
        answer = client.get("/health/deep")

    checks = answer.json()["checks"]
    assert answer.status_code == 200, checks
    assert checks["round_trip"]["ms"] >= 0
    assert checks["schedule"]["silent"] == []
    assert checks["undone"]["oldest_s"] == {"signal": None, "order": None}
    assert Probe.objects.get().answered_at is not None


def test_deep_says_when_no_worker_answers(client, redis_client, monkeypatch):
    """After two seconds at the most, with the jobs that are silent."""
    monkeypatch.setattr(health, "PATIENCE_S", 0.1)
    with nudges.delivered_to(lambda task, args: None):
        answer = client.get("/health/deep")

    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert "no worker answered" in checks["round_trip"]["error"]
    assert set(checks["schedule"]["silent"]) == set(EVERY_SECONDS)


def test_deep_says_when_the_queue_takes_nothing(client, redis_client):
    """A lost nudge is not waited for."""

    def refuse(task, args):
        raise RedisGone("away")

    with nudges.delivered_to(refuse):
        assert "did not take" in client.get("/health/deep").json()["checks"]["round_trip"]["error"]


@pytest.mark.django_db(transaction=True)
def test_an_overdue_row_makes_deep_fail(desk: Desk, floor: Floor):
    """A sweep comes by every five seconds: a minute means that none does."""
    desk.post(desk.alert())
    assert health.undone()["ok"]
    floor.clock.forward(120)

    assert health.undone()["ok"] is False
    assert health.oldest_undone()["signal"] == pytest.approx(115)


@pytest.mark.parametrize("path", ["/health/deep", "/metrics"])
def test_only_operators_look_inside(path, settings, redis_client):
    """The machine itself, staff, or a scraper with its token; a stranger is told that there is nothing."""
    settings.METRICS_TOKEN = "a-token-for-the-scraper"
    with nudges.delivered_to(answering):
        local = Client().get(path)
        staff = at_the_admin(VIEWER).get(path, **STRANGER)
        scraper = Client().get(path, HTTP_AUTHORIZATION="Bearer a-token-for-the-scraper", **STRANGER)
        assert 404 not in (local.status_code, staff.status_code, scraper.status_code)
        for stranger in (
            Client().get(path, **STRANGER),
            Client().get(path, HTTP_AUTHORIZATION="Bearer other", **STRANGER),
            Client().get(path, HTTP_X_FORWARDED_FOR="203.0.113.9"),
            Client().get(path, REMOTE_ADDR=""),
        ):
            assert stranger.status_code == 404


def test_an_empty_token_opens_nothing(settings):
    """It is the default, and no request has it by accident."""
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer ", **STRANGER).status_code == 404


def sample(page: str, name: str) -> float:
    return float(next(line for line in page.splitlines() if line.startswith(name)).rpartition(" ")[2])


@pytest.mark.django_db(transaction=True)
def test_metrics_are_counted_from_the_rows(desk: Desk, floor: Floor, client):
    """Speed, refusals by code and place, states, positions, cash and queues."""
    open_a_position(desk, floor)
    trade(desk, floor, order_id="again")
    desk.post(desk.alert(action="jump"))
    count_refusal("unauthenticated")

    page = client.get("/metrics").content.decode()

    book = desk.account.name
    assert sample(page, "trading_alert_to_position_seconds_count") == 1
    assert sample(page, 'trading_refusals_total{code="position_open",where="engine"}') == 1
    assert sample(page, 'trading_refusals_total{code="unknown_action",where="webhook"}') == 1
    assert sample(page, 'trading_refusals_total{code="unauthenticated",where="door"}') == 1
    assert sample(page, 'trading_signals{status="ordered"}') == 1
    assert sample(page, f'trading_open_positions{{book="{book}"}}') == 1
    assert 90_000 < sample(page, f'trading_book_cash{{book="{book}"}}') < 100_000
    assert sample(page, f'trading_book_halted{{book="{book}"}}') == 0
    assert sample(page, 'trading_queue_length{queue="exits"}') == 0
    assert sample(page, "trading_redis_up") == 1


@pytest.mark.django_db(transaction=True)
def test_how_soon_alerts_are_answered_is_a_histogram(desk: Desk, floor: Floor, client):
    """Counted by all web processes together, cumulative as Prometheus wants it; no line while Redis is away."""
    with patch.object(counters, "ACKS_KEY", f"acks:{desk.endpoint}"):
        for seconds in (0.004, 0.004, 0.03, 9):
            counters.count_ack(seconds)
        desk.post(desk.alert())
        page = client.get("/metrics").content.decode()
        with redis.detached():
            without = client.get("/metrics").content.decode()

    name = "trading_alert_to_ack_seconds"
    buckets = [int(sample(page, f'{name}_bucket{{le="{bound}"}}')) for bound in (*counters.ACK_BOUNDS, "+Inf")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == sample(page, f"{name}_count") == 5
    assert sample(page, f'{name}_bucket{{le="2.5"}}') == 4
    assert sample(page, f"{name}_sum") > 9.038
    assert name not in without


@pytest.mark.django_db(transaction=True)
def test_the_oldest_undone_row_is_told_by_stage(desk: Desk, floor: Floor, client):
    """Zero for a stage with nothing to do."""
    desk.post(desk.alert())
    floor.clock.forward(30)

    page = client.get("/metrics").content.decode()

    assert sample(page, 'trading_oldest_undone_seconds{stage="signal_pending"}') == 30
    assert sample(page, 'trading_oldest_undone_seconds{stage="order_submitting"}') == 0
    assert Signal.objects.count() == 1


def test_metrics_survive_the_loss_of_redis(client, monkeypatch):
    """The rows are told; the queues are left out."""
    from tradingsite import metrics

    monkeypatch.setattr(metrics, "client", Silent)

    page = client.get("/metrics").content.decode()

    assert sample(page, "trading_redis_up") == 0
    assert "trading_queue_length{" not in page


def test_who_is_signed_in_and_no_staff_is_a_stranger(client, django_user_model):
    """Staff is a decision of the operator."""
    client.force_login(django_user_model.objects.create_user("guest"))

    assert client.get("/metrics", **STRANGER).status_code == 404
    assert at_the_admin(NOBODY).get("/metrics", **STRANGER).status_code == 200
