"""Positions and exit rules in the admin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from books_app.models import AuditEvent
from domain.exits import KINDS
from positions_app.models import ExitRule, Position
from positions_app.services import evaluate_exits, refresh_marks
from tests.factories import Desk, Floor, a_desk
from tests.people import ADMINISTRATOR, RISK_OFFICER, TRADER, VIEWER, at_the_admin
from tests.trading import open_a_position

pytestmark = pytest.mark.django_db
RULES, POSITIONS = "admin:positions_app_exitrule", "admin:positions_app_position"


@pytest.mark.django_db(transaction=True)
def test_the_list_shows_gain_and_loss(desk: Desk, floor: Floor):
    """Computed by the one function, with sign and colour."""
    open_a_position(desk, floor)
    floor.market.option_factor = Decimal(2)
    refresh_marks()

    page = at_the_admin(VIEWER).get(reverse(f"{POSITIONS}_changelist")).content.decode()

    assert 'class="gain gain-up">+' in page
    assert "AAPL 20 Mar 2026" in page


@pytest.mark.django_db(transaction=True)
def test_closing_is_a_question_and_a_post(desk: Desk, floor: Floor):
    """GET asks; POST makes the exit order and does not wait for the market."""
    position = open_a_position(desk, floor)
    floor.market.silent = True
    trader = at_the_admin(TRADER)
    close = reverse("desk-close-position", args=[position.pk])

    assert "1 of 1 contracts held" in trader.get(close).content.decode()
    assert Position.objects.get().status == "open"
    answer = trader.post(close, {"quantity": ""}, follow=True)

    assert "sells 1 ×" in answer.content.decode()
    assert Position.objects.get().status == "closing"
    floor.market.silent = False
    floor.follow_nudges()
    assert Position.objects.get().exit_reason == "manual"


@pytest.mark.django_db(transaction=True)
def test_no_more_can_be_closed_than_is_held(desk: Desk, floor: Floor):
    """The form knows how much that is."""
    position = open_a_position(desk, floor)
    close = reverse("desk-close-position", args=[position.pk])
    trader = at_the_admin(TRADER)

    for quantity in ("2", "0", "-1", "x", "9" * 30):
        assert trader.post(close, {"quantity": quantity}).status_code == 400
    assert Position.objects.get().status == "open"


@pytest.mark.django_db(transaction=True)
def test_closing_a_closed_position_says_why_not(desk: Desk, floor: Floor):
    """A refusal is a message on the page, not an error."""
    position = open_a_position(desk, floor)
    trader = at_the_admin(TRADER)
    close = reverse("desk-close-position", args=[position.pk])
    trader.post(close, {})
    floor.follow_nudges()

    answer = trader.post(close, {}, follow=True)

    assert "Not done: position" in answer.content.decode()
    assert trader.get(reverse("desk-close-position", args=[999])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_viewer_cannot_close(desk: Desk, floor: Floor):
    """And a form from elsewhere cannot either."""
    position = open_a_position(desk, floor)
    close = reverse("desk-close-position", args=[position.pk])

    assert at_the_admin(VIEWER).post(close, {}).status_code == 403
    assert at_the_admin(TRADER, csrf=True).post(close, {}).status_code == 403
    assert Position.objects.get().status == "open"


@pytest.mark.django_db(transaction=True)
def test_positions_and_verdicts_are_read_only(desk: Desk, floor: Floor):
    """For the administrator as well: the change permission is a deed, not a form."""
    position = open_a_position(desk, floor)
    refresh_marks()
    evaluate_exits()
    boss = at_the_admin(ADMINISTRATOR)

    for name, pk in ((POSITIONS, position.pk), ("admin:positions_app_exitverdict", position.verdicts.get().pk)):
        assert boss.get(reverse(f"{name}_change", args=[pk])).status_code == 200
        assert boss.post(reverse(f"{name}_change", args=[pk]), {}).status_code == 403
        assert boss.post(reverse(f"{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403
        assert boss.get(reverse(f"{name}_add")).status_code == 403


def test_the_form_explains_every_kind():
    """With its parameters and their defaults."""
    page = at_the_admin(RISK_OFFICER).get(reverse(f"{RULES}_add")).content.decode()

    assert all(f"<code>{kind}</code>" in page for kind in KINDS)
    assert "Leave once a fixed share of the entry price is lost." in page


def test_a_rule_is_added_and_written_down():
    """The symbol is kept as it is compared."""
    desk = a_desk()
    form = {
        "strategy": desk.strategy.pk,
        "symbol": " spy",
        "kind": "stop_loss",
        "params": '{"fraction": "0.4"}',
        "enabled": "on",
    }

    assert at_the_admin(RISK_OFFICER).post(reverse(f"{RULES}_add"), form).status_code == 302

    assert ExitRule.objects.get().symbol == "SPY"
    assert AuditEvent.objects.get(entity="exit_rule").to_state == "added"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "hope"}, "Select a valid choice"),
        ({"params": '{"fraction": "2"}'}, "it must be above 0 and below 1"),
        ({"params": '{"hours": 3}'}, "stop_loss: no parameter hours; allowed: fraction"),
        ({"params": "[1]"}, "An object in braces is wanted"),
        ({"params": "{"}, "Enter a valid JSON"),
        ({"params": '{"fraction": NaN}'}, "not a number within"),
    ],
)
def test_a_wrong_rule_is_refused_in_the_form(change, words):
    """In the words of the rule itself."""
    form = {"strategy": "", "symbol": "", "kind": "stop_loss", "params": "{}", "enabled": "on"} | change

    answer = at_the_admin(RISK_OFFICER).post(reverse(f"{RULES}_add"), form)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not ExitRule.objects.exists()


def test_a_trader_sets_no_rule():
    """When a loss is cut is the risk officer's to say."""
    assert at_the_admin(TRADER).get(reverse(f"{RULES}_add")).status_code == 403
