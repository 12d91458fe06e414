"""Deciding again: a stored view gives the stored votes; under other settings it shows what would differ, and trades nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any, ClassVar

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domain.agents import AGENTS, Action, Agent, Bias, JuryView, Vote
from domain.errors import RuleBroken
from orders_app.models import Order
from signals_app.jury.defaults import seed_seats
from signals_app.models import AgentSeat, Decision, FeatureFlag, JuryRecord, Signal
from tests.factories import Desk, Floor, a_desk, a_roomy_desk
from tests.signals_app.jury.stand_ins import Crashing, Loyal, Sceptic, only
from tests.trading import trade
from tradingsite.redecision import Period, read_changes, stored_decisions

pytestmark = pytest.mark.django_db
DAY = "2026-03-11"
WHOLE_DAY = Period(date(2026, 3, 11), date(2026, 3, 11))


def redecided(*settings: str, day: str = DAY, strategy: str = "") -> dict[str, Any]:
    """What the command prints as JSON."""
    out = StringIO()
    said = [f"--set={setting}" for setting in settings] + ([f"--strategy={strategy}"] if strategy else [])
    call_command("redecide", f"--from={day}", f"--to={day}", *said, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


@contextmanager
def a_hung_jury(floor: Floor) -> Iterator[Signal]:
    """30 × 60 against 10 × 0 is a confidence of 45, where 50 is asked for."""
    with only(Loyal, Sceptic, loyal={"confidence": 60}):
        yield trade(a_desk(), floor)


def test_the_agents_of_a_fresh_system_vote_as_they_did(floor: Floor) -> None:
    """Every default agent, read from the stored view, gives the stored vote to the last digit, and the same digest."""
    seed_seats()
    FeatureFlag.objects.create(name="enable_variant_b", enabled=True)
    desk = a_roomy_desk()
    for symbol in ("AAPL", "MSFT", "TSLA"):
        trade(desk, floor, symbol)

    found = redecided()

    assert (found["decisions"], found["heard"], found["same_votes"]) == (3, 3, 3)
    assert found["deterministic"] and found["changed"] == [] and found["silenced"] == found["stopped"] == {}
    assert JuryRecord.objects.get(decision__signal__symbol="AAPL").decision.votes.count() >= 7


@pytest.mark.parametrize(
    ("setting", "confidence"),
    [
        ("weights.sceptic=5", "51.43"),  # 30 × 60 of 35
        ("weights.loyal=90", "54.00"),  # 90 × 60 of 100
        ("enabled.sceptic=false", "60.00"),
        ("agents.loyal.confidence=100", "75.00"),
        ("threshold=45", "45.00"),
    ],
)
def test_another_setting_shows_what_would_be_entered(floor: Floor, setting: str, confidence: str) -> None:
    """From a refusal to an entry, with both confidences as the jury's sum has them."""
    with a_hung_jury(floor) as signal:
        (change,) = redecided(setting)["changed"]

    assert change["signal"] == signal.pk and change["symbol"] == "AAPL"
    assert (change["before"], change["after"]) == ("jury_not_convinced", "enter")
    assert (change["confidence_before"], change["confidence_after"]) == ("45.00", confidence)


def test_a_higher_coverage_leaves_out_what_was_entered(floor: Floor) -> None:
    """With a quarter of the weight silent, 80 % asked for are not there."""
    with only(Loyal, Crashing, crashing={}):
        trade(a_desk(), floor)
        (change,) = redecided("coverage=0.8")["changed"]

    assert (change["before"], change["after"]) == ("enter", "jury_incomplete")


def test_the_votes_that_changed_are_named(floor: Floor) -> None:
    """An agent with another parameter before and after, one that lost its seat with nothing after, others not at all."""
    with a_hung_jury(floor):
        (other,) = redecided("agents.loyal.confidence=100")["changed"]
        (gone,) = redecided("enabled.sceptic=false")["changed"]

    assert other["votes"] == [{"agent": "loyal", "before": "enter 60", "after": "enter 100"}]
    assert gone["votes"] == [{"agent": "sceptic", "before": "reject 90", "after": ""}]


def test_an_agent_without_a_seat_may_be_given_one(floor: Floor) -> None:
    """With the weight of its row, or of its default where it has none."""
    with only(Loyal):
        trade(a_desk(), floor)
        AGENTS[Sceptic.name] = Sceptic
        (change,) = redecided("enabled.sceptic=true", "weights.sceptic=50")["changed"]

    assert change["votes"] == [{"agent": "sceptic", "before": "", "after": "reject 90"}]
    assert change["confidence_after"] == "30.00"  # 30 × 80 of 80


