"""A body, read strictly: bytes in, a document without secrets out, or a refusal with its reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, NoReturn

from domain.alerts.numbers import plain
from domain.alerts.secrets import find_secrets, is_secret_name, mask, readable, scrub
from domain.errors import AlertRefused

MAX_BYTES: Final = 16 * 1024
MAX_DEPTH: Final = 32
_SPACE: Final = " \t\r\n"
_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{\s*[A-Za-z_][^{}]{0,80}\}\}")
_NOT_JSON_WORDS = frozenset({"NaN", "Infinity", "-Infinity", "na", "nan", "undefined"})


@dataclass(frozen=True, slots=True)
class Document:
    """What a body holds, secrets taken out.

    value: for ``json`` a dict or a list, numbers as Decimal (an absurdly long or large one as its text), fields that
    hold secrets left out; for ``text`` the text with its secret masked. redacted is the body as it may be stored.
    """

    kind: Literal["json", "text"]
    value: dict[str, Any] | list[Any] | str
    secrets: tuple[str, ...]
    redacted: str


def read_document(body: bytes) -> Document:
    """Read one body. Raises AlertRefused: body_too_large, empty_body, bad_encoding, invalid_json, invalid_or_too_deep,
    ambiguous_duplicate_key, not_an_object or unreplaced_placeholder.
    """
    text = _decoded(body)
    stripped = text.strip(_SPACE)
    plain = readable(body)
    secrets, places = find_secrets(plain)
    redacted = mask(plain, secrets, places)
    found = tuple(secrets)
    if stripped[0] in "{[":
        value = _read_json(stripped)
        if "{{" in stripped:
            raise _placeholder()
        if any(plain.count(secret) > 1 for secret in secrets):
            value = _scrubbed(value, found)
        return Document("json", value, found, redacted)
    if _is_json_scalar(stripped):
        raise AlertRefused("not_an_object", "the body is a single JSON value, not an object with fields")
    if stripped in _NOT_JSON_WORDS:
        raise AlertRefused("invalid_json", f"{stripped} is not a JSON value")
    if "{{" in stripped:
        raise _placeholder()
    return Document("text", redacted, found, redacted)


def _decoded(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise AlertRefused("body_too_large", f"the body has {len(body)} bytes, {MAX_BYTES} are allowed")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as e:
        raise AlertRefused("bad_encoding", f"byte {e.start + 1} of the body is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise AlertRefused("bad_encoding", "the body starts with a byte order mark")
    if "\x00" in text:
        raise AlertRefused("bad_encoding", f"character {text.index(chr(0)) + 1} of the body is NUL")
    if not text.strip():
        raise AlertRefused("empty_body", "the body is empty")
    return text


def _placeholder() -> AlertRefused:
    return AlertRefused("unreplaced_placeholder", "the body still holds a placeholder in double braces")


def _is_json_scalar(text: str) -> bool:
    try:
        _JSON.decode(text)
    except (ValueError, _NotAValueError):
        return False
    return True


def _read_json(text: str) -> dict[str, Any] | list[Any]:
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        value = _JSON.decode(text)
    except json.JSONDecodeError as e:
        if _PLACEHOLDER.search(text):
            raise _placeholder() from None
        raise AlertRefused("invalid_json", f"{e.msg} at line {e.lineno} column {e.colno}{_hint(text, e.pos)}") from None
    except _NotAValueError as e:
        raise AlertRefused("invalid_json", f"{e} is not a JSON value") from None
    if "\\u" in text:
        _check_strings(value)
    assert isinstance(value, dict | list)  # the text began with a bracket
    return value


def _hint(text: str, at: int) -> str:
    word = re.match(r"[A-Za-z]{1,9}", text[at : at + 9])
    return f": {word[0]} is not a JSON value" if word and word[0] in _NOT_JSON_WORDS else ""


def _check_depth(text: str) -> None:
    """The parser recurses once per bracket, so the text is measured before it is parsed."""
    depth = 0
    for found in _BRACKET_OR_STRING.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise AlertRefused("invalid_or_too_deep", f"the body nests more than {MAX_DEPTH} levels")
        elif found[0] in ("]", "}"):
            depth -= 1


class _NotAValueError(Exception):
    """NaN or Infinity, which Python's parser would take."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotAValueError(name)


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond 10**18
        return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise AlertRefused("ambiguous_duplicate_key", f"the field {twice[:40]!r} is there twice")
    return {name: value for name, value in pairs if not is_secret_name(name)}


_JSON = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_refuse_constant
)


def _check_strings(value: object) -> None:
    """Escapes can write what a database cannot store: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise AlertRefused("bad_encoding", "an escape in the body stands for NUL or half a character")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_strings(name)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)


def _scrubbed(value: Any, secrets: tuple[str, ...]) -> Any:
    """The value without the secrets in any of its texts, for the sender may repeat his token in a comment."""
    if isinstance(value, str | Decimal):
        written = value if isinstance(value, str) else plain(value)
        scrubbed = scrub(written, secrets)
        return value if scrubbed == written else scrubbed
    if isinstance(value, dict):
        return {scrub(name, secrets): _scrubbed(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [_scrubbed(inner, secrets) for inner in value]
    return value
