"""docs/extending.md does not promise what does not run: its exit rule guards a position, its test passes."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from domain.exits import KINDS, Outcome, RuleSet, build
from orders_app.models import Order
from positions_app.models import ExitRule, ExitVerdict
from positions_app.services import refresh_marks
from positions_app.services.rules import seed_default_rules
from tests.domain.exits.builders import NOW, position
from tests.factories import Desk, Floor
from tests.fixtures import desk, floor
from tests.trading import open_a_position
from workers import pipeline

__all__ = ["desk", "floor"]

PAGE: Final = Path(__file__).parents[1] / "docs" / "extending.md"
KIND: Final = "no_progress"
DAY_S: Final = 24 * 3600


def python_block(heading: str) -> str:
    """The first Python block under a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    block = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert block is not None, heading
    return block[1]


@pytest.fixture
def rule_module(tmp_path: Path) -> Iterator[ModuleType]:
    """The page's rule as a module, registered as it would be, and forgotten afterwards."""
    file = tmp_path / "no_progress.py"
    file.write_text(python_block("A new exit rule"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("example_of_the_page", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[spec.name]
        KINDS.pop(KIND, None)


def test_the_rule_is_as_short_as_the_page_says(rule_module: ModuleType) -> None:
    """Ten lines are left without imports, docstring and blank lines."""
    block = python_block("A new exit rule")
    lines = block[block.index("@register") :].splitlines()
    code = [line for line in lines if line.strip() and '"""' not in line]
    assert len(code) <= 10


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"mark": "4.00"}, Outcome.EXIT),
        ({"mark": "4.01"}, Outcome.HOLD),
        ({"mark": "3.00", "quote_good": False}, Outcome.WAITING),
    ],
)
def test_the_rule_says_what_it_should(rule_module: ModuleType, changes: dict[str, object], outcome: Outcome) -> None:
    """It leaves without a gain, holds with one, and waits for a good quote."""
    rules = RuleSet([build(KIND, {"hours": 1})])
    view = position(opened_at=NOW.replace(hour=13), **changes)
    assert [verdict.outcome for verdict in rules.evaluate(view).verdicts] == [outcome]


@pytest.mark.django_db(transaction=True)
def test_the_rule_is_seeded_and_leaves_a_position(rule_module: ModuleType, desk: Desk, floor: Floor) -> None:
    """Seed makes its row with its default; after a day without a gain its exit order is filled and the trail tells."""
    seed_default_rules()
    assert ExitRule.objects.get(kind=KIND, strategy=None, symbol="").params == {"hours": 24}
    ExitRule.objects.filter(kind="end_of_day").update(enabled=False)
    held = open_a_position(desk, floor)
    refresh_marks()
    assert pipeline.monitor_exits() == 0

    floor.clock.forward(DAY_S)
    refresh_marks()
    assert pipeline.monitor_exits() == 1
    held.refresh_from_db()

    assert (held.status, held.exit_reason, held.exit_text) == ("closed", KIND, "nothing gained in 24 h")
    assert Order.objects.get(position=held, reduce_only=True).status == "filled"
    assert ExitVerdict.objects.filter(position=held).latest("pk").fired_kind == KIND


@pytest.mark.django_db(transaction=True)
def test_the_test_of_the_page_passes(desk: Desk, floor: Floor) -> None:
    """It shows how tests are written, so it has to be one."""
    names: dict[str, Any] = {
        "Desk": Desk, "Floor": Floor, "Decimal": Decimal, "open_a_position": open_a_position,
        "refresh_marks": refresh_marks, "pipeline": pipeline,
    }  # fmt: skip
    exec(compile(python_block("Tests"), str(PAGE), "exec"), names)  # noqa: S102  # our own page
    names["test_half_the_price_is_the_stop"](desk, floor)
