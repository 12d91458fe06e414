"""A stage for chaos: a Redis of its own, real Celery workers, a stand-in for beat, and five hundred alerts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from celery import Celery
from django.db import connection
from django.db.models import Count
from kombu.exceptions import OperationalError

from books_app import nudges
from domain.signals import LIVE
from local import valkey
from local.ports import free_port
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import Signal
from tests.factories import Desk, a_roomy_desk
from tradingsite.auditor import violations
from workers.schedule import QUEUES

ROOT = Path(__file__).resolve().parents[2]
ALERTS = 500
DESKS = 20
DEADLINE_S = 150.0  # of patience on a busy machine; twenty seconds are usual
SWEEP = "workers.operations.sweep"


@dataclass
class Stage:
    """Everything that may be hit, and what publishes to it."""

    folder: Path
    port: int
    app: Celery = field(init=False)
    server: valkey.Valkey = field(init=False)

    def __post_init__(self) -> None:
        self.start_redis()
        self.app = celery_app(self.server.url)

    def start_redis(self) -> None:
        self.server = valkey.start(
            self.folder / "valkey", port=self.port, password="chaos", log=self.folder / "valkey.log", durable=False
        )

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.server.url) as client:
            client.flushall()

    def restart_redis(self) -> None:
        """Ends without a word and comes back empty."""
        self.server.process.kill()
        self.server.process.wait()
        self.start_redis()

    def publish(self, task: str, args: tuple[Any, ...]) -> None:
        queue = nudges.QUEUES.get(task) or QUEUES[task]
        self.app.send_task(task, args=args, queue=queue, expires=60, ignore_result=True)


def celery_app(url: str) -> Celery:
    """The project's own settings on another broker."""
    app = Celery("chaos", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = url
    return app


@contextmanager
def a_stage(folder: Path) -> Iterator[Stage]:
    """Nudges of this process go to the stage's Redis."""
    stage = Stage(folder, free_port())
    try:
        with nudges.delivered_to(stage.publish):
            yield stage
    finally:
        stage.server.stop()


@contextmanager
def a_worker(stage: Stage) -> Iterator[subprocess.Popen[bytes]]:
    """``celery -A tradingsite worker`` on this test's database, as an operator starts it."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = os.environ | {"TEST_DATABASE_URL": url, "TEST_REDIS_URL": stage.server.url}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "celery", "-A", "tradingsite", "worker", "--pool", "threads", "--concurrency", "4"]
    log = (stage.folder / "worker.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def desks() -> list[Desk]:
    return [a_roomy_desk() for _ in range(DESKS)]


def send_alerts(desks: list[Desk], *, before: Callable[[int], None]) -> None:
    """Deliver all alerts; ``before`` is called with the number of each and may do harm."""
    for number in range(ALERTS):
        before(number)
        answer = desks[number % DESKS].post(desks[number % DESKS].alert(order_id=f"order-{number}"))
        assert answer.status_code == 202, answer.content


def wait_until_done(stage: Stage, *, every_second: Callable[[], None] = lambda: None) -> float:
    """Be beat: send the sweep each second, until no signal and no order is live. Gives the seconds it took."""
    began = time.monotonic()
    while something_is_live():
        assert time.monotonic() - began < DEADLINE_S, f"still live: {summary()}"
        every_second()
        tick(stage)
        time.sleep(1)
    return time.monotonic() - began


def tick(stage: Stage) -> None:
    """A tick that finds no broker is a lost tick, as beat's are."""
    try:
        stage.publish(SWEEP, ())
    except (OperationalError, OSError):
        return


def something_is_live() -> bool:
    return Signal.objects.filter(status__in=LIVE).exists() or Order.objects.exclude(status="filled").exists()


def summary() -> dict[str, dict[str, int]]:
    return {
        "signals": dict(Counter(Signal.objects.values_list("status", flat=True))),
        "orders": dict(Counter(Order.objects.values_list("status", flat=True))),
        "positions": dict(Counter(Position.objects.values_list("status", flat=True))),
    }


def assert_each_alert_became_one_position() -> None:
    """None lost, none doubled, and the books clean."""
    assert summary() == {
        "signals": {"ordered": ALERTS},
        "orders": {"filled": ALERTS},
        "positions": {"open": ALERTS},
    }
    assert not Signal.objects.annotate(made=Count("orders")).exclude(made=1).exists()
    assert violations() == []


class Zygote:
    """A warm process that forks workers in an instant, so that killing one every second leaves time to work."""

    def __init__(self, url: str) -> None:
        self._commands_read, self._commands = os.pipe()
        self._answers, self._answers_write = os.pipe()
        connection.close()
        self.pid = os.fork()
        if self.pid == 0:
            self._serve(url)
        os.close(self._commands_read)
        os.close(self._answers_write)

    def new_worker(self) -> int:
        os.write(self._commands, b"w")
        return int(os.read(self._answers, 32))

    def stop(self) -> None:
        os.close(self._commands)
        os.waitpid(self.pid, 0)
        os.close(self._answers)

    def _serve(self, url: str) -> None:
        try:
            os.close(self._commands)
            os.close(self._answers)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
            workers: list[int] = []
            while os.read(self._commands_read, 1):
                pid = os.fork()
                if pid == 0:
                    os.close(self._commands_read)
                    _work(url)
                workers.append(pid)
                os.write(self._answers_write, str(pid).encode())
            for pid in workers:
                kill_hard(pid)
        finally:
            os._exit(0)


def _work(url: str) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        from tradingsite.celery import app

        app.conf.broker_url = url
        app.worker_main(["--quiet", "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "CRITICAL"])
    finally:
        os._exit(1)


def kill_hard(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
