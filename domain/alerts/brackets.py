"""Stop loss and take profit, as numbers, percents, or objects with a type of their own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from domain.alerts.collect import Parts
from domain.alerts.names import Part, squeezed_name
from domain.alerts.numbers import PRICE_LIMIT, as_decimal, positive, shown
from domain.errors import AlertRefused

_MOST_STOP_PERCENT: Final = Decimal(100)
_MOST_TARGET_PERCENT: Final = Decimal(100_000)
_PERCENT: Final = frozenset({"percent", "pct", "percentage"})
_DISTANCE: Final = frozenset({"amount", "distance", "offset", "relative", "points", "pips", "ticks", "dollaramount"})
_TRAIL_PERCENT: Final = frozenset({"trailpercent", "trailpct", "trailingpercent", "trailingpct"})
_TRAIL_DISTANCE: Final = frozenset({"trailprice", "trailamount", "trailingamount", "traildistance", "trailingdistance"})
_TARGET_PRICE: Final = frozenset({"limitprice", "price", "limit", "takeprofit", "takeprofitprice"})
_STOP_PRICE: Final = frozenset({"stopprice", "price", "stop", "triggerprice", "stoploss", "stoplossprice"})
_STOP_LIMIT: Final = frozenset({"limitprice", "limit"})


@dataclass(slots=True)
class Bracket:
    """Prices in quote currency, pct in percent of the entry, distances in the sender's own steps."""

    take_profit_price: Decimal | None = None
    take_profit_pct: Decimal | None = None
    target_distance: Decimal | None = None
    stop_price: Decimal | None = None
    stop_pct: Decimal | None = None
    stop_distance: Decimal | None = None
    stop_limit_price: Decimal | None = None
    trailing_pct: Decimal | None = None
    trailing_distance: Decimal | None = None


def bracket_of(parts: Parts) -> Bracket:
    """Read what closes the position later. Raises AlertRefused bad_bracket."""
    bracket = Bracket()
    for part, read in ((Part.TARGET, _read_target), (Part.STOP, _read_stop)):
        entry = parts.first(part)
        if entry and not _is_unset(entry.value) and not read(entry.value, bracket):
            parts.release(part)  # an object of a form that is not known: kept for people to see
    _fill(parts, Part.TARGET_PERCENT, bracket, "take_profit_pct", _MOST_TARGET_PERCENT)
    _fill(parts, Part.TARGET_DISTANCE, bracket, "target_distance", None)
    _fill(parts, Part.STOP_PERCENT, bracket, "stop_pct", _MOST_STOP_PERCENT)
    _fill(parts, Part.STOP_DISTANCE, bracket, "stop_distance", None)
    _fill(parts, Part.TRAIL_PERCENT, bracket, "trailing_pct", _MOST_STOP_PERCENT)
    _fill(parts, Part.TRAIL_DISTANCE, bracket, "trailing_distance", None)
    return bracket


def _fill(parts: Parts, part: Part, bracket: Bracket, name: str, most: Decimal | None) -> None:
    entry = parts.first(part)
    if entry and not _is_unset(entry.value):
        setattr(bracket, name, _number(entry.value, name, most))


def _read_target(value: object, bracket: Bracket) -> bool:
    """Whether anything was understood."""
    if not isinstance(value, dict):
        name, most = ("take_profit_pct", _MOST_TARGET_PERCENT) if _is_percent(value) else ("take_profit_price", None)
        setattr(bracket, name, _number(value, name, most))
        return True
    understood = False
    for name, inner in _set_entries(value):
        if name in _TARGET_PRICE:
            bracket.take_profit_price = _number(inner, "take_profit_price")
        elif name in _PERCENT:
            bracket.take_profit_pct = _number(inner, "take_profit_pct", _MOST_TARGET_PERCENT)
        elif name in _DISTANCE:
            bracket.target_distance = _number(inner, "target_distance")
        else:
            continue
        understood = True
    return understood


def _read_stop(value: object, bracket: Bracket) -> bool:
    """Whether anything was understood."""
    if not isinstance(value, dict):
        name, most = ("stop_pct", _MOST_STOP_PERCENT) if _is_percent(value) else ("stop_price", None)
        setattr(bracket, name, _number(value, name, most))
        return True
    entries = _set_entries(value)
    trailing = any(name == "type" and "trail" in str(inner).lower() for name, inner in entries)
    understood = False
    for name, inner in entries:
        field, most = _stop_field(name, trailing)
        if field is not None:
            setattr(bracket, field, _number(inner, field, most))
            understood = True
    return understood


def _stop_field(name: str, trailing: bool) -> tuple[str | None, Decimal | None]:
    """Where an entry of a stop object belongs, and the most it may be in percent."""
    if name in _TRAIL_PERCENT or (trailing and name in _PERCENT):
        return "trailing_pct", _MOST_STOP_PERCENT
    if name in _TRAIL_DISTANCE or (trailing and name in _DISTANCE):
        return "trailing_distance", None
    if name in _STOP_PRICE:
        return "stop_price", None
    if name in _STOP_LIMIT:
        return "stop_limit_price", None
    if name in _PERCENT:
        return "stop_pct", _MOST_STOP_PERCENT
    return ("stop_distance", None) if name in _DISTANCE else (None, None)


def _set_entries(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """The object's entries under squeezed names; of {"type": "percent", "value": 5} the value takes the type's name."""
    kind = next((inner for name, inner in value.items() if squeezed_name(name) in ("type", "unit")), None)
    unit = squeezed_name(kind) if isinstance(kind, str) else ""
    known = unit in _PERCENT or unit in _DISTANCE
    named = [(squeezed_name(name), inner) for name, inner in value.items() if inner is not None]
    return [((unit if known else "price") if name == "value" else name, inner) for name, inner in named]


def _is_unset(value: object) -> bool:
    """Senders write 0 or false where there is no stop or target."""
    return value is False or value == "" or as_decimal(value) == 0


def _is_percent(value: object) -> bool:
    return isinstance(value, str) and value.rstrip().endswith("%")


def _number(value: object, what: str, most: Decimal | None = None) -> Decimal:
    if isinstance(value, str) and _is_percent(value) and most is not None:
        value = value.strip().removesuffix("%")
    number = positive(value, code="bad_bracket", what=what, limit=PRICE_LIMIT)
    if most is not None and number > most:
        raise AlertRefused("bad_bracket", f"{what} is {shown(value)} percent, {most} is the most")
    return number