def test_without_a_required_agent_nothing_would_be_entered(floor: Floor) -> None:
    """Taking the risk agent's seat away is told as what it is, not as a vote that cannot be reproduced."""
    seed_seats()
    FeatureFlag.objects.update_or_create(name="enable_variant_b", defaults={"enabled": True})
    trade(a_desk(), floor)

    found = redecided("enabled.risk=false")

    (change,) = found["changed"]
    assert change["after"] == "jury_incomplete" and found["stopped"] == {"risk": 1}
    assert found["deterministic"] and found["faults"] == []


def test_what_a_rule_refused_stays_refused(floor: Floor) -> None:
    """The jury cannot overrule a rule, whatever the threshold."""
    with only(Loyal, loyal={"confidence": 90}):
        desk = a_desk()
        trade(desk, floor)
        trade(desk, floor, order_id="again")
        found = redecided("threshold=0", "agents.loyal.confidence=100")

    second = found["changed"][1]
    assert (second["before"], second["after"]) == ("position_open", "position_open")
    assert (found["refused_by_a_rule"], found["entered_before"], found["entered_after"]) == (1, 1, 1)


def test_decisions_without_a_jury_are_counted_and_left_alone(floor: Floor) -> None:
    """Exits are not voted on."""
    with only(Loyal):
        desk = a_desk()
        trade(desk, floor)
        trade(desk, floor, action="sell")
        found = redecided()

    assert (found["decisions"], found["heard"], found["without_jury"]) == (2, 1, 1)


def test_an_agent_that_was_silenced_is_counted_apart_and_stays_silent(floor: Floor) -> None:
    """What it would have said nobody knows; the digest holds with its abstention."""
    with only(Loyal, Crashing):
        trade(a_desk(), floor)
        found = redecided()

    assert found["silenced"] == {"crashing": 1}
    assert found["deterministic"] and found["same_votes"] == 1


@dataclass(frozen=True, slots=True)
class Turncoat(Agent):
    """Loyal's name and another mind."""

    name: ClassVar[str] = "loyal"
    weight: ClassVar[int] = 30
    core: ClassVar[bool] = True
    confidence: int = 80

    def vote(self, view: JuryView) -> Vote:
        return Vote(self.name, Action.REJECT, Bias.BEARISH, 80, ("it has changed its mind",))


def test_another_vote_from_the_same_view_is_named_and_fails(floor: Floor) -> None:
    """An agent whose code has changed: the decision is named, and the exit status is 1."""
    out = StringIO()
    with only(Loyal):
        signal = trade(a_desk(), floor)
        AGENTS["loyal"] = Turncoat
        with pytest.raises(SystemExit, match="1"):
            call_command("redecide", f"--from={DAY}", f"--to={DAY}", stdout=out)

    decision = Decision.objects.get(signal=signal, engine="B")
    assert f"decision {decision.pk} of signal {signal.pk}: another vote of loyal on the same view" in out.getvalue()


def test_a_seat_that_was_edited_since_changes_nothing(floor: Floor) -> None:
    """Parameters are kept with the decision: it is made again with those of its time."""
    with only(Loyal, loyal={"confidence": 70}):
        trade(a_desk(), floor)
        AgentSeat.objects.update(parameters={"confidence": 90})
        found = redecided()

    assert found["deterministic"] and found["same_votes"] == 1


def test_a_view_that_cannot_be_read_is_named_and_fails(floor: Floor) -> None:
    """The others are decided again all the same."""
    with only(Loyal):
        desk = a_roomy_desk()
        signal, other = trade(desk, floor), trade(desk, floor, "MSFT", action="sell")
        broken = Decision.objects.get(signal=other, engine="B")
        JuryRecord.objects.create(
            decision=broken, view={"now": "never"}, view_sha256="0", votes_sha256="0", sum={}, action="skip", took_us=0
        )
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("redecide", f"--from={DAY}", f"--to={DAY}", "--json", stdout=out)

    found = json.loads(out.getvalue())
    assert (found["heard"], found["same_votes"], found["unproven"]) == (2, 1, 1)
    assert str(broken.pk) in found["faults"][0] and signal.pk not in found["faults"]


