"""The recorded bodies of every family, each as its note says; they stand beside the repository and may be absent."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.alerts import Alert, candidate_secrets, dedupe_key, interpret, own_time, read_document, redact
from domain.errors import AlertRefused

_ROOT = Path(__file__).parents[3]
_FILE = Path(os.environ.get("ALERT_FIXTURES", _ROOT.parent / "shared" / "payloads" / "tradingview.json"))
_WITHOUT_TIME = datetime(2026, 11, 12, 15, 35, 3, tzinfo=UTC)
_JUDGED_LATER = {"unauthenticated", "duplicate", "risk_limit"}  # by the webhook and the gate: the meaning is fine
_ABOUT_DELIVERY = {"http_status_class", "duplicate_of", "not_duplicate_of"}


def _fixtures() -> list[dict[str, Any]]:
    return json.loads(_FILE.read_text("utf-8"))["fixtures"] if _FILE.exists() else []


pytestmark = pytest.mark.skipif(not _FILE.exists(), reason=f"{_FILE} is not there")


def _answer(body: bytes) -> dict[str, Any]:
    try:
        document = read_document(body)
        sent_at = own_time(document)
        received_at = sent_at + timedelta(seconds=1) if sent_at else _WITHOUT_TIME
        return {"accept": True, **interpret(document, received_at).as_json()}
    except AlertRefused as refusal:
        return {"accept": False, "reason": refusal.code, **refusal.figures}


@pytest.mark.parametrize("fixture", _fixtures(), ids=lambda fixture: fixture["id"])
def test_a_recorded_body_means_what_its_note_says(fixture: dict[str, Any]) -> None:
    """Every key that a fixture expects has that value, and no secret is in the answer."""
    expected = {name: value for name, value in fixture["expect"].items() if name not in _ABOUT_DELIVERY}
    if expected.get("reason") in _JUDGED_LATER:
        expected = {"accept": True}
    body = fixture["body"].encode()
    answer = _answer(body)

    assert {name: answer.get(name) for name in expected} == expected
    assert not any(secret in json.dumps(answer) + redact(body) for secret in candidate_secrets(body))


def test_two_fills_of_one_second_are_two_and_a_resend_is_one() -> None:
    """The legs of a scale-out differ in order id only; the resend of the first is the first."""
    bodies = {fixture["id"]: fixture["body"].encode() for fixture in _fixtures()}

    def key(name: str) -> str:
        document = read_document(bodies[name])
        received_at = (own_time(document) or _WITHOUT_TIME) + timedelta(seconds=1)
        alert = interpret(document, received_at)
        assert isinstance(alert, Alert)
        return dedupe_key(alert, "0" * 64, received_at)

    assert key("long-form-scale-out-1") == key("long-form-scale-out-1-resend") != key("long-form-scale-out-2")
