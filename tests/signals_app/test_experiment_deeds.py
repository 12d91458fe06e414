"""Experiments in front of people and machines: drafts, deeds, and a change of the split that takes two."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from books_app.models import AuditEvent
from signals_app.admin.experiments import ExperimentAdmin, ExperimentForm
from signals_app.models import Experiment, SplitChange
from signals_app.services import experiments
from tests.factories import Floor, a_desk
from tests.people import RISK_OFFICER, TRADER, VIEWER, at_the_admin, at_the_api
from tests.signals_app.jury.stand_ins import Crashing, Loyal, only
from tests.trading import trade

pytestmark = pytest.mark.django_db
PAGE = "admin:signals_app_experiment"


def a_draft(**changes: Any) -> Experiment:
    return Experiment.objects.create(**{"name": "half", "percent_a": 50, **changes})


def a_form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "half", "strategy": "", "percent_a": "50", "metric": "r", "margin": "0.05", "bound": "2",
        "cluster": "week", "level": "0.05", "minimum_signals": "100", "minimum_days": "20", "allowed_loss": "2000",
        "stops_at_0": "", "stops_at_1": "", "changes-TOTAL_FORMS": "0", "changes-INITIAL_FORMS": "0", **changes,
    }  # fmt: skip


def desk(what: str, pk: int) -> str:
    return reverse(f"desk-{what}", args=[pk])


def test_a_trader_drafts_and_edits_an_experiment() -> None:
    """Added and changed with audit rows; a margin beyond the bound is refused beside its field."""
    trader = at_the_admin(TRADER)
    wrong = trader.post(reverse(f"{PAGE}_add"), a_form(margin="3"))
    assert list(wrong.context["adminform"].form.errors) == ["margin"]
    assert trader.post(reverse(f"{PAGE}_add"), a_form()).status_code == 302
    draft = Experiment.objects.get()
    assert trader.post(reverse(f"{PAGE}_change", args=[draft.pk]), a_form(percent_a="30")).status_code == 302

    draft.refresh_from_db()
    assert (draft.percent_a, draft.status) == (30, "draft")
    assert [e.to_state for e in AuditEvent.objects.filter(entity="experiment").order_by("pk")] == ["added", "changed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("percent_a", "101"), ("margin", "0"), ("level", "0.9"), ("minimum_days", "0"), ("allowed_loss", "NaN")],
)
def test_wrong_terms_are_refused_in_the_form(field: str, value: str) -> None:
    """Before a constraint has to."""
    answer = at_the_admin(TRADER).post(reverse(f"{PAGE}_add"), a_form(**{field: value}))
    assert field in answer.context["adminform"].form.errors
    assert not Experiment.objects.exists()


def test_what_was_declared_is_fixed_from_the_start_on() -> None:
    """Not even the administrator's form changes a term of a running experiment; its page shows them."""
    draft, officer = a_draft(), at_the_admin(RISK_OFFICER)
    assert officer.get(desk("start-experiment", draft.pk)).status_code == 200
    assert officer.post(desk("start-experiment", draft.pk)).status_code == 302
    boss, address = at_the_admin("administrator"), reverse(f"{PAGE}_change", args=[draft.pk])

    page = boss.get(address).content.decode()
    assert boss.post(address, a_form(margin="0.5")).status_code == 403

    draft.refresh_from_db()
    assert (draft.status, str(draft.margin)) == ("running", "0.0500")
    assert 'name="margin"' not in page and "0.05" in page
    assert boss.post(reverse(f"{PAGE}_delete", args=[draft.pk]), {"post": "yes"}).status_code == 403


def test_a_form_that_lay_open_while_it_was_started_changes_nothing() -> None:
    """The row decides, under its lock, and not what the form has read before."""
    read_before = a_draft()
    experiments.start(experiment_id=read_before.pk, actor="test")
    with pytest.raises(PermissionDenied, match="started meanwhile"):
        ExperimentAdmin(Experiment, site).save_model(HttpRequest(), read_before, ExperimentForm(), change=True)


