"""Changing an exit rule, by whoever may: every change leaves its audit row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from books_app.web.changes import record_change, values_of
from domain.exits import build
from positions_app.models import ExitRule

FIELDS = ("enabled", "params")


@transaction.atomic
def change_exit_rule(
    *, rule_id: int, actor: str, enabled: bool | None = None, params: Mapping[str, Any] | None = None
) -> ExitRule:
    """Switch a rule or give it other parameters; it counts from the next evaluation on. None leaves a field as it is.

    Raises RuleBroken ``bad_exit_rule`` for parameters that the rule does not have, or values out of their range.
    """
    rule = ExitRule.objects.select_for_update(of=("self",)).get(pk=rule_id)
    before = values_of(rule, FIELDS)
    if params is not None:
        build(rule.kind, params)
        rule.params = dict(params)
    if enabled is not None:
        rule.enabled = enabled
    rule.save(update_fields=[*FIELDS, "updated_at"])
    record_change("exit_rule", rule, actor=actor, before=before, after=values_of(rule, FIELDS))
    return rule
