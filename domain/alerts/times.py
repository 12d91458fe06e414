"""Times and chart intervals as senders write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from domain.alerts.numbers import as_decimal, shown
from domain.errors import AlertRefused
from domain.quantities import counted

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:[Zz]|[+-]\d\d:?\d\d))?)?", re.ASCII
)
_UNIX_UNITS: Final = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))  # below: ticks per second
_FIRST_YEAR, _LAST_YEAR = 2000, 2099

_INTERVAL = re.compile(r"(?P<count>\d{0,5})\s*(?P<unit>[A-Za-z]{0,8})", re.ASCII)
_METATRADER = re.compile(r"(?P<unit>M|H|D|W|MN)(?P<count>\d{1,3})", re.ASCII)
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86_400, 604_800
_LONGEST_S = 366 * _DAY
_LONGEST_MONTHS = 12
_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hourly"), _HOUR),
    **dict.fromkeys(("d", "day", "days", "daily"), _DAY),
    **dict.fromkeys(("w", "wk", "week", "weeks", "weekly"), _WEEK),
}
_MONTHS: Final = frozenset({"mo", "mon", "mn", "month", "months", "monthly"})
_YEARS: Final = frozenset({"y", "yr", "year", "years", "yearly"})
_OTHER: Final = {"r": "range", "range": "range", "t": "tick", "tick": "tick", "ticks": "tick"}


@dataclass(frozen=True, slots=True)
class Times:
    """When an alert was sent (UTC), the chart's interval, and how old it may be by its own word, in seconds."""

    alert_time: datetime | None
    interval_s: int | str | None
    max_lag_s: int | None


def parse_time(value: object) -> datetime:
    """UTC time of an ISO text (without an offset it is UTC) or of unix seconds, milli-, micro- or nanoseconds.

    Raises AlertRefused bad_time.
    """
    number = as_decimal(value)
    moment = _from_iso(value) if number is None else _from_unix(number)
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise AlertRefused("bad_time", f"{shown(value)} is not a time")
    return moment


def _from_iso(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    text = value.strip().removesuffix(" UTC").removesuffix(" GMT")
    if not _ISO.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" Z", "Z").replace(" +", "+").replace(" -", "-"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February; the first or last hours of the calendar
        return None


def _from_unix(number: Decimal) -> datetime | None:
    ticks = next((ticks for limit, ticks in _UNIX_UNITS if 0 < number < limit), None)
    if ticks is None:
        return None
    whole, fraction = divmod(number / ticks, 1)
    return datetime.fromtimestamp(int(whole), UTC).replace(microsecond=int(fraction * 10**6))


def parse_interval(value: object) -> int | str:
    """Seconds of a chart interval; months, ranges and ticks, which have no fixed length, as "1 month", "10 range".

    A number alone is minutes. M is a month and m a minute; every other unit may have any case. Raises AlertRefused
    bad_interval.
    """
    text = value.strip() if isinstance(value, str) else str(value) if isinstance(value, Decimal) else ""
    if (number := as_decimal(value)) is not None and number == number.to_integral_value():
        text = str(int(number))
    interval = _metatrader(text) or _interval(text)
    if interval is None:
        raise AlertRefused("bad_interval", f"{shown(value)} is not a chart interval")
    return interval


def _metatrader(text: str) -> int | str | None:
    """M15, H4, D1: here the M stands first and is a minute."""
    found = _METATRADER.fullmatch(text)
    if not found or int(found["count"]) == 0:
        return None
    count, unit = int(found["count"]), found["unit"]
    return _months(count) if unit == "MN" else _bounded(count * _SECONDS[unit.lower()])


def _interval(text: str) -> int | str | None:
    found = _INTERVAL.fullmatch(text)
    if not found or not text:
        return None
    count, unit = int(found["count"] or 1), found["unit"]
    if count == 0:
        return None
    if unit == "":
        return _bounded(count * _MINUTE)
    lower = unit.lower()
    if unit == "M" or lower in _MONTHS:
        return _months(count)
    if lower in _YEARS:
        return _months(12 * count)
    if lower in _SECONDS:
        return _bounded(count * _SECONDS[lower])
    return f"{count} {_OTHER[lower]}" if lower in _OTHER else None


def _bounded(seconds: int) -> int | None:
    return seconds if seconds <= _LONGEST_S else None


def _months(count: int) -> str | None:
    if count > _LONGEST_MONTHS:
        return None
    return counted(count, "month")
