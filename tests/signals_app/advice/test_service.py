"""Advice is asked for once, kept with its question, paid from the day's money, and from then on only read."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs

from domain.agents import Advice
from domain.positions import Direction
from signals_app.advice.question import PROMPT_VERSION, question_of
from signals_app.advice.service import advice_for, stored_advice
from signals_app.advice.terms import Terms
from signals_app.advice.wire import most_tokens
from signals_app.models import AdviceBudget, ModelAdvice
from tests.factories import Desk, Floor
from tests.fakes.llm import SECRETS_ASKED_FOR, FakeLLM, Trouble
from tests.signals_app.advice.making import a_signal, a_view, terms_of

pytestmark = pytest.mark.django_db
COST = Decimal("0.0015")  # 700 tokens at 1 USD and 80 at 10 USD a million


def money() -> tuple[Decimal | int, Decimal | int]:
    """Reserved and spent."""
    return AdviceBudget.objects.values_list("reserved", "spent").get()


def most() -> Decimal:
    terms = Terms.of_settings()
    return terms.cost(*most_tokens(question_of(a_view()), terms))


def test_an_answer_is_kept_with_its_question(desk: Desk, floor: Floor, llm: FakeLLM) -> None:
    """Messages, raw answer, what was read of it, tokens and money, in one row."""
    signal = a_signal(desk)

    advice, note = advice_for(signal.pk, a_view())

    at = floor.clock.at
    reasons = ("EMA 9 is above EMA 21", "RSI 58 leaves room")
    assert advice == Advice(at, "fake-mini", "enter", "bullish", 62, reasons)
    assert note == "fake-mini was asked at 2026-03-11 15:00:00 UTC"
    row = ModelAdvice.objects.get()
    assert (row.signal_id, row.outcome, row.reason, row.asked_at, row.answered_at) == (
        signal.pk,
        "answered",
        "",
        at,
        at,
    )
    assert (row.prompt_version, row.prompt) == (PROMPT_VERSION, llm.asked[0].body["messages"])
    assert json.loads(row.answer)["model"] == "fake-mini-2026-01-01"
    assert (row.action, row.bias, row.confidence, tuple(row.reasons)) == ("enter", "bullish", 62, reasons)
    assert (row.tokens_in, row.tokens_out, row.cost) == (700, 80, COST)
    assert money() == (0, COST)


def test_twice_is_once(desk: Desk, llm: FakeLLM) -> None:
    """The second call reads the row, whatever has changed since: the view, the model's mind, the settings."""
    signal = a_signal(desk)
    assert stored_advice(signal.pk) is None
    first = advice_for(signal.pk, a_view())
    llm.say(action="reject", confidence=99)

    with terms_of(None):
        again = advice_for(signal.pk, a_view(thesis=Direction.SHORT))

    assert again == first == stored_advice(signal.pk)
    assert len(llm.asked) == ModelAdvice.objects.count() == 1


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Trouble.RATE_LIMITED, "advice_rate_limited"),
        (Trouble.HTML_500, "advice_failed"),
        (Trouble.REFUSAL, "advice_refused"),
        (Trouble.LENGTH, "advice_cut_short"),
        (Trouble.EXTRA_FIELDS, "advice_nonsense"),
        (Trouble.NUL, "advice_nonsense"),
        (Trouble.NUL_IN_NAME, "advice_nonsense"),
        (Trouble.NUL_IN_REFUSAL, "advice_refused"),
    ],
)
def test_a_failure_is_a_row_as_well(desk: Desk, llm: FakeLLM, trouble: Trouble, code: str) -> None:
    """With its code, its words and the body as it came; it is logged, and not tried again for this alert."""
    signal = a_signal(desk)
    llm.show(trouble)

    with capture_logs() as logs:
        advice, note = advice_for(signal.pk, a_view())

    row = ModelAdvice.objects.get()
    assert (advice, note) == (None, f"{code}: {row.text}")
    assert (row.outcome, row.reason, row.confidence, row.action) == ("failed", code, None, "")
    assert row.answer and row.text
    assert [(line["event"], line["code"]) for line in logs] == [("advice_unavailable", code)]
    assert advice_for(signal.pk, a_view()) == (None, note)
    assert len(llm.asked) == 1


