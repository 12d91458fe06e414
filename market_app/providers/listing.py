"""What the simulated market lists: its underlyings, their expirations and their strikes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from domain.symbols.occ import OptionContract, Right

WEEKS_AHEAD: Final = 6
MONTHS_AHEAD: Final = 6
_FRIDAY: Final = 4
_NEAR: Final = 0.10  # inside this distance of the price every step is listed, outside every second one
_WEEKLY_REACH: Final = 0.18
_MONTHLY_REACH: Final = 0.36


@dataclass(frozen=True, slots=True)
class Underlying:
    """base: level in dollars that the path wanders about; vol: a year; volume: shares a day; step: of near strikes."""

    base: float
    vol: float
    dividend_yield: float
    volume: float
    step: Decimal


UNDERLYINGS: Final[Mapping[str, Underlying]] = {
    "AAPL": Underlying(268.0, 0.26, 0.004, 52e6, Decimal("2.5")),
    "MSFT": Underlying(512.0, 0.24, 0.007, 21e6, Decimal(5)),
    "GOOG": Underlying(286.0, 0.29, 0.003, 22e6, Decimal("2.5")),
    "GOOGL": Underlying(285.0, 0.29, 0.003, 30e6, Decimal("2.5")),
    "AMZN": Underlying(238.0, 0.31, 0.0, 42e6, Decimal("2.5")),
    "META": Underlying(640.0, 0.33, 0.003, 14e6, Decimal(5)),
    "NVDA": Underlying(188.0, 0.42, 0.0, 190e6, Decimal("2.5")),
    "AMD": Underlying(226.0, 0.52, 0.0, 45e6, Decimal("2.5")),
    "TSLA": Underlying(412.0, 0.58, 0.0, 85e6, Decimal(5)),
    "NFLX": Underlying(112.0, 0.34, 0.0, 35e6, Decimal(1)),
    "JPM": Underlying(305.0, 0.23, 0.019, 9e6, Decimal("2.5")),
    "SPY": Underlying(672.0, 0.16, 0.012, 68e6, Decimal(1)),
    "QQQ": Underlying(606.0, 0.21, 0.005, 50e6, Decimal(1)),
    "IWM": Underlying(240.0, 0.23, 0.011, 32e6, Decimal(1)),
    "DIA": Underlying(468.0, 0.15, 0.016, 4e6, Decimal(1)),
}


def expirations(day: date) -> list[date]:
    """Listed expirations on that day, in order: Fridays of the next weeks and third Fridays of the next months."""
    friday = day + timedelta(days=(_FRIDAY - day.weekday()) % 7)
    listed = {friday + timedelta(weeks=week) for week in range(WEEKS_AHEAD)}
    months = (divmod(day.month - 1 + ahead, 12) for ahead in range(MONTHS_AHEAD + 1))
    listed.update(third_friday(day.year + years, month + 1) for years, month in months)
    return sorted(expiration for expiration in listed if expiration >= day)


def third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


@lru_cache(maxsize=64)
def contracts(root: str, day: date, level: float) -> tuple[OptionContract, ...]:
    """The whole chain of that day around the price at its start, ordered by expiration, right and strike."""
    step = UNDERLYINGS[root].step
    return tuple(
        OptionContract(root, expiration, right, strike)
        for expiration in expirations(day)
        for right in (Right.CALL, Right.PUT)
        for strike in _strikes(level, step, monthly=expiration == third_friday(expiration.year, expiration.month))
    )


def _strikes(level: float, step: Decimal, *, monthly: bool) -> Iterator[Decimal]:
    reach = _MONTHLY_REACH if monthly else _WEEKLY_REACH
    first, last = int(level * (1 - reach) / float(step)), int(level * (1 + reach) / float(step))
    for number in range(max(first, 1), last + 1):
        strike = number * step
        if number % 2 == 0 or abs(float(strike) / level - 1) <= _NEAR:
            yield strike
