"""Writing down who changed which field of a row, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model

from books_app.audit import Trail

SHOWN = 3  # fields that are named in the text; all of them are in the data


def actor_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """How the audit trail names a person."""
    return f"user:{user.get_username()}"[:80]


def values_of(row: Model, fields: Iterable[str]) -> dict[str, Any]:
    """A row's fields as JSON, numbers and times as text."""
    return {name: _as_json(getattr(row, row._meta.get_field(name).attname)) for name in fields}  # type: ignore[union-attr]


def record_change(
    entity: str, row: Model, *, actor: str, before: dict[str, Any], after: dict[str, Any], step: str = "changed"
) -> None:
    """One audit row with every field that differs, old and new. Nothing is written when nothing differs."""
    changed = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    if not changed and step == "changed":
        return
    parts = [f"{name} {_short(old)} → {_short(new)}" for name, (old, new) in changed.items()]
    more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    trail = Trail(actor)
    trail.note(entity, row.pk, "", step, text=f"{row}: {', '.join(parts[:SHOWN])}{more}", data={"changed": changed})
    trail.write()


def _short(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)[:80]


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    return value if isinstance(value, dict | bool | int | str | None) else str(value)
