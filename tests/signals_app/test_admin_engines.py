"""Flags, seats, jury policies and what the agents said, in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse

from books_app.models import AuditEvent
from signals_app.jury.defaults import seed_seats
from signals_app.models import AgentSeat, AgentVote, FeatureFlag, JuryPolicy, JuryRecord
from tests.factories import Floor, a_desk
from tests.people import ADMINISTRATOR, RISK_OFFICER, TRADER, VIEWER, at_the_admin
from tests.signals_app.jury.stand_ins import Crashing, Loyal, only
from tests.trading import trade

pytestmark = pytest.mark.django_db
FLAG, SEAT, POLICY = (f"admin:signals_app_{name}" for name in ("featureflag", "agentseat", "jurypolicy"))


def test_the_list_shows_every_flag_as_it_stands() -> None:
    """With or without a row; the environment's override is marked, and there is no button that would do nothing."""
    FeatureFlag.objects.create(name="enable_variant_b", enabled=True)
    with override_settings(FLAGS_SAID={"enable_orb": False}):
        page = at_the_admin(RISK_OFFICER).get(reverse(f"{FLAG}_changelist"))
    flags = {flag["standing"].flag.name: flag["standing"] for flag in page.context["flags"]}

    assert (flags["enable_variant_b"].on, flags["enable_variant_b"].by) == (True, "row")
    assert (flags["enable_orb"].on, flags["enable_orb"].by) == (False, "environment")
    text = page.content.decode()
    assert "overrides the row" in text and "FLAG_ENABLE_ORB" in text
    assert "?name=enable_orb" not in text
    assert "?name=enable_squeeze" in text


def test_a_flag_is_switched_with_an_audit_row() -> None:
    """Added, changed, and removed again to stand as it is built."""
    officer = at_the_admin(RISK_OFFICER)
    assert officer.post(reverse(f"{FLAG}_add"), {"name": "enable_variant_b", "enabled": "on"}).status_code == 302
    row = FeatureFlag.objects.get()
    assert officer.post(reverse(f"{FLAG}_change", args=[row.pk]), {}).status_code == 302
    row.refresh_from_db()
    assert row.enabled is False
    officer.post(reverse(f"{FLAG}_delete", args=[row.pk]), {"post": "yes"})

    steps = AuditEvent.objects.filter(entity="feature_flag").order_by("pk").values_list("to_state", flat=True)
    assert list(steps) == ["added", "changed", "removed"]


def test_a_row_that_the_environment_overrides_cannot_be_edited() -> None:
    """The page says which variable has the last word."""
    row = FeatureFlag.objects.create(name="enable_variant_b", enabled=False)
    officer, address = at_the_admin(RISK_OFFICER), reverse(f"{FLAG}_change", args=[row.pk])
    with override_settings(FLAGS_SAID={"enable_variant_b": True}):
        page = officer.get(address).content.decode()
        officer.post(address, {"enabled": "on"})

    row.refresh_from_db()
    assert row.enabled is False
    assert "FLAG_ENABLE_VARIANT_B" in page and 'name="enabled"' not in page


@pytest.mark.parametrize("name", [FLAG, SEAT])
@pytest.mark.parametrize("role", [VIEWER, TRADER])
def test_only_a_risk_officer_changes_flags_and_seats(name: str, role: str) -> None:
    """Others read them."""
    browser = at_the_admin(role)
    assert browser.get(reverse(f"{name}_changelist")).status_code == 200
    assert browser.get(reverse(f"{name}_add")).status_code == 403


def a_seat(**changes: Any) -> dict[str, Any]:
    return {"name": "orb", "weight": "10", "enabled": "on", "parameters": "{}", "deadline_ms": "250", **changes}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "oracle"}, "Select a valid choice"),
        ({"parameters": '{"hours": 3}'}, "allowed: minutes"),
        ({"parameters": '{"minutes": 7}'}, "minutes"),
        ({"parameters": "[1]"}, "An object in braces is wanted"),
        ({"parameters": "{"}, "Enter a valid JSON"),
        ({"weight": "-1"}, "greater than or equal to 0"),
        ({"weight": "1001"}, "less than or equal to 1000"),
        ({"deadline_ms": "0"}, "greater than or equal to 1"),
        ({"deadline_ms": "60000"}, "less than or equal to 5000"),
    ],
)
def test_a_wrong_seat_is_refused_in_the_form(change: dict[str, str], words: str) -> None:
    """In the words of the agent itself, before the first alert finds it."""
    answer = at_the_admin(RISK_OFFICER).post(reverse(f"{SEAT}_add"), a_seat(**change))

    assert answer.status_code == 200
    assert words in str(answer.context["adminform"].form.errors)
    assert not AgentSeat.objects.exists()


