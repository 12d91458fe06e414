"""Which exit rules guard a position: rows by strategy and symbol, the most specific of each kind."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from books_app.rows import fetched
from domain.exits import RuleSet, build, defaults
from positions_app.models import ExitRule

_ROWS = "SELECT strategy_id, symbol, kind, params::text, enabled FROM positions_app_exitrule ORDER BY id"


class _Row(NamedTuple):
    """What a rule's row says; params as JSON text."""

    kind: str
    params: str
    enabled: bool


class RuleBook:
    """All rows of one moment, resolved once per strategy and underlying."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int | None, str], list[_Row]] = defaultdict(list)
        for strategy_id, symbol, *row in fetched(_ROWS):
            self._rows[(strategy_id, symbol)].append(_Row._make(row))
        self._resolved: dict[tuple[int, str], RuleSet] = {}

    def rules_of(self, strategy_id: int, underlying: str) -> RuleSet:
        key = (strategy_id, underlying)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(strategy_id, underlying)
        return self._resolved[key]

    def _resolve(self, strategy_id: int, underlying: str) -> RuleSet:
        by_kind: dict[str, _Row] = {}
        for scope in ((None, ""), (None, underlying), (strategy_id, ""), (strategy_id, underlying)):
            by_kind.update({row.kind: row for row in self._rows.get(scope, ())})
        return _set_of(tuple(sorted(row for row in by_kind.values() if row.enabled)))


@lru_cache(maxsize=256)
def _set_of(rows: tuple[_Row, ...]) -> RuleSet:
    """One object for rows that say the same, however many strategies and symbols they guard, and at every tick."""
    rules = [build(row.kind, json.loads(row.params)) for row in rows]
    return RuleSet(sorted(rules, key=lambda rule: (rule.tier, rule.kind)))


def seed_default_rules() -> int:
    """The default rows where they are missing; rows that an operator has changed stay as they are."""
    made = 0
    for kind, params, enabled in defaults():
        _, created = ExitRule.objects.get_or_create(
            strategy=None, symbol="", kind=kind, defaults={"params": params, "enabled": enabled}
        )
        made += created
    return made
