"""Writing a delivery and its signals in one round trip, because nothing else stands between an alert and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from books_app.rows import fetched
from domain.signals import SignalStatus
from signals_app.models import Signal, WebhookEvent


def _insert_into(model: type[Model], fields: Sequence[Any]) -> str:
    columns = ", ".join(field.column for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608  # made of our own names


_EVENT: Final = [field for field in WebhookEvent._meta.concrete_fields if not field.primary_key]
_SIGNAL: Final = [field for field in Signal._meta.concrete_fields if not field.primary_key and field.name != "event"]
_EVENT_ROW: Final = f"({', '.join(['%s'] * len(_EVENT))})"
# currval is this session's own; in a subquery, because a volatile function in a condition would read the whole table.
_ITS_ID: Final = "(SELECT currval('signals_app_webhookevent_id_seq'))"
_SIGNAL_ROW: Final = f"({', '.join(['%s'] * len(_SIGNAL))}, {_ITS_ID})"
_INSERT_EVENT: Final = _insert_into(WebhookEvent, _EVENT) + _EVENT_ROW
_INSERT_SIGNALS: Final = _insert_into(Signal, [*_SIGNAL, Signal._meta.get_field("event")])
_INSERT_TRAIL: Final = f"""
    INSERT INTO books_app_auditevent
           (at, entity, entity_id, from_state, to_state, actor, reason, text, data, correlation_id)
    SELECT received_at, 'signal', id, '', '{SignalStatus.PENDING}', 'webhook', '', '',
           jsonb_build_object('event', event_id), correlation_id
      FROM signals_app_signal WHERE event_id = {_ITS_ID} ORDER BY leg
    RETURNING entity_id, (data->>'event')::bigint
"""  # noqa: S608  # made of our own names


def insert_together(event: WebhookEvent, signals: Sequence[Signal]) -> tuple[int, tuple[int, ...]]:
    """The new ids of the event and of its signals, in the signals' order.

    Raises IntegrityError, naming ``signal_once_per_alert``, when one of the signals is known already: then nothing is kept.
    """
    if not signals:
        event.save(force_insert=True)
        return event.pk, ()
    values = [_prepared(event, field) for field in _EVENT]
    for signal in signals:
        values += [_prepared(signal, field) for field in _SIGNAL]
    rows = ", ".join([_SIGNAL_ROW] * len(signals))
    # Statements that are sent together are one transaction, without a BEGIN and a COMMIT to wait for.
    stored = fetched(f"{_INSERT_EVENT}; {_INSERT_SIGNALS}{rows}; {_INSERT_TRAIL}", values)
    return stored[0][1], tuple(sorted(signal_id for signal_id, _ in stored))


def _prepared(row: Model, field: Any) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)