def test_buttons_are_those_of_the_state_and_of_the_role() -> None:
    """A trader prepares, a risk officer starts, stops and confirms, a viewer reads."""
    draft = a_draft()
    address = reverse(f"{PAGE}_change", args=[draft.pk])
    pages = {role: at_the_admin(role).get(address).content.decode() for role in (VIEWER, TRADER, RISK_OFFICER)}

    assert [what in pages[VIEWER] for what in ("Start…", "Prepare change")] == [False, False]
    assert [what in pages[TRADER] for what in ("Start…", "Prepare change")] == [False, True]
    assert [what in pages[RISK_OFFICER] for what in ("Start…", "Prepare change")] == [True, True]


@pytest.mark.parametrize("role", [VIEWER, TRADER])
def test_who_may_not_start_is_told_so(role: str) -> None:
    """By the admin and by the API."""
    draft = a_draft()
    for what in ("start-experiment", "stop-experiment"):
        assert at_the_admin(role).post(desk(what, draft.pk), {"reason": "x"}).status_code == 403
    for what in ("start", "stop"):
        assert at_the_api(role).post(f"/api/v1/experiments/{draft.pk}/{what}/").status_code == 403
    draft.refresh_from_db()
    assert draft.status == "draft"


def words(browser: Client, address: str, given: dict[str, Any] | None = None) -> str:
    """What the page says after the deed."""
    return browser.post(address, given or {}, follow=True).content.decode()


def test_one_person_prepares_and_another_one_confirms() -> None:
    """Who has prepared it is refused in words; the other one's click changes the split, with both in the audit trail."""
    experiment, one, other = a_draft(), at_the_admin(RISK_OFFICER), at_the_admin(RISK_OFFICER)
    split = {"percent_a": "20", "why": "B is better on 120 alerts"}
    assert "Another person confirms it" in words(one, desk("prepare-split", experiment.pk), split)
    change = SplitChange.objects.get()

    assert "another person confirms it" in words(one, desk("confirm-split", change.pk))
    assert "B is better on 120 alerts" in other.get(desk("confirm-split", change.pk)).content.decode()
    assert "Engine A trades 20 %" in words(other, desk("confirm-split", change.pk))

    experiment.refresh_from_db()
    change.refresh_from_db()
    assert experiment.percent_a == 20
    assert change.prepared_by != change.confirmed_by
    assert AuditEvent.objects.filter(entity="experiment", to_state="20 %", actor=change.confirmed_by).exists()
    page = one.get(reverse("admin:signals_app_splitchange_changelist")).content.decode()
    assert "50 → 20" in page and "in force" in page


def test_a_trader_withdraws_what_waits() -> None:
    """Then another change may be prepared."""
    experiment, trader = a_draft(), at_the_admin(TRADER)
    trader.post(desk("prepare-split", experiment.pk), {"percent_a": "20", "why": "try"})
    assert "waits already" in words(trader, desk("prepare-split", experiment.pk), {"percent_a": "30", "why": "try"})
    change = SplitChange.objects.get()
    assert trader.post(desk("confirm-split", change.pk)).status_code == 403
    assert "is withdrawn" in words(trader, desk("withdraw-split", change.pk))
    trader.post(desk("prepare-split", experiment.pk), {"percent_a": "30", "why": "try"})
    assert SplitChange.objects.count() == 2


def test_a_change_asks_for_a_reason_and_a_percentage() -> None:
    """Otherwise the question is asked again."""
    experiment, trader = a_draft(), at_the_admin(TRADER)
    for wrong in ({"percent_a": "101", "why": "x"}, {"percent_a": "20", "why": ""}, {}):
        assert trader.post(desk("prepare-split", experiment.pk), wrong).status_code == 400
    assert "no other percentage" in words(trader, desk("prepare-split", experiment.pk), {"percent_a": "50", "why": "x"})
    assert not SplitChange.objects.exists()


def test_stopping_asks_for_a_reason_and_is_final() -> None:
    """A stopped one is not started again."""
    draft, officer = a_draft(), at_the_admin(RISK_OFFICER)
    officer.post(desk("start-experiment", draft.pk))
    assert officer.post(desk("stop-experiment", draft.pk), {}).status_code == 400
    officer.post(desk("stop-experiment", draft.pk), {"reason": "enough"})
    assert "has ended" in words(officer, desk("start-experiment", draft.pk))
    draft.refresh_from_db()
    assert (draft.status, draft.stop_reason) == ("stopped", "enough")


