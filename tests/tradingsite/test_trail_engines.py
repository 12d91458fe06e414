"""Both engines in one trail: votes with their sum, which engine trades and why, and a shadow that nobody takes for real."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from orders_app.models import Order
from positions_app.services import refresh_marks
from signals_app.models import AgentSeat, Experiment, FeatureFlag, ModelAdvice, Signal, Strategy
from signals_app.services import experiments
from tests.factories import Floor, a_desk
from tests.people import VIEWER, at_the_admin, at_the_api
from tests.signals_app.jury.stand_ins import Crashing, Loyal, Sceptic, only
from tests.trading import trade
from tradingsite.trail import read_trail
from tradingsite.trail_text import as_json, as_text

pytestmark = pytest.mark.django_db(transaction=True)


def both(floor: Floor, *seated: type, **strategy: Any) -> Signal:
    """An alert on which both engines have decided."""
    with only(*(seated or (Loyal, Sceptic))):
        return trade(a_desk(**strategy), floor)


def test_votes_and_their_sum_stand_in_text_and_json(floor: Floor) -> None:
    """30 × 80 and 10 × 0 make a mean of 60: every term can be followed with a pencil."""
    trail = read_trail(both(floor).pk)
    jury = trail.judgements[1].jury
    assert jury is not None
    document, text = as_json(trail), as_text(trail)

    assert jury.arithmetic == "(30×80 + 10×0) / 40 = 60.00, × 1.0000 of the weight = 60.00"
    assert jury.arithmetic in text
    assert "loyal    enter   bullish" in text
    assert jury.record.view_sha256 in text
    told = document["decisions"][1]["jury"]
    assert [(vote["agent"], vote["points"]) for vote in told["votes"]] == [("loyal", "60.00"), ("sceptic", "0.00")]
    assert (told["confidence"], told["threshold"], told["votes_sha256"]) == ("60.00", "50", jury.record.votes_sha256)
    assert document["decisions"][0]["jury"] is None


def test_an_alarm_cannot_be_overlooked(floor: Floor) -> None:
    """A crashed agent is marked with its error in text, JSON and page."""
    signal = both(floor, Loyal, Crashing)
    trail = read_trail(signal.pk)
    page = at_the_admin(VIEWER).get(reverse("admin:signals_app_signal_change", args=[signal.pk])).content.decode()

    assert "ALARM       crashing: ZeroDivisionError: a bug" in as_text(trail)
    assert as_json(trail)["decisions"][1]["jury"]["votes"][1]["alarm"] == "ZeroDivisionError: a bug"
    assert '<tr class="alarm">' in page
    assert "ZeroDivisionError: a bug" in page


def test_the_shadows_course_stands_apart(floor: Floor) -> None:
    """Its order, position and steps are its own; headline, stages, money and steps above are the real signal's alone."""
    signal = both(floor)
    refresh_marks()
    trail = read_trail(signal.pk)
    shadow = trail.shadow
    assert shadow is not None

    assert [part.order.signal_id for part in trail.orders] == [signal.pk]
    assert [part.position.signal_id for part in trail.positions] == [signal.pk]
    assert [part.order.signal_id for part in shadow.orders] == [signal.shadow.pk]
    assert [stage.name for stage in trail.stages] == ["received", "decided", "ordered", "filled", "position"]
    steps, theirs = ({step.event.pk for step in one.steps} for one in (trail, shadow))
    assert steps and theirs and not steps & theirs
    assert {e.account_id for e in trail.ledger} == {signal.account_id}
    assert {e.account_id for e in shadow.ledger} == {signal.shadow.account_id}
    text, document = as_text(trail), as_json(trail)
    assert f"shadow, no real book: signal {signal.shadow.pk} by engine B" in text
    assert (document["shadow"]["note"], document["shadow"]["engine"]) == ("shadow, no real book", "B")
    assert [position["id"] for position in document["positions"]] == [trail.positions[0].position.pk]


def test_signal_and_shadow_lead_to_each_other(floor: Floor) -> None:
    """Each page links to the other; both show both decisions, each with what became of it."""
    signal = both(floor)
    viewer = at_the_admin(VIEWER)
    own, other = (reverse("admin:signals_app_signal_change", args=[pk]) for pk in (signal.pk, signal.shadow.pk))

    real, shadow = (viewer.get(address).content.decode() for address in (own, other))

    assert f'href="{other}"' in real and "Shadow, no real book" in real
    assert f'href="{own}"' in shadow and "Shadow, no real book." in shadow
    for page in (real, shadow):
        assert "Decision of engine A" in page and "Decision of engine B" in page
        assert "(30×80 + 10×0) / 40 = 60.00" in page
    of_shadow = read_trail(signal.shadow.pk)
    assert [j.course for j in of_shadow.judgements] == ["trades the alert", "traded on the shadow book"]
    assert of_shadow.own_judgement is not None and of_shadow.own_judgement.decision.engine == "B"
    assert of_shadow.shadow is None
    assert as_json(of_shadow)["signal"]["shadow_of"] == signal.pk


