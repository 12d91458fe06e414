"""Sorting an alert's fields by the part they play; what plays none is kept as a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from domain.alerts.names import BARS, Part, is_container, part_of, squeezed_name
from domain.alerts.numbers import as_decimal, plain
from domain.alerts.words import action_word, holding_word, order_type_word
from domain.errors import AlertRefused

_EXTRAS = frozenset({"extras", "extra", "meta", "metadata", "indicators", "plots"})


class Entry(NamedTuple):
    """One field: how good a name it has for its part (0 is best), that name, and the value as it came."""

    tier: int
    name: str
    value: object


class Parts:
    """The fields of one alert by part, and the rest of them under ``fields`` in JSON's own types."""

    def __init__(self) -> None:
        self._entries: dict[Part, list[Entry]] = {}
        self.fields: dict[str, Any] = {}

    def add(self, part: Part, entry: Entry) -> None:
        entries = self._entries.setdefault(part, [])
        entries.append(entry)
        if len(entries) > 1:
            entries.sort(key=lambda each: each.tier)

    def all(self, part: Part) -> list[Entry]:
        return self._entries.get(part, [])

    def first(self, part: Part) -> Entry | None:
        entries = self._entries.get(part)
        return entries[0] if entries else None

    def value(self, part: Part) -> object:
        entries = self._entries.get(part)
        return entries[0].value if entries else None

    def keep(self, name: str, value: object) -> None:
        self.fields[name] = as_field(value)

    def drop(self, part: Part) -> None:
        self._entries.pop(part, None)

    def keep_lesser(self) -> None:
        """Keep as fields what a better name for the same part has overruled."""
        for entries in self._entries.values():
            for entry in entries[1:]:
                if entry.tier > entries[0].tier:
                    self.keep(entry.name, entry.value)

    def release(self, part: Part) -> None:
        """Turn entries that turned out to play no part into plain fields."""
        for entry in self._entries.pop(part, []):
            self.keep(entry.name, entry.value)


def collect(fields: dict[str, Any]) -> Parts:
    """Sort the fields of one alert. Raises AlertRefused ambiguous_duplicate_key when spellings of one name differ."""
    parts = Parts()
    _collect(fields, "", "", parts)
    return parts


def _collect(fields: dict[str, Any], inside: str, path: str, parts: Parts) -> None:
    seen: dict[str, object] = {}
    for name, value in fields.items():
        squeezed = squeezed_name(name)
        if squeezed in seen and seen[squeezed] != value:
            raise AlertRefused("ambiguous_duplicate_key", f"the field {name[:40]!r} is there twice in two spellings")
        seen[squeezed] = value
        if value is None:
            _place_null(squeezed, inside, path + name, parts)
            continue
        if isinstance(value, dict):
            _collect_object(squeezed, name, value, path, parts)
        else:
            _place(squeezed, inside, path + name, value, parts)


def _collect_object(squeezed: str, name: str, value: dict[str, Any], path: str, parts: Parts) -> None:
    if squeezed in _EXTRAS:
        for inner, kept in value.items():
            parts.keep(inner, kept)
    elif is_container(squeezed):
        _collect(value, squeezed, f"{path}{name}.", parts)
    elif found := part_of(squeezed):
        parts.add(found[0], Entry(found[1], path + name, value))  # a stop; where an object cannot be, it is refused
    else:
        parts.keep(path + name, value)


def _place(squeezed: str, inside: str, name: str, value: object, parts: Parts) -> None:
    if squeezed == "position" and inside not in BARS:
        part = Part.POSITION if as_decimal(value) is not None else Part.HOLDING if holding_word(value) else None
        found = (part, 1) if part else None
    else:
        found = part_of(squeezed, inside)
    if found is None:
        parts.keep(name, value)
    else:
        parts.add(found[0], Entry(found[1], name, value))


def _place_null(squeezed: str, inside: str, name: str, parts: Parts) -> None:
    """Null is as good as absent, but for an action: where one was meant to be, the alert is not a mere event."""
    found = part_of(squeezed, inside)
    if found and found[0] in (Part.ACTION, Part.DIRECTION):
        parts.add(found[0], Entry(found[1], name, ""))


def settle_hints(parts: Parts) -> None:
    """Give ``signal``, ``type`` and the like the part that their word plays; the others become plain fields."""
    hints = parts.all(Part.HINT)
    has_action = bool(parts.all(Part.ACTION) or parts.all(Part.DIRECTION))
    for entry in list(hints):
        if order_type_word(entry.value) and not parts.all(Part.ORDER_TYPE):
            parts.add(Part.ORDER_TYPE, Entry(entry.tier, entry.name, entry.value))
        elif action_word(entry.value) and not has_action:
            parts.add(Part.ACTION, Entry(entry.tier, entry.name, entry.value))
            has_action = True
        else:
            continue
        hints.remove(entry)


def as_field(value: object) -> Any:
    """A value in JSON's own types, numbers as decimal text."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: as_field(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_field(inner) for inner in value]
    return value