def test_nothing_is_traded_and_nothing_written(floor: Floor) -> None:
    """Only SELECT is sent to the database."""
    with a_hung_jury(floor), CaptureQueriesContext(connection) as asked:
        orders = Order.objects.count()
        redecided("threshold=0")

    assert all(query["sql"].lstrip("( ").startswith("SELECT") for query in asked.captured_queries)
    assert Order.objects.count() == orders


def test_period_and_strategy_choose(floor: Floor) -> None:
    """Days of the exchange, and one strategy's alerts."""
    with only(Loyal):
        first, second = a_desk(), a_desk()
        trade(first, floor)
        trade(second, floor)
        floor.clock.forward(14 * 3600)  # past midnight in New York
        floor.market.at = floor.clock.at
        trade(second, floor, "MSFT")

        assert redecided()["decisions"] == 2
        assert redecided(strategy=first.strategy.name)["decisions"] == 1
        assert redecided(day="2026-03-12")["decisions"] == 1


def test_decisions_come_in_batches(floor: Floor) -> None:
    """Five of them in batches of two: all five, in order, in three rounds and an empty one.

    A round asks for decisions with their juries, votes, bars and daily bars.
    """
    with only(Loyal):
        desk: Desk = a_roomy_desk()
        made = [trade(desk, floor, symbol).pk for symbol in ("AAPL", "MSFT", "TSLA", "NVDA", "AMD")]
        with CaptureQueriesContext(connection) as asked:
            found = [decision.signal_id for decision in stored_decisions(WHOLE_DAY.decisions(), batch=2)]

    assert found == made
    assert len(asked) == 3 * 4 + 1


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("threshold", "bad_setting"),
        ("threshold=", "bad_setting"),
        ("threshold=high", "bad_setting"),
        ("threshold=101", "bad_jury"),
        ("coverage=-1", "bad_jury"),
        ("threshold=NaN", "bad_jury"),
        ("mood=good", "bad_setting"),
        ("weights=30", "bad_setting"),
        ("weights.nobody=30", "bad_agent"),
        ("weights.technical=-1", "bad_agent"),
        ("weights.technical=much", "bad_setting"),
        ("agents.orb=15", "bad_setting"),
        ("agents.orb.minutes=7", "bad_agent"),
        ("agents.orb.seconds=7", "bad_agent"),
        ("enabled.strat=perhaps", "bad_setting"),
    ],
)
def test_a_setting_that_is_none_is_refused(setting: str, code: str) -> None:
    """Before a decision is read, with the code whose page says what there is."""
    with pytest.raises(RuleBroken) as refused:
        read_changes([setting])
    assert refused.value.code == code


def test_of_two_about_one_setting_the_later_counts() -> None:
    """As on every command line; what is not named stays None."""
    changes = read_changes(["threshold=40", "weights.orb=1", "threshold=55"])
    assert (changes.threshold, changes.coverage, dict(changes.weights)) == (Decimal(55), None, {"orb": Decimal(1)})


def test_a_period_that_ends_before_it_begins_is_refused(db: None) -> None:
    """And a strategy that there is not."""
    with pytest.raises(CommandError, match="before it begins"):
        call_command("redecide", "--from=2026-03-12", "--to=2026-03-11")
    with pytest.raises(CommandError, match="there is no such strategy"):
        call_command("redecide", "--from=2026-03-11", "--to=2026-03-11", "--strategy=nobody")


def test_people_are_shown_what_would_differ(floor: Floor) -> None:
    """Another outcome or vote as a line; who only grows surer is counted, and listed when asked for."""

    def shown(*arguments: str) -> str:
        out = StringIO()
        call_command("redecide", f"--from={DAY}", f"--to={DAY}", *arguments, stdout=out)
        return out.getvalue()

    with a_hung_jury(floor):
        flipped = shown("--set=threshold=45")
        surer, listed = shown("--set=weights.sceptic=9"), shown("--set=weights.sceptic=9", "--all")
        same = shown()

    assert "jury_not_convinced  enter  45.00 → 45.00" in flipped and "jury_not_convinced → enter: 1" in flipped
    assert "0 entered then, 1 would be entered now" in flipped
    assert "1 more differ in their confidence alone" in surer and "46.15" not in surer
    assert "45.00 → 46.15" in listed
    assert "1 of 1 with the very same votes, and the same SHA-256" in same
