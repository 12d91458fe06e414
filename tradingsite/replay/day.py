"""Driving one recorded day minute by minute, without sleeping, through the code that trades."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.test import RequestFactory, override_settings

from books_app import clock, ledger, nudges
from books_app import redis as redis_client
from books_app.models import Account
from domain.alerts import candidate_secrets
from domain.errors import MarketDataUnavailable
from domain.flags import VARIANT_B
from domain.sessions import Product
from market_app.interface import MarketData
from market_app.providers import use_provider
from market_app.snapshots import record_snapshot
from positions_app.models import ExitRule
from positions_app.services import refresh_marks
from positions_app.services.rules import seed_default_rules
from signals_app import webhook
from signals_app.jury.defaults import seed_policies, seed_seats
from signals_app.models import AgentSeat, Credential, FeatureFlag, JuryPolicy, Strategy
from signals_app.models.jury import LONGEST_DEADLINE_MS
from signals_app.services import credentials
from tradingsite.replay.alerts import RecordedAlert
from workers import pipeline
from workers.schedule import EVERY_SECONDS
from workers.sweeps import sweep_orders, sweep_signals

ENDPOINT_ID = "recorded-day"
MINUTE = timedelta(minutes=1)
GAMMA_EVERY = timedelta(seconds=EVERY_SECONDS["workers.market.record_gamma"])
AFTERWARDS = timedelta(
    minutes=30
)  # the day goes on that long after the bell, so that late alerts and expiries are seen

Progress = Callable[[datetime, int, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the webhook said to one alert."""

    alert: RecordedAlert
    http_status: int
    body: dict[str, Any]

    @property
    def signal_ids(self) -> list[int]:
        return list(self.body.get("signals", ()))

    @property
    def refusal(self) -> dict[str, str]:
        return dict(self.body.get("error", {}))


class RecordedDay:
    """One day, one market, one list of alerts. Call ``run`` inside a throw-away database.

    underlying: whose option chain is looked at every quarter of an hour, for the jury. jury: engine B decides beside
    engine A, and what it decides is traded on the shadow book.
    """

    def __init__(
        self, *, market: MarketData, day: date, underlying: str, alerts: Sequence[RecordedAlert], jury: bool = True
    ) -> None:
        self._market = market
        self._underlying = underlying
        self._alerts = alerts
        self.jury = jury
        self._now = self._noon(day)
        session = market.session(Product.EQUITY_OPTION, now=self._now)
        self.opens_at, self.closes_at = session.opens_at, session.closes_at
        self._gamma_due_at = self.opens_at
        self._nudges: deque[tuple[str, tuple[Any, ...]]] = deque()

    def _noon(self, day: date) -> datetime:
        zone = self._market.calendar(Product.EQUITY_OPTION).zone
        return datetime(day.year, day.month, day.day, 12, tzinfo=zone)

    def run(self, progress: Progress = lambda now, done, total: None) -> list[Answer]:
        """Live the day and give back the webhook's answers, in order."""
        answers: list[Answer] = []
        with ExitStack() as stack:
            stack.enter_context(clock.running_on(lambda: self._now))
            stack.enter_context(nudges.delivered_to(lambda task, args: self._nudges.append((task, args))))
            stack.enter_context(redis_client.detached())
            stack.enter_context(use_provider(self._market))
            # The environment's flags are about the system that runs: they might ask a language model about a day gone by.
            stack.enter_context(override_settings(FLAGS_SAID={}))
            credentials.recent_callers.clear()
            events = list(self._events())
            self._now = events[0][0]
            self._prepare()
            for done, (moment, alert) in enumerate(events, 1):
                self._now = moment
                if alert is None:
                    self._tick()
                else:
                    answers.append(self._deliver(alert))
                progress(moment, done, len(events))
        return answers

    def _events(self) -> Iterator[tuple[datetime, RecordedAlert | None]]:
        """Every minute, and every alert at its own moment after the minute it falls on."""
        start = min([self.opens_at, *(alert.at for alert in self._alerts)]).replace(second=0, microsecond=0)
        end = max([self.closes_at + AFTERWARDS, *(alert.at + MINUTE for alert in self._alerts)])
        waiting = deque(self._alerts)
        minute = start
        while minute <= end:
            yield minute, None
            while waiting and waiting[0].at < minute + MINUTE:
                alert = waiting.popleft()
                yield alert.at, alert
            minute += MINUTE

    def _prepare(self) -> None:
        book = Account.objects.create(name="replay")
        ledger.book_deposit(book, booking="deposit:1", amount=book.cash)
        seed_default_rules()
        strategy = Strategy.objects.create(name="recorded-day", account=book, allowed_symbols=["*"])
        if self.jury:
            self._seat_the_jury(strategy)
        # A recorded day has no tomorrow: what is still held is left before the bell.
        ExitRule.objects.create(strategy=strategy, kind="end_of_day", params={"minutes": 5})
        credentials.issue(strategy, Credential.Kind.ENDPOINT, secret=ENDPOINT_ID, actor="replay")
        for token in sorted({secret for alert in self._alerts for secret in candidate_secrets(alert.body)}):
            credentials.issue(strategy, Credential.Kind.TOKEN, secret=token, actor="replay")

    def _seat_the_jury(self, strategy: Strategy) -> None:
        """On the terms and with the seats of a fresh system."""
        FeatureFlag.objects.create(name=VARIANT_B, enabled=True)
        seed_policies()
        strategy.jury_policy = JuryPolicy.objects.get(name="default")
        strategy.save(update_fields=["jury_policy"])
        seed_seats()
        # A busy machine must not change what is voted: nobody waits for a recorded day.
        AgentSeat.objects.update(deadline_ms=LONGEST_DEADLINE_MS)

    def _tick(self) -> None:
        sweep_signals()
        self._work_off_nudges()
        sweep_orders()
        refresh_marks()
        pipeline.monitor_exits()
        pipeline.expire_and_settle()
        self._work_off_nudges()
        if self.jury and self._gamma_due_at <= self._now < self.closes_at:
            self._record_gamma()

    def _record_gamma(self) -> None:
        """As the schedule does, from the first minute on in which the chain has quotes: what the jury reads of it."""
        try:
            record_snapshot(self._underlying)
        except MarketDataUnavailable:
            return  # tried again in a minute
        self._gamma_due_at = self._now + GAMMA_EVERY

    def _deliver(self, alert: RecordedAlert) -> Answer:
        request = RequestFactory().post("/", data=alert.body, content_type=alert.content_type)
        response = webhook.tradingview(request, ENDPOINT_ID)
        response.close()
        self._work_off_nudges()
        return Answer(alert, response.status_code, json.loads(response.content))

    def _work_off_nudges(self) -> None:
        """What the workers would have been told; each finds its row done if another step has been faster."""
        steps: dict[str, Callable[..., Any]] = {
            "workers.signals.process_signal": lambda pk, swept=False: pipeline.process_signal(pk),
            "workers.orders.create_order": lambda pk, swept=False: pipeline.order_signal(pk),
            "workers.orders.execute_order": pipeline.execute_exit,
            "workers.positions.execute_exit": pipeline.execute_exit,
        }
        while self._nudges:
            task, args = self._nudges.popleft()
            steps[task](*args)
