"""One row by its primary key, with or without its lock.

Plain SQL, because every step of every alert begins so and the ORM takes several times as long to say the same.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model

AnyModel = TypeVar("AnyModel", bound=Model)


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
