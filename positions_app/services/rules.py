"""Which exit rules guard a position: rows by strategy and symbol, the most specific of each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from domain.exits import RuleSet, build, defaults
from positions_app.models import ExitRule


class RuleBook:
    """All rows of one moment, resolved once per strategy and underlying."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int | None, str], list[ExitRule]] = defaultdict(list)
        for row in ExitRule.objects.order_by("pk"):
            self._rows[(row.strategy_id, row.symbol)].append(row)
        self._resolved: dict[tuple[int, str], RuleSet] = {}
        self._sets: dict[tuple[int, ...], RuleSet] = {}

    def rules_of(self, strategy_id: int, underlying: str) -> RuleSet:
        key = (strategy_id, underlying)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(strategy_id, underlying)
        return self._resolved[key]

    def _resolve(self, strategy_id: int, underlying: str) -> RuleSet:
        by_kind: dict[str, ExitRule] = {}
        for scope in ((None, ""), (None, underlying), (strategy_id, ""), (strategy_id, underlying)):
            by_kind.update({row.kind: row for row in self._rows.get(scope, ())})
        return self._set_of([row for row in by_kind.values() if row.enabled])

    def _set_of(self, rows: Sequence[ExitRule]) -> RuleSet:
        """One object for the same rows, however many strategies and symbols they guard."""
        key = tuple(sorted(row.pk for row in rows))
        if key not in self._sets:
            rules = [build(row.kind, row.params) for row in rows]
            self._sets[key] = RuleSet(sorted(rules, key=lambda rule: (rule.tier, rule.kind)))
        return self._sets[key]


def seed_default_rules() -> int:
    """The default rows where they are missing; rows that an operator has changed stay as they are."""
    made = 0
    for kind, params, enabled in defaults():
        _, created = ExitRule.objects.get_or_create(
            strategy=None, symbol="", kind=kind, defaults={"params": params, "enabled": enabled}
        )
        made += created
    return made
