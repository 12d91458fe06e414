"""Reading a body in one step, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from domain.alerts import Alert, Meaning, interpret, read_document
from domain.errors import AlertRefused

NOON = datetime(2026, 11, 12, 17, 0, 5, tzinfo=UTC)  # a Thursday, regular session


def as_body(value: object) -> bytes:
    """Bytes as they are, a text in UTF-8, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def meaning_of(value: object, *, at: datetime = NOON) -> Meaning:
    return interpret(read_document(as_body(value)), at)


def alert_of(value: object, *, at: datetime = NOON) -> Alert:
    meaning = meaning_of(value, at=at)
    assert isinstance(meaning, Alert)
    return meaning


def normal(*, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    """The normal form of a JSON alert for TSLA with these fields beside the ticker."""
    return alert_of({"ticker": "TSLA", **fields}, at=at).as_json()


def refusal_of(value: object, *, at: datetime = NOON) -> str:
    """The code with which a body is refused; "accepted" when it is not."""
    try:
        meaning_of(value, at=at)
    except AlertRefused as refusal:
        return refusal.code
    return "accepted"
