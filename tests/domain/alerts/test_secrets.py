"""Tokens are found in any body and never stay in what is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.alerts import Alert, MarketEvent, Notice, candidate_secrets, interpret, read_document, redact
from tests.domain.alerts.reading import NOON, as_body

TOKEN = "correct-horse-7"


@pytest.mark.parametrize(
    "name",
    ["key", "Key", "secret", "passphrase", "password", "apikey", "api_key", "API-Key", "token", "auth", "auth_token",
     "webhook_secret", "license", "licence_id", "myApiKey", "access token", "client.secret", "pwd"],
)  # fmt: skip
def test_a_secret_is_known_by_its_fields_name(name: str) -> None:
    """In any spelling, and the field never reaches the document."""
    document = read_document(as_body({name: TOKEN, "ticker": "F", "action": "buy"}))

    assert document.secrets == (TOKEN,)
    assert document.redacted == f'{{"{name}": "***", "ticker": "F", "action": "buy"}}'
    assert document.value == {"ticker": "F", "action": "buy"}


@pytest.mark.parametrize("name", ["ticker", "keyboard", "monkey", "order_id", "bot_uuid", "author", "comment"])
def test_other_fields_hold_no_secrets(name: str) -> None:
    """A name that merely resembles one is left alone."""
    body = as_body({name: TOKEN})

    assert (candidate_secrets(body), redact(body)) == ((), body.decode())


@pytest.mark.parametrize(
    ("body", "secrets", "kept"),
    [
        ('{"key": "correct-horse-7", "x": na}', (TOKEN,), '{"key": "***", "x": na}'),
        ('{"key": "correct-horse-7', (TOKEN,), '{"key": "***'),
        ("{'key': 'correct-horse-7'}", (TOKEN,), "{'key': '***'}"),
        ("{key: correct-horse-7}", (TOKEN,), "{key: ***}"),
        (r'{"\u006bey": "correct\u002dhorse-7"}', (TOKEN,), '{"key": "***"}'),
        (r'{"message": "{\"key\": \"correct-horse-7\"}"}', (TOKEN,), r'{"message": "{\"key\": \"***\"}"}'),
        ('{"license": 70987654321}', ("70987654321",), '{"license": ***}'),
        ('{"key": ["correct-horse-7", {"a": "]"}], "x": 1}', (), '{"key": ***, "x": 1}'),
        ('{"key": {"a": "correct-horse-7"', (), '{"key": ***'),
        ('{"key": "short", "x": "short"}', (), '{"key": "***", "x": "short"}'),
        ('{"key": "", "x": 1}', (), '{"key": "", "x": 1}'),
        ('{"key": null}', (), '{"key": ***}'),
        ('{"key": "a\\"bcdefghi", "x": 1}', (), '{"key": "***", "x": 1}'),
        ('{"discord": "1234567890/AbCdEfGh"}', ("1234567890/AbCdEfGh",), '{"discord": "***"}'),
        ('{"key": "correct-horse-7", "note": "is correct-horse-7!"}', (TOKEN,), '{"key": "***", "note": "is ***!"}'),
        ('{"key": "correct-horse-7", "pwd": "other-one-8"}', (TOKEN, "other-one-8"), '{"key": "***", "pwd": "***"}'),
        ("\xff key=correct-horse-7".encode("latin-1"), (TOKEN,), "\ufffd key=***"),
        (b"key=correct-horse-7\x00", (), "key=***"),
    ],
)  # fmt: skip
def test_a_broken_body_keeps_no_secret_either(body: str | bytes, secrets: tuple[str, ...], kept: str) -> None:
    """It can still be told whose it is, and stored without the token."""
    assert (candidate_secrets(as_body(body)), redact(as_body(body))) == (secrets, kept)


def test_a_repeated_token_is_taken_out_of_the_meaning_too() -> None:
    """In a comment, a list, or a field's name."""
    body = {"key": TOKEN, "ticker": "F", "action": "buy", "comment": f"<{TOKEN}>", "x": {TOKEN: [TOKEN, 1]}}
    document = read_document(as_body(body))
    alert = interpret(document, NOON)

    assert isinstance(alert, Alert)
    assert (alert.comment, alert.fields) == ("<***>", {"x": {"***": ["***", "1"]}})


@pytest.mark.parametrize(
    "body", [f"{TOKEN}|F went up", {"key": TOKEN, "msg": f"{TOKEN} up"}, {"key": TOKEN, "event": TOKEN}]
)
def test_no_kind_of_meaning_holds_the_token(body: Any) -> None:
    """Neither a notice nor an event."""
    meaning = interpret(read_document(as_body(body)), NOON)

    assert isinstance(meaning, Notice | MarketEvent)
    assert TOKEN not in json.dumps(meaning.as_json())


def test_at_most_sixteen_candidates_are_compared() -> None:
    """A sender cannot make the comparison long; all the others are masked all the same."""
    body = as_body({f"key{n}secret": f"value-number-{n}" for n in range(40)})

    assert len(candidate_secrets(body)) == 16
    assert "value" not in redact(body)


@pytest.mark.parametrize(
    "body",
    [b'"key":[' * 2300, b"key=" * 4000, b"\\" * 16_000, b'"' * 16_000, b"key:'" * 3200, b"a" * 16_000, b"key " * 4000,
     b'{"key": "********", "x": "' + b"*" * 16_000, b"," * 16_000, b"{" * 16_000, b"pass=" + b"|" * 16_000],
)  # fmt: skip
def test_no_body_makes_the_search_slow(body: bytes) -> None:
    """Sixteen kilobytes made to backtrack are done in the time of any other body."""
    from time import process_time

    started = process_time()
    redact(body)
    candidate_secrets(body)
    assert process_time() - started < 0.5
