"""Rows by plain SQL, for what every alert and every tick asks: the ORM takes several times as long to say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

AnyModel = TypeVar("AnyModel", bound=Model)


def fetched(query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement. jsonb comes as its text."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def array_literal(values: Iterable[str | None]) -> str:
    """A PostgreSQL array as one text: quicker to write and to read than a parameter for each element, or than JSON."""
    return "{" + ",".join("NULL" if value is None else f'"{_escaped(value)}"' for value in values) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"') if '"' in value or "\\" in value else value


def row(model: type[AnyModel], pk: int) -> AnyModel:
    """Raises the model's DoesNotExist."""
    return _one(model, pk, "")


def locked_row(model: type[AnyModel], pk: int) -> AnyModel:
    """Under its row lock until the transaction ends. Raises the model's DoesNotExist.

    NO KEY: an INSERT that only names the row by foreign key, as a webhook's, does not wait for it.
    """
    return _one(model, pk, "FOR NO KEY UPDATE")


def _one(model: type[AnyModel], pk: int, lock: str) -> AnyModel:
    query = f'SELECT * FROM "{model._meta.db_table}" WHERE id = %s {lock}'  # noqa: S608  # made of our own names
    for found in model._default_manager.raw(query, [pk]):
        return found
    raise model.DoesNotExist(f"there is no {model._meta.verbose_name} {pk}")  # type: ignore[attr-defined]  # every model has it