def test_without_a_server_nothing_is_asked(desk: Desk) -> None:
    """And the row says so: what the jury knew stays readable after somebody has configured one."""
    signal = a_signal(desk)
    with terms_of(None):
        advice, note = advice_for(signal.pk, a_view())

    assert advice is None
    assert note == "advice_not_configured: LLM_BASE_URL or LLM_MODEL is empty"
    assert ModelAdvice.objects.get().answered_at is None
    assert not AdviceBudget.objects.exists()


def test_the_days_money_is_a_limit_and_a_new_day_has_its_own(desk: Desk, floor: Floor, llm: FakeLLM) -> None:
    """What a call can cost at most has to fit before it is made; the day is that of UTC."""
    first, second, third = (a_signal(desk, order_id=str(number)) for number in range(3))
    cap = most() + COST - Decimal("1e-8")
    with terms_of(llm, daily_cost=cap):
        assert advice_for(first.pk, a_view())[0] is not None
        advice, note = advice_for(second.pk, a_view())
        assert advice is None
        assert note.startswith("advice_over_budget: ")
        assert f"under {cap} USD a day" in note
        assert money() == (0, COST)
        floor.clock.forward(timedelta(hours=9).total_seconds())
        assert advice_for(third.pk, a_view())[0] is not None

    assert len(llm.asked) == 2
    assert [str(row.day) for row in AdviceBudget.objects.all()] == ["2026-03-12", "2026-03-11"]


def test_a_call_dearer_than_a_day_is_never_made(desk: Desk, llm: FakeLLM) -> None:
    """Not even as the first of its day."""
    with terms_of(llm, daily_cost=most() - Decimal("1e-8")):
        assert advice_for(a_signal(desk).pk, a_view())[0] is None
    assert llm.asked == []


def test_a_model_that_costs_nothing_needs_no_money(desk: Desk, llm: FakeLLM) -> None:
    """One on this machine, with both prices zero."""
    with terms_of(llm, daily_cost=Decimal(0), price_in=Decimal(0), price_out=Decimal(0)):
        assert advice_for(a_signal(desk).pk, a_view())[0] is not None
    assert money() == (0, 0)


def test_what_may_have_been_billed_is_booked(desk: Desk, llm: FakeLLM) -> None:
    """An answer that broke off costs the most it can; a connection that was never made, or a refused call, nothing."""
    llm.show(Trouble.CUT_OFF, Trouble.NO_USAGE, Trouble.RATE_LIMITED)
    advice_for(a_signal(desk, order_id="1").pk, a_view())
    assert money() == (0, most())
    assert advice_for(a_signal(desk, order_id="2").pk, a_view())[0] is not None
    assert money() == (0, 2 * most())
    advice_for(a_signal(desk, order_id="3").pk, a_view())
    with terms_of(llm, url="http://127.0.0.1:9/v1"):
        advice_for(a_signal(desk, order_id="4").pk, a_view())
    assert money() == (0, 2 * most())
    assert [row.cost for row in ModelAdvice.objects.order_by("pk")] == [most(), most(), 0, 0]


def test_a_server_that_uses_more_than_it_was_allowed_is_booked_as_it_says(desk: Desk, llm: FakeLLM) -> None:
    """Fifty dollars for one answer: the day is over."""
    llm.show(Trouble.TOO_MUCH_USED)
    assert advice_for(a_signal(desk, order_id="1").pk, a_view())[0] is not None
    assert money() == (0, Decimal("50.0007"))
    assert "advice_over_budget" in advice_for(a_signal(desk, order_id="2").pk, a_view())[1]


def test_a_server_that_is_away_is_left_alone_for_a_minute(desk: Desk, floor: Floor, llm: FakeLLM) -> None:
    """After three questions in a row; the one after the minute decides whether for another one."""
    signals = (a_signal(desk, order_id=str(number)).pk for number in range(20))
    llm.show(Trouble.HTML_500, Trouble.RATE_LIMITED, Trouble.HTML_500, Trouble.HTML_500)
    for _ in range(3):
        advice_for(next(signals), a_view())
        floor.clock.forward(10)
    advice, note = advice_for(next(signals), a_view())
    assert (advice, note) == (None, "advice_resting: left alone until 15:01:20 UTC")
    assert len(llm.asked) == 3
    floor.clock.forward(50)
    assert "advice_failed" in advice_for(next(signals), a_view())[1]
    assert "advice_resting" in advice_for(next(signals), a_view())[1]
    floor.clock.forward(60)
    assert advice_for(next(signals), a_view())[0] is not None
    assert advice_for(next(signals), a_view())[0] is not None
    assert len(llm.asked) == 6