def test_it_says_why_that_engine_trades(floor: Floor) -> None:
    """Flags, the strategy, or the experiment with the split of that moment: a later change of the split alters nothing."""
    alone = trade(a_desk(), floor)
    own = both(floor, engine=Strategy.Engine.JURY)
    FeatureFlag.objects.all().delete()
    experiment = Experiment.objects.create(name="half", percent_a=100)
    experiments.start(experiment_id=experiment.pk, actor="test")
    AgentSeat.objects.all().delete()
    drawn = both(floor, engine=Strategy.Engine.JURY)
    floor.clock.forward(60)
    change = experiments.prepare_split(experiment_id=experiment.pk, percent_a=0, why="test", actor="anna")
    experiments.confirm_split(change_id=change.pk, actor="bert")

    told = [read_trail(signal.pk).routing for signal in (alone, own, drawn)]
    assert [one.engine for one in told if one] == ["A", "B", "A"]
    assert told[0] and "enable_variant_b was off" in told[0].why
    assert told[1] and "no experiment ran" in told[1].why
    assert told[2] and told[2].why == f"experiment half drew engine A for signal {drawn.pk}, with 100 % to engine A"
    assert as_json(read_trail(drawn.pk))["routing"]["experiment"] == "half"


def test_a_decision_that_was_only_kept_says_so(floor: Floor) -> None:
    """With shadows off the other engine's judgement stands there without a course."""
    with only(Loyal):
        FeatureFlag.objects.create(name="enable_shadow", enabled=False)
        signal = trade(a_desk(), floor)

    trail = read_trail(signal.pk)

    assert [j.course for j in trail.judgements] == ["trades the alert", "kept, and traded nowhere"]
    assert trail.shadow is None


def test_the_api_tells_the_same(floor: Floor) -> None:
    """Votes, routing and shadow in one document."""
    signal = both(floor)
    told = at_the_api(VIEWER).get(f"/api/v1/signals/{signal.pk}/trail/").json()

    assert told["routing"]["engine"] == "A"
    assert told["shadow"]["id"] == signal.shadow.pk
    assert len(told["decisions"][1]["jury"]["votes"]) == 2


def test_an_engine_that_the_guard_has_stopped_is_told(floor: Floor) -> None:
    """The draw stands there, and why it did not count."""
    experiment = Experiment.objects.create(name="guarded", percent_a=100)
    experiments.start(experiment_id=experiment.pk, actor="test")
    experiments.stop_engine(experiment_id=experiment.pk, engine="A", reason="lost too much")

    routing = read_trail(both(floor).pk).routing

    assert routing is not None and routing.engine == "B"
    assert "drew engine A" in routing.why and "its guard had stopped engine A" in routing.why


def test_the_advice_of_a_language_model_stands_there_as_text(floor: Floor) -> None:
    """On the signal's page and on its shadow's, never as markup; a failure with its reason."""
    signal, failed = both(floor), trade(a_desk(), floor)
    ModelAdvice.objects.create(
        signal=signal, asked_at=floor.clock.at, answered_at=floor.clock.at, model="m-1", prompt_version=1, prompt=[],
        outcome="answered", action="skip", bias="neutral", confidence=40, reasons=["<b>thin</b>"], cost="0.0015",
    )  # fmt: skip
    ModelAdvice.objects.create(
        signal=failed, asked_at=floor.clock.at, prompt_version=1, prompt=[], outcome="failed",
        reason="advice_not_configured", text="LLM_MODEL is empty",
    )  # fmt: skip
    viewer = at_the_admin(VIEWER)

    for pk in (signal.pk, signal.shadow.pk):
        page = viewer.get(reverse("admin:signals_app_signal_change", args=[pk])).content.decode()
        assert "&lt;b&gt;thin&lt;/b&gt;" in page and "<b>thin" not in page
    assert "advice of m-1" in as_text(read_trail(signal.pk))
    assert as_json(read_trail(signal.pk))["advice"]["cost_usd"] == "0.0015"
    assert "advice_not_configured: LLM_MODEL is empty" in as_text(read_trail(failed.pk))


def test_several_alerts_of_one_delivery_keep_their_shadows_apart(floor: Floor) -> None:
    """They share a correlation id: a shadow's steps are its own, and no real one's."""
    desk = a_desk()
    body = "[" + ",".join(desk.alert(symbol).decode() for symbol in ("AAPL", "MSFT")) + "]"
    with only(Loyal):
        answer = desk.post(body.encode())
        floor.follow_nudges()
    assert answer.status_code == 202, answer.content
    shadows = set(Signal.objects.filter(shadow_of__isnull=False).values_list("pk", flat=True))
    assert len(shadows) == 2

    for leg in Signal.objects.filter(shadow_of=None):
        trail = read_trail(leg.pk)
        assert trail.shadow is not None
        for course, strangers in ((trail, shadows), (trail.shadow, {leg.pk} | shadows - {leg.shadow.pk})):
            told = {(step.event.entity, step.event.entity_id) for step in course.steps}
            orders = set(Order.objects.filter(signal__in=strangers).values_list("pk", flat=True))
            assert ("signal", course.signal.pk) in told
            assert not told & {("signal", pk) for pk in strangers}
            assert not told & {("order", pk) for pk in orders}
