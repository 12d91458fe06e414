"""Sixteen workers, one day's money, and one model that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from threading import Barrier, Event, Thread
from unittest import mock

from django.db import connection
from django.db.models import F

from signals_app.advice import budget
from signals_app.advice.question import question_of
from signals_app.advice.service import advice_for
from signals_app.advice.terms import Terms
from signals_app.advice.wire import most_tokens
from signals_app.models import AdviceBudget, ModelAdvice
from tests.factories import Floor, a_roomy_desk
from tests.fakes.llm import FakeLLM, Trouble
from tests.races.starting_gun import PATIENCE_S, at_once
from tests.signals_app.advice.making import a_signal, a_view, terms_of

WORKERS = 16
FIT = 5
OPEN = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state LIKE 'idle in %%' OR state = 'active')
       AND backend_type = 'client backend'
"""


@contextmanager
def _a_dear_model() -> Iterator[tuple[FakeLLM, Decimal]]:
    """Every answer costs exactly the most that it can, and five of them fit into the day."""
    with FakeLLM() as fake, terms_of(fake, timeout_s=20.0) as told:
        terms = Terms.of_settings()
        fake.tokens_in, fake.tokens_out = most_tokens(question_of(a_view()), terms)
        cap = FIT * terms.cost(fake.tokens_in, fake.tokens_out)
        told["daily_cost"] = cap
        yield fake, cap


def _signals() -> list[int]:
    desk = a_roomy_desk()
    return [a_signal(desk, order_id=str(number)).pk for number in range(WORKERS)]


@contextmanager
def _looked_at_and_then_written() -> Iterator[None]:
    """The day's row is read, and everybody has read before anybody writes."""
    everybody_has_looked = Barrier(WORKERS)

    def reserve(day: date, most: Decimal, *, cap: Decimal) -> bool:
        row = AdviceBudget.objects.filter(day=day).first()
        everybody_has_looked.wait(PATIENCE_S)
        if (row.reserved + row.spent if row else 0) + most > cap:
            return False
        AdviceBudget.objects.get_or_create(day=day)
        AdviceBudget.objects.filter(day=day).update(reserved=F("reserved") + most)
        return True

    with mock.patch.object(budget, "reserve", reserve):
        yield


def test_looking_before_reserving_exceeds_the_cap(floor: Floor) -> None:
    """Sixteen workers see the same money and all spend it."""
    signals = _signals()
    with _a_dear_model() as (fake, cap), _looked_at_and_then_written():
        at_once([lambda pk=pk: advice_for(pk, a_view()) for pk in signals])  # type: ignore[misc]

    assert len(fake.asked) == WORKERS
    assert AdviceBudget.objects.get().spent > cap


def test_sixteen_workers_never_exceed_the_cap(floor: Floor) -> None:
    """Five calls fit and five are made; the others go without advice, and the whole cap is used."""
    signals = _signals()
    with _a_dear_model() as (fake, cap):
        answers = at_once([lambda pk=pk: advice_for(pk, a_view()) for pk in signals])  # type: ignore[misc]

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert len(fake.asked) == FIT
    day = AdviceBudget.objects.get()
    assert (day.reserved, day.spent) == (0, cap)
    assert ModelAdvice.objects.filter(outcome="answered").count() == FIT
    assert set(ModelAdvice.objects.filter(outcome="failed").values_list("reason", flat=True)) == {"advice_over_budget"}


def test_two_workers_on_one_alert_take_the_same_advice(floor: Floor) -> None:
    """Both may have asked; the row that was first counts for both, and both calls are paid for."""
    signal = a_signal(a_roomy_desk())
    with FakeLLM() as fake, terms_of(fake):
        fake.show(Trouble.INJECTION)  # one is told something else
        answers = at_once([lambda: advice_for(signal.pk, a_view())] * 4)

    assert all(answer == answers[0] for answer in answers)
    row, day = ModelAdvice.objects.get(), AdviceBudget.objects.get()
    assert (day.reserved, day.spent) == (0, len(fake.asked) * row.cost)


def test_nothing_is_locked_while_the_model_thinks(floor: Floor) -> None:
    """No transaction is open then: the day's row and the signal's are free for others."""
    signal = a_signal(a_roomy_desk())

    def work() -> None:
        try:
            advice_for(signal.pk, a_view())
        finally:
            connection.close()

    with FakeLLM() as fake, terms_of(fake, timeout_s=20.0):
        fake.go_on = Event()
        worker = Thread(target=work)
        worker.start()
        try:
            assert fake.thinking.wait(PATIENCE_S)
            with connection.cursor() as cursor:
                cursor.execute(OPEN)
                assert cursor.fetchone() == (0,)
            assert AdviceBudget.objects.get().reserved > 0
        finally:
            fake.go_on.set()
            worker.join(PATIENCE_S)

    assert ModelAdvice.objects.get().outcome == "answered"