def test_a_model_that_talks_nonsense_is_not_away(desk: Desk, llm: FakeLLM) -> None:
    """Its server answers at once, so no alert waits for it."""
    llm.show(Trouble.WRONG_SCHEMA, Trouble.REFUSAL, Trouble.LENGTH)
    for number in range(3):
        assert advice_for(a_signal(desk, order_id=str(number)).pk, a_view())[0] is None
    assert advice_for(a_signal(desk, order_id="4").pk, a_view())[0] is not None


def test_whatever_comes_back_becomes_a_row(desk: Desk, llm: FakeLLM) -> None:
    """Spoiled anywhere: nothing raises, each alert has its row, and none of the money stays set aside."""
    llm.show(*[Trouble.MANGLED, Trouble.MANGLED_ADVICE] * 30)
    for number in range(60):
        advice_for(a_signal(desk, order_id=str(number)).pk, a_view())

    assert ModelAdvice.objects.count() == len(llm.asked) == 60
    spent = sum(ModelAdvice.objects.values_list("cost", flat=True))
    assert money() == (0, spent)


def test_nothing_of_the_alerts_own_text_is_asked(desk: Desk, llm: FakeLLM) -> None:
    """A comment may hold instructions to the model; it stays in the alert."""
    signal = a_signal(desk, comment=SECRETS_ASKED_FOR, order_id=SECRETS_ASKED_FOR[:40])
    assert SECRETS_ASKED_FOR in json.dumps(signal.alert)

    advice_for(signal.pk, a_view(underlying=signal.symbol))

    sent = json.dumps(llm.asked[0].body)
    assert not [
        word for word in ("Ignore", "contracts", desk.strategy.name, desk.account.name, desk.token) if word in sent
    ]


def test_the_key_is_in_no_row_and_no_log(desk: Desk, llm: FakeLLM) -> None:
    """Not even where the server repeats it in its complaint."""
    llm.show(Trouble.KEY_REPEATED)
    with capture_logs() as logs:
        advice_for(a_signal(desk).pk, a_view())

    assert llm.key not in str(list(ModelAdvice.objects.values())) + str(logs)


def test_it_is_refused_where_locks_may_be_held(desk: Desk, llm: FakeLLM) -> None:
    """A model thinks for seconds: no transaction may stay open around it. What is stored may be read in one."""
    signal = a_signal(desk)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        advice_for(signal.pk, a_view())
    assert llm.asked == []
    told = advice_for(signal.pk, a_view())
    with transaction.atomic():
        assert advice_for(signal.pk, a_view()) == told


def test_a_row_is_never_changed(desk: Desk, llm: FakeLLM) -> None:
    """Decisions rest on it."""
    advice_for(a_signal(desk).pk, a_view())
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        ModelAdvice.objects.update(confidence=99)
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        ModelAdvice.objects.all().delete()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"outcome": "perhaps"}, "advice_outcome_known"),
        ({"outcome": "failed"}, "advice_failure_has_reason"),
        ({"action": "buy"}, "advice_answer_is_whole"),
        ({"confidence": None}, "advice_answer_is_whole"),
        ({"confidence": 101}, "advice_confidence_bounded"),
        ({"cost": Decimal(-1)}, "advice_cost_bounded"),
        ({"tokens_in": 200_000_000}, "advice_tokens_in_bounded"),
    ],
)
def test_no_row_can_hold_an_advice_that_cannot_be(
    desk: Desk, floor: Floor, values: dict[str, Any], constraint: str
) -> None:
    """Whoever writes it."""
    at = floor.clock.at
    good = {
        "signal": a_signal(desk), "asked_at": at, "answered_at": at, "model": "m", "prompt_version": 1, "prompt": [],
        "outcome": "answered", "action": "enter", "bias": "bullish", "confidence": 50, "reasons": ["x"],
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ModelAdvice.objects.create(**(good | values))
    ModelAdvice.objects.create(**good)
