"""Which engine trades an alert: drawn by the experiment, the same everywhere, and kept in the row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.stats.assignment import assign
from signals_app.models import Experiment, FeatureFlag
from signals_app.services import experiments
from tests.factories import Desk, Floor, a_roomy_desk
from tests.signals_app.jury.stand_ins import Loyal, only
from tests.trading import trade

pytestmark = pytest.mark.django_db


def running(desk: Desk | None, **fields: object) -> Experiment:
    made = Experiment.objects.create(
        **{"name": "a-or-b", "strategy": None if desk is None else desk.strategy, "percent_a": 50, **fields}
    )
    return experiments.start(experiment_id=made.pk, actor="anna")


def test_the_draw_is_that_of_salt_and_signal(floor: Floor) -> None:
    """Ten alerts are split as the function says, the other engine shadows each, and the experiment is in every row."""
    desk, engines = a_roomy_desk(), set()
    experiment = running(desk)
    with only(Loyal):
        for number in range(10):
            signal = trade(desk, floor, order_id=f"order-{number}")
            assert signal.engine == assign(experiment.salt, signal.pk, 50)
            assert {signal.engine, signal.shadow.engine} == {"A", "B"}
            assert signal.experiment == signal.shadow.experiment == experiment
            engines.add(signal.engine)
    assert engines == {"A", "B"}


@pytest.mark.parametrize(("percent", "engine"), [(100, "A"), (0, "B")])
def test_a_split_of_all_or_nothing(floor: Floor, percent: int, engine: str) -> None:
    """At 100 percent engine A trades every alert, at 0 engine B."""
    desk = a_roomy_desk()
    running(desk, percent_a=percent)
    with only(Loyal):
        assert {trade(desk, floor, order_id=f"order-{n}").engine for n in range(4)} == {engine}


def test_an_engine_that_the_guard_has_stopped_trades_no_more(floor: Floor) -> None:
    """Its alerts go to the other one, and it goes on as the shadow."""
    desk = a_roomy_desk()
    experiment = running(desk, percent_a=0)
    experiments.stop_engine(experiment_id=experiment.pk, engine="B", reason="lost too much")
    with only(Loyal):
        signal = trade(desk, floor)
    assert (signal.engine, signal.shadow.engine) == ("A", "B")


def test_a_strategys_own_experiment_comes_before_that_of_all(floor: Floor) -> None:
    """The one for every strategy counts only where there is none of its own."""
    desk, other = a_roomy_desk(), a_roomy_desk()
    own, common = running(desk, percent_a=0), running(None, name="for-all", percent_a=100)
    with only(Loyal):
        assert trade(desk, floor).experiment == own
        assert trade(other, floor).experiment == common


def test_an_experiment_that_is_over_draws_nothing(floor: Floor) -> None:
    """From its last moment on the strategy's own engine trades."""
    desk = a_roomy_desk()
    running(desk, percent_a=0, stops_at=floor.clock.at + timedelta(minutes=1))
    floor.clock.forward(60)
    with only(Loyal):
        signal = trade(desk, floor)
    assert (signal.engine, signal.experiment) == ("A", None)


def test_the_environment_switches_engine_b_off(floor: Floor, settings: pytest.FixtureRequest) -> None:
    """An operator's variable counts more than the row, from the next alert on."""
    settings.FLAGS_SAID = {"enable_variant_b": False}  # type: ignore[attr-defined]
    desk = a_roomy_desk()
    running(desk, percent_a=0)
    with only(Loyal):
        signal = trade(desk, floor)
    assert FeatureFlag.objects.get(name="enable_variant_b").enabled
    assert [decision.engine for decision in signal.decisions.all()] == ["A"]
