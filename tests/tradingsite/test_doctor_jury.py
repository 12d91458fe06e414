"""What the doctor says of engine B: every flag with who said so, and every seat that cannot do its work."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from market_app.snapshots import record_snapshot
from signals_app.jury.defaults import seed_seats
from signals_app.models import AgentSeat, FeatureFlag, Strategy
from tests.factories import Floor, a_desk
from tests.signals_app.jury.stand_ins import Crashing, Loyal, only
from tests.trading import trade
from tradingsite.doctor_jury import JURY_CHECKS
from tradingsite.findings import Finding, Level

pytestmark = pytest.mark.django_db


def findings() -> dict[str, Finding]:
    found = {finding.subject: finding for check in JURY_CHECKS for finding in check()}
    assert all(bool(finding.fix) is (finding.level is not Level.OK) for finding in found.values())
    return found


@pytest.fixture
def jury_on() -> None:
    """Engine B as a fresh system has it, switched on."""
    seed_seats()
    FeatureFlag.objects.create(name="enable_variant_b", enabled=True)


def test_every_flag_is_told_with_who_said_so() -> None:
    """Row, environment or default; and a flag that was switched on in vain names what it waits for."""
    FeatureFlag.objects.create(name="enable_satyland", enabled=True)
    with override_settings(FLAGS_SAID={"enable_orb": False}):
        found = findings()

    assert found["flag enable_variant_b"].text == "off, said by default"
    assert found["flag enable_orb"].text == "off, said by FLAG_ENABLE_ORB"
    assert found["flag enable_satyland"].text == "off, said by row, waits for enable_variant_b"
    assert found["flag enable_satyland"].level is Level.WARN
    assert found["flag enable_shadow"].level is Level.OK  # it stands at on; nobody has asked for it in vain


def test_engine_b_switched_off_is_no_trouble_unless_somebody_wants_it() -> None:
    """A strategy that names the jury is told that engine A trades it."""
    assert findings()["jury"].level is Level.OK
    a_desk(name="wants-b", engine=Strategy.Engine.JURY)
    found = findings()["jury"]
    assert (found.level, "wants-b" in found.text) == (Level.WARN, True)


def test_a_seeded_jury_with_a_snapshot_is_well(jury_on: None, floor: Floor) -> None:
    """Seven are heard: the two whose flags are off have no seat."""
    record_snapshot("SPY")
    found = findings()
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["jury"].text == "7 agents are heard, 100 in all"


def test_a_jury_without_seats_is_a_failure() -> None:
    """It enters nothing."""
    FeatureFlag.objects.create(name="enable_variant_b", enabled=True)
    assert findings()["jury"].level is Level.FAIL


def test_weights_that_are_all_zero_are_a_failure(jury_on: None) -> None:
    """Nobody's vote counts."""
    AgentSeat.objects.update(weight=0)
    assert findings()["jury"].level is Level.FAIL


def test_a_seat_that_cannot_be_taken_is_a_failure(jury_on: None) -> None:
    """Its agent does not exist, or takes no such parameter; the text says which are allowed."""
    AgentSeat.objects.create(name="oracle", weight=5)
    AgentSeat.objects.filter(name="orb").update(parameters={"hours": 3})
    found = findings()
    assert "no agent is called 'oracle'" in found["seat oracle"].text
    assert "allowed: minutes" in found["seat orb"].text
    assert {found["seat oracle"].level, found["seat orb"].level} == {Level.FAIL}


@pytest.mark.parametrize("change", [{"enabled": False}, {"parameters": {"hope": 1}}])
def test_a_required_agent_without_a_seat_is_a_failure(jury_on: None, change: dict[str, Any]) -> None:
    """Disabled or misconfigured: nothing would be entered by engine B."""
    AgentSeat.objects.filter(name="risk").update(**change)
    assert findings()["agent risk"].level is Level.FAIL


def test_old_gamma_is_told_where_somebody_reads_it(jury_on: None, floor: Floor) -> None:
    """None, or none of the last day, is a warning; without weight on its readers it is nobody's concern."""
    assert findings()["gamma snapshots"].text == "none was ever taken"
    record_snapshot("SPY")
    floor.clock.forward(25 * 3600)
    assert findings()["gamma snapshots"].level is Level.WARN
    AgentSeat.objects.filter(name__in=["context", "gamma_flow"]).update(weight=0)
    assert "gamma snapshots" not in findings()


@pytest.mark.django_db(transaction=True)
def test_a_silenced_agent_is_named_with_its_last_alarm(floor: Floor) -> None:
    """For an hour."""
    with only(Loyal, Crashing):
        trade(a_desk(), floor)
        found = findings()["agent crashing"]
        assert found.text == "made to abstain 1 times in the last hour, last: ZeroDivisionError: a bug"
        floor.clock.forward(3601)
        assert "agent crashing" not in findings()


def test_the_language_model_is_looked_at_where_its_flag_is_in_force(jury_on: None) -> None:
    """By whoever said so."""
    assert findings()["language model"].level is Level.OK
    with override_settings(FLAGS_SAID={"enable_llm": True}):
        assert findings()["language model"].level is Level.WARN  # it has no address


def test_a_row_that_is_no_flag_is_a_failure() -> None:
    """One that nobody reads any more is refused, never ignored."""
    with override_settings(FLAGS_SAID={"enable_power_peg": True}):
        check = JURY_CHECKS[0]
        (found,) = check()
    assert (found.level, "enable_power_peg" in found.text) == (Level.FAIL, True)
