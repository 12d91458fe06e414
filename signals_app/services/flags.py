"""Setting a feature flag's row, with its line in the audit trail."""

from __future__ import annotations

from django.db import transaction

from books_app.web.changes import record_change
from domain.flags import Standing, known
from signals_app.jury.force import flags_in_force
from signals_app.models import FeatureFlag

ENTITY = "feature_flag"


@transaction.atomic
def set_flag(*, name: str, enabled: bool, actor: str) -> Standing:
    """The flag as it stands then: what the environment says counts more than the row. Setting twice is once.

    Raises RuleBroken ``flag_unknown``.
    """
    known(name)
    row, made = FeatureFlag.objects.select_for_update().get_or_create(name=name, defaults={"enabled": enabled})
    before = {"enabled": None if made else row.enabled}
    if not made and row.enabled is not enabled:
        row.enabled = enabled
        row.save(update_fields=["enabled", "updated_at"])
    step = "added" if made else "changed"
    record_change(ENTITY, row, actor=actor, before=before, after={"enabled": enabled}, step=step)
    return flags_in_force()[name]
