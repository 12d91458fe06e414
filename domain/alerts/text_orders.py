"""Orders written as one line: ``LICENCE,buy,EURUSD,risk=1,sl=10,tp=20``, ``key|strategy|buy|BTCUSDT``, ``a=1&b=2``.

A line is an order only when it is made of single words and pairs and names a side. Prose that happens to hold the word
``long`` is never one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from domain.alerts.words import action_word, squeezed
from domain.symbols.instrument import BadSymbol, classify

MASK: Final = "***"  # stands where a secret stood
_DELIMITERS: Final = ("|", ";", "&", ",", "\n")
_PAIR = re.compile(r"(?P<name>[A-Za-z][\w.-]{0,63})\s*=\s*(?P<value>.*)", re.ASCII)
_SYMBOL_LIKE = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9:._!/-]{1,32}", re.ASCII)
_TOKEN_LIKE = re.compile(r"(?=.*\d)[\x21-\x7e]{8,256}", re.ASCII)
_NUMBER_LIKE = re.compile(r"[+-]?[\d.]{1,32}%?", re.ASCII)
_NAMES: Final = {"sl": "stop_distance", "tp": "target_distance", "risk": "risk_percent", "volume": "quantity"}
_LONGEST_LINE = 2_000


class Line(NamedTuple):
    """The words and pairs of one line, in order."""

    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def split_line(text: str) -> Line | None:
    """None unless the whole text is words and pairs between delimiters of one kind."""
    text = text.strip()
    delimiter = next((mark for mark in _DELIMITERS if mark in text), None)
    if delimiter is None or len(text) > _LONGEST_LINE:
        return None
    words: list[str] = []
    pairs: list[tuple[str, str]] = []
    for part in filter(None, map(str.strip, text.split(delimiter))):
        if pair := _PAIR.fullmatch(part):
            pairs.append((pair["name"], pair["value"].strip()))
        elif any(map(str.isspace, part)) or pairs:
            return None
        else:
            words.append(part)
    return Line(tuple(words), tuple(pairs))


def first_token(text: str) -> str | None:
    """The secret that leads a line of words, or None. A symbol or an action in the first place is no secret."""
    start = text.lstrip()[:1]
    if start in ("{", "[", '"', ""):
        return None
    line = split_line(text)
    if line is None:
        head = _first_of_prose(text)
        return head if head and _is_token(head) else None
    action = _place_of_action(line.words)
    if action is None:
        return line.words[0] if line.words and _is_token(line.words[0]) else None
    return line.words[0] if 0 not in (action, _place_of_symbol(line.words, action)) else None


def _first_of_prose(text: str) -> str | None:
    """The first part of a text such as ``token|Long AAPL at 150``."""
    delimiter = next((mark for mark in _DELIMITERS if mark in text), None)
    return text.split(delimiter, 1)[0].strip() if delimiter else None


def _place_of_action(words: tuple[str, ...]) -> int | None:
    return next((place for place, word in enumerate(words[:4]) if action_word(word)), None)


def _place_of_symbol(words: tuple[str, ...], action: int) -> int | None:
    """After the action, else before it; a token alone before it is not taken for a symbol."""
    following = words[action + 1 : action + 2]
    if following and _SYMBOL_LIKE.fullmatch(following[0]):
        return action + 1
    return None if action == 0 or (action == 1 and _is_token(words[0])) else action - 1


def _is_token(word: str) -> bool:
    """Masked, or long, with a digit, and not the name of something that trades, such as an option."""
    if word == MASK:
        return True
    if not _TOKEN_LIKE.fullmatch(word):
        return False
    try:
        return not classify(word).tradable
    except BadSymbol:
        return True


def read_line(text: str) -> list[tuple[str, object]] | None:
    """The fields of an order line under the names a JSON alert would use, or None when it is no order."""
    line = split_line(text)
    if line is None:
        return None
    fields: list[tuple[str, object]] = [(_NAMES.get(squeezed(name), name), value) for name, value in line.pairs]
    action = _place_of_action(line.words)
    if action is None:
        return fields if any(squeezed(name) in ("action", "side", "direction") for name, _ in fields) else None
    symbol = _place_of_symbol(line.words, action)
    fields.append(("action", line.words[action]))
    if symbol is not None:
        fields.append(("symbol", line.words[symbol]))
    first, last = sorted((action, action if symbol is None else symbol))
    if first > 1:
        fields.append(("strategy", line.words[1]))
    trailing = line.words[last + 1 :]
    names = ("quantity", "price")
    fields += [(name, word) for name, word in zip(names, trailing, strict=False) if _NUMBER_LIKE.fullmatch(word)]
    return fields
