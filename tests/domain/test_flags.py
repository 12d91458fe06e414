"""Feature flags: who has the last word, and what a missing need does."""

from __future__ import annotations

import pytest

from domain.errors import RuleBroken
from domain.flags import FLAGS, Said, standings, variable_of


def test_without_a_word_a_flag_stands_as_it_is_built() -> None:
    """Engine B is off in a system that nobody has told otherwise."""
    standing = standings({}, {})["enable_variant_b"]
    assert (standing.on, standing.by) == (False, Said.DEFAULT)


def test_the_environment_counts_more_than_a_row() -> None:
    """An operator's variable overrides what is in the database, both ways."""
    row, variable = {"enable_variant_b": True}, {"enable_variant_b": False}
    assert standings(row, {})["enable_variant_b"].on
    assert not standings(row, variable)["enable_variant_b"].on
    assert standings(row, variable)["enable_variant_b"].by is Said.ENVIRONMENT


@pytest.mark.parametrize("name", [name for name, flag in FLAGS.items() if flag.needs])
def test_a_flag_whose_need_is_off_does_nothing(name: str) -> None:
    """Asked for, and waiting: it says for what."""
    standing = standings({name: True, "enable_variant_b": False}, {})[name]
    assert standing.asked and not standing.on and standing.waits_for == ("enable_variant_b",)
    assert standings({name: True, "enable_variant_b": True}, {})[name].on


@pytest.mark.parametrize(("rows", "environment"), [({"enable_power_peg": True}, {}), ({}, {"enable_power_peg": True})])
def test_a_flag_that_nobody_knows_is_refused(rows: dict[str, bool], environment: dict[str, bool]) -> None:
    """An old switch is never ignored: who set it believes that it does something."""
    with pytest.raises(RuleBroken, match="enable_power_peg"):
        standings(rows, environment)


def test_every_need_is_a_flag_and_every_flag_has_its_variable() -> None:
    """No flag waits for one that does not exist; the settings know every variable."""
    from tradingsite.config import Settings

    assert {need for flag in FLAGS.values() for need in flag.needs} <= set(FLAGS)
    assert {variable_of(name) for name in FLAGS} == {n for n in Settings.model_fields if n.startswith("FLAG_")}
