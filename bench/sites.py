"""Two systems that can be sent alerts: ours and the floor, each a web server and a worker on its own database."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import psycopg2

from bench import books
from bench.ground import PATIENCE_S, Ground, a_port, environment, listens
from bench.sender import Ack, Request, Sender
from local.programs import Program, programs

SERVER_FLAGS: Final = ("--worker-class=gthread", "--workers=2", "--threads=4", "--keep-alive=5", "--timeout=30")
POLL_S: Final = 0.01


class Site:
    """web and worker run from ``start`` on; what they did is read from the rows."""

    _DONE: ClassVar[str]
    _LATENCIES: ClassVar[str]
    _COMMITS: ClassVar[str]
    _LAST: ClassVar[str]

    def __init__(self, ground: Ground, name: str, database_url: str) -> None:
        self.name = name
        self.port = a_port()
        self.redis_url = ground.next_redis_url()
        self.environment = environment(database_url, self.redis_url, self.port)
        self.sender = Sender(self.port)
        self.requests: Iterator[Request] = iter(())
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self._ground = ground
        self._session = psycopg2.connect(database_url)
        self._session.autocommit = True

    def web_arguments(self) -> Sequence[str]:
        raise NotImplementedError

    def worker_arguments(self) -> Sequence[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Web and worker, unless they run already."""
        spawn, name, own = self._ground.spawn, self.name, self.environment
        self.web = self.web or spawn(f"{name}-web", self.web_arguments(), {**own, "PROCESS_ROLE": "web"})
        self.worker = self.worker or spawn(f"{name}-worker", self.worker_arguments(), {**own, "PROCESS_ROLE": "worker"})

    def await_web(self) -> None:
        """Raises RuntimeError with the end of its log when it does not come up."""
        assert self.web is not None
        if not listens(self.port, self.web):
            raise RuntimeError(f"{self.name}: no web server\n{self._ground.log_of(f'{self.name}-web')}")

    def stop(self) -> None:
        self._session.close()
        for process in (self.web, self.worker):
            if process is not None:
                self._ground.stop(process)

    def take(self, count: int) -> list[Request]:
        return [next(self.requests) for _ in range(count)]

    def warm_up(self, count: int) -> None:
        """Until every thread of web and worker has its connections and has seen the code once."""
        self.await_done(self.sender.at_once(self.take(count)))

    def last_id(self) -> int:
        return int(self.ask(self._LAST)[0][0])

    def done_after(self, last_id: int) -> int:
        """Alerts later than that one whose way has ended with a commit."""
        return int(self.ask(self._DONE, [last_id])[0][0])

    def await_done(self, acks: Sequence[Ack]) -> None:
        """Until all of these are done. Raises RuntimeError when that takes too long."""
        ids = [ack.signal_id for ack in acks]
        deadline = time.monotonic() + PATIENCE_S
        while len(found := self.ask(self._LATENCIES, [ids])) < len(ids):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: {len(found)} of {len(ids)} alerts done\n{self.explain()}")
            time.sleep(POLL_S)

    def latencies(self, acks: Sequence[Ack]) -> list[float]:
        """Milliseconds from the request's arrival to the commit that ended each alert's way."""
        return [float(ms) for (ms,) in self.ask(self._LATENCIES, [[ack.signal_id for ack in acks]])]

    def commit_times(self, acks: Sequence[Ack]) -> list[float]:
        """Seconds from the first arrival to each end, in order."""
        return sorted(float(s) for (s,) in self.ask(self._COMMITS, [[ack.signal_id for ack in acks]]))

    def explain(self) -> str:
        return self._ground.log_of(f"{self.name}-worker")

    def ask(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._session.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()


class Ours(Site):
    """The real thing, started as `make up` starts it, on a copy of the prepared database."""

    # A fill is never changed, so its xmin is the transaction that made it, and with it the position.
    _WAY = """FROM orders_app_fill AS fill JOIN orders_app_order AS entry ON entry.id = fill.order_id
        JOIN signals_app_signal AS signal ON signal.id = entry.signal_id
        WHERE signal.id = ANY(%s) AND entry.status = 'filled'"""
    _LATENCIES = f"""SELECT extract(epoch FROM pg_xact_commit_timestamp(fill.xmin) - signal.received_at) * 1000
        {_WAY}"""  # noqa: S608
    _COMMITS = f"""SELECT extract(epoch FROM pg_xact_commit_timestamp(fill.xmin) - min(signal.received_at) OVER ())
        {_WAY}"""  # noqa: S608
    _DONE = """SELECT count(*) FROM positions_app_position AS held JOIN signals_app_signal AS signal
        ON signal.id = held.signal_id WHERE signal.id > %s AND signal.shadow_of_id IS NULL"""
    _LAST = "SELECT COALESCE(max(id), 0) FROM signals_app_signal"

    def __init__(self, ground: Ground, name: str, database_url: str, *, book_count: int) -> None:
        super().__init__(ground, name, database_url)
        self.requests = books.requests(book_count)

    def web_arguments(self) -> Sequence[str]:
        return _program("web").arguments

    def worker_arguments(self) -> Sequence[str]:
        return _program("worker").arguments

    def explain(self) -> str:
        undone = self.ask(
            "SELECT status, reason, reason_text, last_error, count(*) FROM signals_app_signal WHERE status <> 'ordered'"
            " GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 5"
        )
        orders = self.ask(
            "SELECT status, reason, reason_text, count(*) FROM orders_app_order WHERE status <> 'filled'"
            " GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 5"
        )
        return f"{undone}\n{orders}\n{super().explain()}"


class Floor(Site):
    """Django and Celery with one INSERT and one publish in the view, and three tasks with one commit each."""

    _WAY = """FROM floor_stage AS stage JOIN floor_alert AS alert ON alert.id = stage.alert_id
        WHERE stage.number = 3 AND alert.id = ANY(%s)"""
    _LATENCIES = f"""SELECT extract(epoch FROM pg_xact_commit_timestamp(stage.xmin) - alert.received_at) * 1000
        {_WAY}"""  # noqa: S608
    _COMMITS = f"""SELECT extract(epoch FROM pg_xact_commit_timestamp(stage.xmin) - min(alert.received_at) OVER ())
        {_WAY}"""  # noqa: S608
    _DONE = "SELECT count(*) FROM floor_stage WHERE number = 3 AND alert_id > %s"
    _LAST = "SELECT COALESCE(max(id), 0) FROM floor_alert"

    def __init__(self, ground: Ground, name: str, database_url: str) -> None:
        super().__init__(ground, name, database_url)
        self.environment["DJANGO_SETTINGS_MODULE"] = "bench.floor.settings"
        bodies = books.requests(1_000_000)  # the same bodies, on another address
        self.requests = (Request("/webhook/", request.body) for request in bodies)
        made = ground.spawn(f"{name}-migrate", ["-m", "django", "migrate", "--run-syncdb", "-v0"], self.environment)
        if made.wait(PATIENCE_S) != 0:
            raise RuntimeError(ground.log_of(f"{name}-migrate"))

    def web_arguments(self) -> Sequence[str]:
        return ["-m", "gunicorn", f"--bind=127.0.0.1:{self.port}", *SERVER_FLAGS, "bench.floor.wsgi"]

    def worker_arguments(self) -> Sequence[str]:
        flags = [flag for flag in worker_flags() if not flag.startswith("--queues")]
        return ["-m", "celery", "-A", "bench.floor", *flags]


def worker_flags() -> list[str]:
    """``worker`` and what follows it on the command line of the real one."""
    arguments = list(_program("worker").arguments)
    return arguments[arguments.index("worker") :]


def _program(name: str) -> Program:
    known = programs(flower_user="nobody", flower_password="", flower_port=1, stream=False)
    return next(program for program in known if program.name == name)
