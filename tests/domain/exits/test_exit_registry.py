"""How a row of parameters becomes a rule, and how a new rule is added."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RuleBroken
from domain.exits import KINDS, Exit, ExitRule, build, defaults, evaluate, register
from domain.parameters import parameter_types
from tests.domain.exits.builders import position


def refusal(kind: str, params: dict[str, object]) -> str:
    with pytest.raises(RuleBroken) as broken:
        build(kind, params)
    assert broken.value.code == "bad_exit_rule"
    return broken.value.message


def test_the_seed_has_every_kind_once_by_tier_with_the_stated_figures():
    """Stop and target 50 %, 120 hours, one day, five minutes; scaling out is for those who turn it on."""
    rows = {row.kind: row for row in defaults()}
    assert [KINDS[row.kind].tier for row in defaults()] == [1] * 3 + [2] * 5 + [3] * 2 + [4] * 5
    assert rows["stop_loss"].params == {"fraction": "0.50"}
    assert rows["profit_target"].params == {"gain": "0.50"}
    assert rows["max_hold"].params == {"hours": 120}
    assert rows["min_dte"].params == {"days": 1}
    assert rows["end_of_day"].params == {"minutes": 5}
    assert [row.kind for row in defaults() if not row.enabled] == ["end_of_day", "scale_out"]


def test_a_seeded_row_builds_the_rule_it_came_from():
    """Parameters go through JSON and back."""
    for row in defaults():
        assert build(row.kind, row.params) == build(row.kind, {})


@pytest.mark.parametrize(
    ("kind", "params", "text"),
    [
        ("gut_feeling", {}, "no exit rule is called 'gut_feeling'; there are corrupt_data, delta"),
        ("stop_loss", {"percent": "50"}, "stop_loss: no parameter percent; allowed: fraction"),
        ("halted", {"hours": 1}, "halted: no parameter hours; allowed: none"),
        ("stop_loss", {"fraction": "1"}, "stop_loss: fraction is 1, it must be above 0 and below 1"),
        ("stop_loss", {"fraction": "0"}, "stop_loss: fraction is 0, it must be above 0 and below 1"),
        ("stop_loss", {"fraction": "half"}, "stop_loss: fraction is 'half', not a number"),
        ("stop_loss", {"fraction": None}, "stop_loss: fraction is None, not a number"),
        ("stop_loss", {"fraction": True}, "stop_loss: fraction is True, not a number"),
        ("stop_loss", {"fraction": "NaN"}, "stop_loss: fraction is 'NaN', not a number within a million of 0"),
        ("max_hold", {"hours": "1e9"}, "max_hold: hours is '1e9', not a number within a million of 0"),
        ("max_hold", {"hours": "1.5"}, "max_hold: hours is '1.5', not a whole number"),
        ("max_hold", {"hours": 0}, "max_hold: hours is 0, it must be above 0 and below 100000"),
        ("min_dte", {"days": 0}, "min_dte: days is 0, it must be above 0 and below 1000"),
        ("end_of_day", {"minutes": 390}, "end_of_day: minutes is 390, it must be above 0 and below 390"),
        ("trailing_stop", {"give_back": "1.2"}, "trailing_stop: give_back is 1.2, it must be above 0 and below 1"),
        ("trailing_stop", {"armed_at": "0"}, "trailing_stop: armed_at is 0, it must be above 0"),
        ("profit_target", {"gain": "-1"}, "profit_target: gain is -1, it must be above 0"),
        ("scale_out", {"gain": "0"}, "scale_out: gain is 0, it must be above 0"),
        ("scale_out", {"share": 1}, "scale_out: share is 1, it must be above 0 and below 1"),
        ("delta", {"below": 1}, "delta: below is 1.0, it must be above 0 and below 1"),
        ("gamma", {"above": 1}, "gamma: above is 1.0, it must be above 1"),
    ],
)
def test_a_wrong_row_is_refused_with_what_is_allowed(kind, params, text):
    """The message is what the form in admin shows."""
    assert refusal(kind, params).startswith(text)


@pytest.mark.parametrize("given_as", ["0.3", 0.3, Decimal("0.3")])
def test_a_number_may_come_as_text_number_or_decimal(given_as):
    """JSON knows no Decimal; 0.3 is three tenths all the same."""
    assert build("stop_loss", {"fraction": given_as}).fraction == Decimal("0.3")
    assert build("max_hold", {"hours": "48"}).hours == 48


values = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers()))


@given(kind=st.sampled_from(sorted(KINDS)), given_as=values)
def test_any_value_builds_a_rule_or_is_refused_and_never_raises_otherwise(kind, given_as):
    """A row typed by hand cannot break the engine."""
    for name in parameter_types(KINDS[kind]):
        try:
            rule = build(kind, {name: given_as})
        except RuleBroken as broken:
            assert broken.code == "bad_exit_rule"
        else:
            rule.decide(position())


def test_a_new_rule_takes_ten_lines():
    """A dataclass under the decorator: built from its row, seeded and evaluated like the others."""
    try:

        @register
        @dataclass(frozen=True, slots=True)
        class RoundTrip(ExitRule):
            """Leave when a gain has turned into nothing."""

            kind: ClassVar[str] = "round_trip"
            tier: ClassVar[int] = 3
            gained: Decimal = Decimal("0.20")

            def decide(self, view):
                if view.best_mark is None or view.best_mark < view.entry_price * (1 + self.gained):
                    return None
                given_back = view.mark <= view.entry_price
                return Exit(self.kind, self.tier, view.entry_price, "a gain was given back") if given_back else None

        assert ("round_trip", {"gained": "0.20"}, True) in defaults()
        rule = build("round_trip", {"gained": "0.1"})
        assert evaluate([rule], position(best_mark="4.50")).exit.kind == "round_trip"
        assert evaluate([rule], position(best_mark="4.20")).exit is None
        with pytest.raises(ValueError, match="defined twice"):
            register(RoundTrip)
    finally:
        KINDS.pop("round_trip", None)


def test_a_rule_of_no_tier_is_not_registered():
    """There are four."""

    class Fifth(ExitRule):
        kind: ClassVar[str] = "fifth"
        tier: ClassVar[int] = 5

    with pytest.raises(ValueError, match="tier 5"):
        register(Fifth)
    assert "fifth" not in KINDS