def post(caller: APIClient, experiment: Experiment, what: str, **given: Any) -> Any:
    return caller.post(f"/api/v1/experiments/{experiment.pk}/{what}/", given, format="json")


def test_the_api_starts_and_stops_once_however_often_it_is_asked() -> None:
    """A repeated request is answered as the first one; a start after the end is a conflict with its code."""
    experiment, officer = a_draft(), at_the_api(RISK_OFFICER)
    assert [post(officer, experiment, "start").json()["status"] for _ in range(2)] == ["running", "running"]
    assert [post(officer, experiment, "stop", reason="x").json()["status"] for _ in range(2)] == ["stopped", "stopped"]
    answer = post(officer, experiment, "start")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "experiment_ended")
    assert AuditEvent.objects.filter(entity="experiment").count() == 2


def test_the_api_takes_two_people_for_a_split() -> None:
    """Prepared twice is once, another percentage is a conflict, its own author is refused, confirmed twice is once."""
    experiment, one, other = a_draft(), at_the_api(RISK_OFFICER), at_the_api(RISK_OFFICER)
    first, again = (post(one, experiment, "prepare", percent_a=20, why="better").json() for _ in range(2))
    assert first["id"] == again["id"]
    answers = [
        post(one, experiment, "prepare", percent_a=30, why="better"),
        post(other, experiment, "prepare", percent_a=20, why="better"),
        post(one, experiment, "confirm", change=first["id"]),
        post(other, experiment, "confirm", change=first["id"] + 1),
        post(other, experiment, "confirm"),
    ]
    assert [(a.status_code, a.json()["error"]["code"]) for a in answers] == [
        (409, "split_change_open"),
        (409, "split_change_open"),
        (403, "split_change_own"),
        (404, "not_found"),
        (400, "invalid_request"),
    ]
    assert [post(other, experiment, "confirm", change=first["id"]).json()["percent_a"] for _ in range(2)] == [20, 20]
    assert post(one, experiment, "withdraw", change=first["id"]).json()["error"]["code"] == "split_change_confirmed"


def test_the_api_refuses_a_change_of_another_experiment() -> None:
    """A wrong address never moves another split."""
    one, other = a_draft(), a_draft(name="second")
    trader = at_the_api(TRADER)
    change = post(trader, one, "prepare", percent_a=20, why="x").json()["id"]
    assert post(trader, other, "withdraw", change=change).status_code == 404
    assert post(trader, one, "withdraw", change=change).json()["withdrawn_at"] is not None


def test_experiments_are_read_with_their_changes() -> None:
    """By status and strategy; terms as plain strings."""
    experiment = a_draft()
    post(at_the_api(TRADER), experiment, "prepare", percent_a=20, why="x")
    row = at_the_api(VIEWER).get("/api/v1/experiments/?status=draft").json()["results"][0]

    assert (row["name"], row["margin"], row["strategy"]) == ("half", "0.05", None)
    assert [change["percent_to"] for change in row["changes"]] == [20]
    assert at_the_api(VIEWER).get("/api/v1/experiments/?status=running").json()["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_votes_are_read_by_agent_action_decision_and_time(floor: Floor) -> None:
    """Each with its part of the sum."""
    with only(Loyal, Crashing):
        signal = trade(a_desk(), floor)
    viewer = at_the_api(VIEWER)

    def found(query: str) -> list[str]:
        return sorted(row["agent"] for row in viewer.get(f"/api/v1/votes/?{query}").json()["results"])

    row = viewer.get("/api/v1/votes/?agent=loyal").json()["results"][0]
    assert (row["signal"], row["action"], row["weight"], row["points"]) == (signal.pk, "enter", "30", "80")
    assert found("action=abstain") == found("alarm=true") == ["crashing"]
    assert found(f"decision={row['decision']}") == found(f"signal={signal.pk}") == ["crashing", "loyal"]
    assert found("voted_after=2027-01-01T00:00:00Z") == []
    assert viewer.get("/api/v1/votes/?action=hope").status_code == 400