def test_a_seat_is_changed_with_an_audit_row() -> None:
    """Weight and parameters; the form tells what each agent takes."""
    officer = at_the_admin(RISK_OFFICER)
    assert officer.post(reverse(f"{SEAT}_add"), a_seat(parameters="")).status_code == 302
    seat = AgentSeat.objects.get()
    address = reverse(f"{SEAT}_change", args=[seat.pk])

    page = officer.get(address).content.decode()
    officer.post(address, a_seat(name="risk", weight="12.5", parameters='{"minutes": 15}'))

    seat.refresh_from_db()
    assert (seat.name, str(seat.weight), seat.parameters) == ("orb", "12.500", {"minutes": 15})
    assert AuditEvent.objects.get(entity="agent_seat", to_state="changed").data["changed"]["weight"] == ["10", "12.5"]
    assert "<code>minutes</code> 30" in page and "must vote" in page


@pytest.mark.django_db(transaction=True)
def test_the_list_tells_what_an_agent_did_in_seven_days(floor: Floor) -> None:
    """Votes, abstentions and alarms, counted from its votes."""
    with only(Loyal, Crashing):
        trade(a_desk(), floor)
    officer = at_the_admin(RISK_OFFICER)

    def counts() -> dict[str, tuple[int, int, int]]:
        seats = officer.get(reverse(f"{SEAT}_changelist")).context["cl"].result_list
        return {seat.name: (seat.vote_count, seat.abstention_count, seat.alarm_count) for seat in seats}

    assert counts() == {"loyal": (1, 0, 0), "crashing": (1, 1, 1)}
    floor.clock.forward(8 * 86_400)
    assert counts() == {"loyal": (0, 0, 0), "crashing": (0, 0, 0)}


def test_a_jury_policy_is_bounded_and_written_down() -> None:
    """A threshold of 0 to 100, a share of 0 to 1; a trader may set one."""
    trader = at_the_admin(TRADER)
    for wrong in ({"threshold": "101", "coverage": "0.5"}, {"threshold": "50", "coverage": "1.5"}):
        assert trader.post(reverse(f"{POLICY}_add"), {"name": "strict", **wrong}).status_code == 200
    assert (
        trader.post(reverse(f"{POLICY}_add"), {"name": "strict", "threshold": "70", "coverage": "0.8"}).status_code
        == 302
    )

    assert str(JuryPolicy.objects.get(name="strict").threshold) == "70.00"
    assert AuditEvent.objects.get(entity="jury_policy").to_state == "added"
    assert trader.get(reverse(f"{POLICY}_changelist")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_votes_are_found_by_agent_and_action(floor: Floor) -> None:
    """And those of an agent that was made to abstain by themselves."""
    with only(Loyal, Crashing):
        signal = trade(a_desk(), floor)
    viewer, address = at_the_admin(VIEWER), reverse("admin:signals_app_agentvote_changelist")

    def found(**query: str) -> list[str]:
        return [vote.agent for vote in viewer.get(address, query).context["cl"].result_list]

    assert sorted(found()) == ["crashing", "loyal"]
    assert found(agent="loyal") == found(action="enter") == ["loyal"]
    assert found(alarm="yes") == ["crashing"]
    assert len(found(q=str(signal.pk))) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [AgentVote, JuryRecord])
def test_what_was_voted_cannot_be_edited(floor: Floor, model: type[AgentVote | JuryRecord]) -> None:
    """Not even by the administrator; its page shows everything."""
    with only(Loyal):
        trade(a_desk(), floor)
    boss, name = at_the_admin(ADMINISTRATOR), f"admin:signals_app_{model._meta.model_name}"
    pk = model.objects.values_list("pk", flat=True).get()

    assert boss.get(reverse(f"{name}_changelist")).status_code == 200
    page = boss.get(reverse(f"{name}_change", args=[pk])).content.decode()
    assert ("it says so" if model is AgentVote else "30×80") in page
    assert boss.get(reverse(f"{name}_add")).status_code == 403
    assert boss.post(reverse(f"{name}_change", args=[pk]), {}).status_code == 403
    assert boss.post(reverse(f"{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403


def test_every_seeded_seat_opens_in_its_form() -> None:
    """With the parameters it was seeded with."""
    seed_seats()
    officer = at_the_admin(RISK_OFFICER)
    for seat in AgentSeat.objects.all():
        answer = officer.get(reverse(f"{SEAT}_change", args=[seat.pk]))
        assert answer.status_code == 200
        assert answer.context["adminform"].form.initial["parameters"] == seat.parameters
