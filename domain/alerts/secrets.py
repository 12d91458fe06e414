"""Finding the tokens in a body, and taking them out, whether the body can be read or not.

TradingView sends no headers of its own, so senders put their token into the body. It is looked for in the text, not in
a parsed document, so that a broken body can be told apart from a stranger's and stored without its token. Both
functions take any bytes and raise nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from domain.alerts.text_orders import MASK, first_token

SHORTEST_SECRET: Final = 8  # a shorter one is masked where it stands, but is nobody's token
_LONGEST_SECRET = 256
_MOST_CANDIDATES = 16

_NAMES = frozenset(
    {"key", "pass", "pwd", "pin", "auth", "authorization", "bearer", "signature", "credential", "credentials"}
    | {"license", "licence", "licenseid", "licenceid", "webhookkey", "authkey", "accesskey", "privatekey"}
)
_ENDINGS = ("secret", "passphrase", "password", "passwd", "token", "apikey", "secretkey", "licensekey", "licencekey")
_ADDRESSES = frozenset({"discord", "discordwebhook", "slack", "slackwebhook", "webhook", "webhookurl"})  # hold tokens

_ESCAPE = re.compile(r"\\(?:\\|/|u00([2-7][0-9a-fA-F]))")
_QUOTED_NAME = re.compile(r"""(?<!\\)\\*+["'](?P<name>[^"'\\]{1,64})\\*["']\s*[:=]\s*""")
_PLAIN_NAME = re.compile(r"""(?<![\w"'\\-])(?P<name>[A-Za-z][\w.-]{1,63})\s*[=:]\s*(?=[^\s=:])""")
_STRING = re.compile(r'"(?P<inner>(?:[^"\\]|\\.)*+)"?', re.DOTALL)
_LOOSE_STRING = re.compile(r"""\\*["'](?P<inner>[^"'\\]*+)(?:\\*["'])?""")
_BARE = re.compile(r"""(?P<inner>[^\s,;|&"'{}\[\]]++)""")
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_CANDIDATE = re.compile(rf"[\x20-\x21\x23-\x5b\x5d-\x7e]{{{SHORTEST_SECRET},{_LONGEST_SECRET}}}")


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; letter case and punctuation do not matter."""
    plain = "".join(filter(str.isalnum, name)).lower()
    return plain in _NAMES or plain in _ADDRESSES or plain.endswith(_ENDINGS)


def candidate_secrets(body: bytes) -> tuple[str, ...]:
    """The texts that may be the sender's token, in order of appearance, each once, at most sixteen."""
    return tuple(find_secrets(readable(body))[0])


def redact(body: bytes) -> str:
    """The body as text that may be stored and logged: every secret's place masked, and every candidate everywhere."""
    text = readable(body)
    secrets, places = find_secrets(text)
    return mask(text, secrets, places)


def readable(body: bytes) -> str:
    """The body as text PostgreSQL can hold, with JSON's escapes of plain ASCII undone: ``\\u0074ok`` must not hide."""
    text = body.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    if "\\" in text and text.lstrip()[:1] in ("{", "["):
        return _ESCAPE.sub(_unescaped, text)
    return text


def _unescaped(found: re.Match[str]) -> str:
    if found[0] == "\\/":
        return "/"
    if not found[1] or (character := chr(int(found[1], 16))) in '"\\\x7f':
        return found[0]
    return character


def find_secrets(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Candidates, and the places (start, end) of all secret values whether or not they could be a token."""
    secrets: dict[str, None] = {}
    places: list[tuple[int, int]] = []
    if token := first_token(text):
        start = text.index(token)
        places.append((start, start + len(token)))
        secrets[token] = None
    for names in (_QUOTED_NAME, _PLAIN_NAME):
        done = 0  # a value is read once, however many names seem to stand in it
        for found in names.finditer(text):
            if found.start() < done or not is_secret_name(found["name"]):
                continue
            if place := _value_at(text, found.end()):
                places.append(place)
                secrets[text[place[0] : place[1]]] = None
                done = place[1]
    fit = [secret for secret in secrets if _CANDIDATE.fullmatch(secret)]
    return fit[:_MOST_CANDIDATES], places


def _value_at(text: str, start: int) -> tuple[int, int] | None:
    """Where the value that begins here lies, without its quotes; a list or an object is taken whole."""
    following = text[start : start + 1]
    if following in ("[", "{"):
        return start, _end_of_structure(text, start)
    pattern = _STRING if following == '"' else _LOOSE_STRING if following in ("'", "\\") else _BARE
    found = pattern.match(text, start)
    return found.span("inner") if found and found["inner"] else None


def _end_of_structure(text: str, start: int) -> int:
    depth = 0
    for found in _STRUCTURE.finditer(text, start):
        if found[0] in ("[", "{"):
            depth += 1
        elif found[0] in ("]", "}"):
            depth -= 1
            if depth == 0:
                return found.end()
    return len(text)


def mask(text: str, secrets: list[str], places: list[tuple[int, int]]) -> str:
    """The text without the places and without any of the secrets wherever else they stand."""
    kept: list[str] = []
    at = 0
    for start, end in sorted(places):
        if end > at:
            kept += (text[at : max(start, at)], MASK)
            at = end
    kept.append(text[at:])
    return scrub("".join(kept), secrets)


def scrub(text: str, secrets: list[str] | tuple[str, ...]) -> str:
    """The text with each secret replaced, repeated until none is left: a replacement may join two halves to a secret.

    It ends because every secret is longer than the mask.
    """
    longest_first = sorted(secrets, key=len, reverse=True)
    while any(secret in text for secret in longest_first):
        for secret in longest_first:
            text = text.replace(secret, MASK)
    return text
