"""What goes wrong with providers, each in the way in which they do it."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from market_app.capabilities import Capability

Row = dict[str, Any]  # one instrument's figures on their way into an answer, by our own names for them


class Fault(StrEnum):
    # the conversation fails
    HANG = "hang"  # the connection stays open and nothing comes
    DRIP = "drip"  # a byte now and then
    RESET = "reset"  # the connection is torn down before an answer
    CUT_OFF = "cut_off"  # it ends in the middle of the promised length
    HTML_502 = "html_502"  # a gateway's page
    SERVER_ERROR_500 = "server_error_500"
    # the provider refuses, in its own words
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    PLAN_REFUSED = "plan_refused"
    # it answers, with less than was asked for
    EMPTY = "empty"  # no body at all
    NO_DATA = "no_data"  # in its own words
    CACHED_203 = "cached_203"  # MarketData.app: as good as 200
    EMPTY_204 = "empty_204"  # MarketData.app: its cache has nothing
    TRUNCATED_JSON = "truncated_json"
    # the answer is not of the documented shape
    WRONG_SHAPE = "wrong_shape"  # a list for an object, an object for a list
    UNKNOWN_FIELDS = "unknown_fields"  # must be harmless
    NULL_FIELDS = "null_fields"
    NO_TIME = "no_time"
    STRING_NUMBERS_BROKEN = "string_numbers_broken"
    NAN = "nan"
    MANGLED = "mangled"  # something that cannot be in place of one to three values, anywhere
    # the figures are wrong
    WRONG_SYMBOL = "wrong_symbol"  # an answer about something else
    STALE = "stale"  # true two hours ago, and stamped so
    FUTURE = "future"
    CROSSED = "crossed"
    ZERO_SIDES = "zero_sides"
    ABSURD = "absurd"  # a hundred times too much


F = Fault
C = Capability
CONVERSATION: Final = frozenset({F.HANG, F.DRIP, F.RESET, F.CUT_OFF, F.HTML_502, F.SERVER_ERROR_500})
REFUSALS: Final = frozenset({F.RATE_LIMITED, F.UNAUTHORISED, F.PLAN_REFUSED})
SHAPES: Final = frozenset({F.EMPTY, F.NO_DATA, F.TRUNCATED_JSON, F.WRONG_SHAPE, F.UNKNOWN_FIELDS, F.MANGLED})
ANYWHERE: Final = CONVERSATION | REFUSALS | SHAPES
FIGURES: Final[Mapping[Capability, frozenset[Fault]]] = {
    C.QUOTES: frozenset(
        {
            F.NULL_FIELDS, F.NO_TIME, F.STRING_NUMBERS_BROKEN, F.NAN, F.WRONG_SYMBOL, F.STALE, F.FUTURE, F.CROSSED,
            F.ZERO_SIDES, F.ABSURD,
        }
    ),
    C.CHAIN: frozenset({F.NULL_FIELDS, F.NAN, F.STRING_NUMBERS_BROKEN, F.WRONG_SYMBOL}),
    C.ACTIVITY: frozenset({F.NULL_FIELDS, F.NAN, F.STRING_NUMBERS_BROKEN, F.WRONG_SYMBOL}),
    C.BARS: frozenset(
        {F.NULL_FIELDS, F.NO_TIME, F.STRING_NUMBERS_BROKEN, F.NAN, F.WRONG_SYMBOL, F.FUTURE, F.CROSSED}
    ),
    C.SESSION: frozenset({F.NULL_FIELDS}),
}  # fmt: skip
LATE_BY: Final = timedelta(hours=2)
EARLY_BY: Final = timedelta(minutes=10)
ABSURD_TIMES: Final = 100
_ODD: Final[tuple[Any, ...]] = (
    None,
    "x",
    "1_000",
    "\u0663",
    [],
    {},
    [[]],
    {"x": {}},
    math.nan,
    math.inf,
    -1,
    -0.5,
    10**40,
    1e300,
    "9" * 300,
)
_STOPS: Final = 0.25  # at each depth
_PRICES: Final = ("bid", "ask", "last", "open", "high", "low", "close")
_MEASURED: Final = (*_PRICES, "bid_size", "ask_size", "volume", "open_interest")
_KEPT_IN_NULLS: Final = ("ask", "close")  # one side stays, as in life


def possible(capability: Capability) -> frozenset[Fault]:
    """What can go wrong with answers of a kind at any provider."""
    figures = FIGURES[C.QUOTES if capability is C.OPTION_QUOTES else capability]
    return (ANYWHERE | figures) - (frozenset({F.NO_DATA}) if capability is C.SESSION else frozenset())


def spoiled(fault: Fault | None, row: Row) -> Row:
    """The row as that fault leaves it. WRONG_SYMBOL, STALE and FUTURE are made where rows are."""
    match fault:
        case F.NAN:
            return _with(row, math.nan)
        case F.STRING_NUMBERS_BROKEN:
            return _with(row, "12,34.5.6")
        case F.NULL_FIELDS:
            return {**_with(row, None), **{name: row[name] for name in _KEPT_IN_NULLS if name in row}}
        case F.NO_TIME:
            return {**row, "time": None}
        case F.CROSSED if "open" in row:
            return {**row, "high": row["low"], "low": row["high"] + Decimal(1)}
        case F.CROSSED:
            return {**row, "bid": row["ask"] + Decimal(1), "ask": row["bid"]}
        case F.ZERO_SIDES:
            return {**row, "bid": Decimal(0), "ask": Decimal(0), "bid_size": 0, "ask_size": 0, "last": Decimal(0)}
        case F.ABSURD:
            return row | {name: ABSURD_TIMES * row[name] for name in _PRICES if name in row}
        case _:
            return row


def _with(row: Row, value: object) -> Row:
    return row | {name: value for name in _MEASURED if name in row}


def with_unknown_fields(body: Any) -> Any:
    """Every object gets a field more, at every depth."""
    if isinstance(body, dict):
        return {"new_since_today": {"x": [1, None]}, **{name: with_unknown_fields(part) for name, part in body.items()}}
    if isinstance(body, list):
        return [with_unknown_fields(part) for part in body]
    return body


def of_wrong_shape(body: Any) -> Any:
    """Lists for objects and objects for lists, below the outermost object where there is one."""
    if isinstance(body, dict) and any(isinstance(part, dict | list) for part in body.values()):
        return {name: _turned(part) for name, part in body.items()}
    return _turned(body)


def mangled(body: Any, chance: random.Random) -> Any:
    """The body with up to three of its parts, outer ones as often as inner ones, replaced by what nobody expects there."""
    for _ in range(chance.randint(1, 3)):
        body = _with_one_odd(body, chance)
    return body


def _with_one_odd(part: Any, chance: random.Random) -> Any:
    if not isinstance(part, dict | list) or not part:
        return chance.choice(_ODD)
    place = chance.choice(list(part) if isinstance(part, dict) else range(len(part)))
    inner = chance.choice(_ODD) if chance.random() < _STOPS else _with_one_odd(part[place], chance)
    return {**part, place: inner} if isinstance(part, dict) else [*part[:place], inner, *part[place + 1 :]]


def _turned(part: Any) -> Any:
    if isinstance(part, dict):
        return list(part.values())
    if isinstance(part, list):
        return {str(number): item for number, item in enumerate(part)}
    return part
