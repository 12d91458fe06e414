"""Where people read what the model said and what it cost: admin and doctor."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from signals_app.advice.service import advice_for
from signals_app.models import AdviceBudget, ModelAdvice
from tests.factories import Desk, Floor
from tests.fakes.llm import FakeLLM, Trouble
from tests.people import VIEWER, at_the_admin
from tests.signals_app.advice.making import a_signal, a_view, terms_of
from tradingsite.doctor_advice import language_model
from tradingsite.findings import Level

pytestmark = pytest.mark.django_db


def test_the_lists_show_what_was_said_and_what_it_cost(desk: Desk, llm: FakeLLM) -> None:
    """And a failure with a link to its code; words of the model are text on every page."""
    llm.show(Trouble.INJECTION, Trouble.REFUSAL)
    advice_for(a_signal(desk, order_id="1").pk, a_view())
    advice_for(a_signal(desk, order_id="2").pk, a_view())
    viewer = at_the_admin(VIEWER)

    listed = viewer.get(reverse("admin:signals_app_modeladvice_changelist")).content.decode()
    whole = viewer.get(
        reverse("admin:signals_app_modeladvice_change", args=[ModelAdvice.objects.earliest("pk").pk])
    ).content.decode()
    days = viewer.get(reverse("admin:signals_app_advicebudget_changelist")).content.decode()

    assert "<strong>enter</strong> 62 %, bullish" in listed
    assert "/docs/reasons/advice_refused/" in listed
    assert "0.0015" in listed
    assert "0.003" in days
    for page in (listed, whole):
        assert "&lt;script&gt;" in page
        assert "<script>x()" not in page


@pytest.mark.parametrize("model", [ModelAdvice, AdviceBudget])
def test_nobody_edits_them(desk: Desk, llm: FakeLLM, model: type[ModelAdvice | AdviceBudget]) -> None:
    """Not even the administrator."""
    advice_for(a_signal(desk).pk, a_view())
    boss = at_the_admin("administrator")
    name = f"admin:signals_app_{model._meta.model_name}"
    pk = model.objects.values_list("pk", flat=True).get()

    assert boss.get(reverse(f"{name}_add")).status_code == 403
    assert boss.post(reverse(f"{name}_change", args=[pk]), {}).status_code == 403
    assert boss.post(reverse(f"{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403


def test_the_doctor_says_nothing_against_a_model_that_is_off() -> None:
    """Settings that nobody uses are no finding."""
    with terms_of(None):
        (found,) = language_model(enabled=False)
    assert found.level is Level.OK


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"url": ""}, "LLM_BASE_URL is empty"),
        ({"model": ""}, "LLM_MODEL is empty"),
        ({"url": "", "model": ""}, "LLM_BASE_URL and LLM_MODEL is empty"),
    ],
)
def test_the_doctor_names_what_is_missing(llm: FakeLLM, changes: dict[str, str], missing: str) -> None:
    """With the way to mend it, and without a question, which would cost money."""
    with terms_of(llm, **changes):
        (found,) = language_model(enabled=True)
    assert (found.level, bool(found.fix)) == (Level.WARN, True)
    assert missing in found.text
    assert llm.asked == []


def test_the_doctor_tells_the_days_money(desk: Desk, floor: Floor, llm: FakeLLM) -> None:
    """A warning when nothing is left, and one for a key that travels unencrypted."""
    told = {found.subject: found for found in language_model(enabled=True)}
    assert set(told) == {"language model", "language model: money"}
    assert {found.level for found in told.values()} == {Level.OK}
    advice_for(a_signal(desk).pk, a_view())

    with terms_of(llm, url="http://llm.example.com/v1", daily_cost=Decimal("0.0015")):
        told = {found.subject: found for found in language_model(enabled=True)}

    assert told["language model: money"].text == "0.0015 spent and 0.0000 reserved of 0.0015 USD today"
    assert {found.level for found in told.values()} == {Level.OK, Level.WARN}
    assert told["language model: key"].text == "travels unencrypted to llm.example.com"
    assert not [found for found in told.values() if llm.key in found.text + found.fix]
