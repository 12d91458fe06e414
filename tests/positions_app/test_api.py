"""Positions and exit rules over HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest

from books_app.models import AuditEvent
from positions_app.models import ExitRule
from positions_app.services import refresh_marks
from positions_app.services.rules import seed_default_rules
from tests.factories import Desk, Floor
from tests.people import RISK_OFFICER, TRADER, VIEWER, at_the_api
from tests.trading import open_a_position

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_position_tells_its_profit_from_the_one_function(desk: Desk, floor: Floor):
    """Unrealized at the mark, total less commission, and the return on what was paid."""
    position = open_a_position(desk, floor)
    floor.market.option_factor = Decimal(2)
    refresh_marks()
    position.refresh_from_db()

    row = at_the_api(VIEWER).get(f"/api/v1/positions/{position.pk}/").json()

    unrealized = (position.mark - position.entry_price) * 100
    assert Decimal(row["unrealized"]) == unrealized > 0
    assert Decimal(row["total"]) == unrealized - position.commission
    assert Decimal(row["market_value"]) == position.mark * 100
    assert Decimal(row["return_on_cost"]) > Decimal("0.8")


@pytest.mark.django_db(transaction=True)
def test_a_position_without_a_mark_has_no_unrealized_gain(desk: Desk, floor: Floor):
    """Unknown is null, not zero."""
    position = open_a_position(desk, floor)

    row = at_the_api(VIEWER).get("/api/v1/positions/?status=open&underlying=AAPL").json()["results"][0]

    assert (row["id"], row["unrealized"], row["market_value"]) == (position.pk, None, None)


@pytest.fixture
def stop() -> ExitRule:
    seed_default_rules()
    return ExitRule.objects.get(kind="stop_loss")


def test_a_risk_officer_changes_a_rule_and_it_is_written_down(stop):
    """It counts from the next evaluation on."""
    answer = at_the_api(RISK_OFFICER).patch(f"/api/v1/exit-rules/{stop.pk}/", {"params": {"fraction": "0.30"}})

    assert (answer.status_code, answer.json()["params"]) == (200, {"fraction": "0.30"})
    assert AuditEvent.objects.get(entity="exit_rule").data["changed"]["params"][1] == {"fraction": "0.30"}


def test_switching_a_rule_off_leaves_its_parameters(stop):
    """Only what is sent changes."""
    before = stop.params

    at_the_api(RISK_OFFICER).patch(f"/api/v1/exit-rules/{stop.pk}/", {"enabled": False})

    stop.refresh_from_db()
    assert (stop.enabled, stop.params) == (False, before)


@pytest.mark.parametrize(
    "change",
    [{}, {"params": {"fraction": "1.5"}}, {"params": {"hours": 3}}, {"params": []}, {"params": {"fraction": None}},
     {"params": {"fraction": "NaN"}}, {"enabled": "perhaps"}, {"params": {"fraction": [[]]}}],
)  # fmt: skip
def test_a_rule_takes_no_parameters_that_make_no_sense(stop, change):
    """400 with the words of the rule itself; the row stays as it is."""
    before = (stop.enabled, stop.params)

    answer = at_the_api(RISK_OFFICER).patch(f"/api/v1/exit-rules/{stop.pk}/", change)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("invalid_request", "bad_exit_rule")
    stop.refresh_from_db()
    assert (stop.enabled, stop.params) == before


@pytest.mark.parametrize("role", [VIEWER, TRADER])
def test_only_a_risk_officer_changes_rules(stop, role):
    """Whoever trades does not set when a loss is cut."""
    assert at_the_api(role).patch(f"/api/v1/exit-rules/{stop.pk}/", {"enabled": False}).status_code == 403


def test_a_parameters_name_that_cannot_be_written_is_refused_readably(stop):
    """A lone surrogate is legal in JSON and in no answer; it comes back escaped."""
    body = b'{"params": {"\\ud800": 1}}'

    answer = at_the_api(RISK_OFFICER).generic(
        "PATCH", f"/api/v1/exit-rules/{stop.pk}/", body, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_exit_rule")
    assert "\\ud800" in answer.json()["error"]["message"]
