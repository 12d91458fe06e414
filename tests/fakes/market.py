"""A little true market: every price is a function of symbol and second, so a test can tell a wrong one from a late one.

Prices change once a second and never otherwise. There is a quote at any hour; bars exist in regular sessions only, and
every weekday has one.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.quotes import Bar
from domain.symbols.occ import OptionContract, Right

NEW_YORK: Final = ZoneInfo("America/New_York")
OPENS: Final = time(9, 30)
CLOSES: Final = time(16, 0)
MOMENT: Final = datetime(2026, 11, 18, 16, 40, 30, tzinfo=UTC)  # a Wednesday, 11:40:30 in New York
DAY_S: Final = 86_400
_MINUTE: Final = timedelta(minutes=1)
_FRIDAY: Final = 4
_STRIKES_EACH_WAY: Final = 4

_LEVELS: Final = {
    "SPY": 640.0,
    "QQQ": 560.0,
    "AAPL": 270.0,
    "GOOG": 181.0,
    "BRK.B": 495.0,
    "TSLA": 401.0,
    "MSFT": 512.0,
    "F": 12.6,
    "SPX": 6402.0,
}
INDICES: Final = ("SPX",)
SHARES: Final = tuple(symbol for symbol in _LEVELS if symbol not in INDICES)
UNDERLYINGS: Final = tuple(_LEVELS)
ROOTS: Final = {"BRK.B": "BRKB", "SPX": "SPXW"}  # of the others the root is the ticker
ADJUSTED_ROOT: Final = "AAPL1"
ADJUSTED_MULTIPLIER: Final = 150
UNKNOWN: Final = "ZZZZ"  # no such share


@dataclass(frozen=True, slots=True)
class TrueQuote:
    """What was true of one instrument in that second. Sizes in shares or contracts; option prices per share."""

    symbol: str
    bid: Decimal
    ask: Decimal
    bid_size: int
    ask_size: int
    last: Decimal
    at: datetime


class Risk(NamedTuple):
    """Numbers that go with an option's quote; plausible, not computed from a model."""

    volatility: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


class TrueActivity(NamedTuple):
    open_interest: int
    volume: int


class Market:
    """The clock of the market: frozen at a moment that a test may move, or running where ``at`` is None."""

    def __init__(self, at: datetime | None = MOMENT) -> None:
        self.at = at

    def now(self) -> datetime:
        """To the second, in which nothing changes."""
        return (self.at or datetime.now(UTC)).replace(microsecond=0)


def true_quote(symbol: str, at: datetime) -> TrueQuote:
    """Of an underlying or of a compact option symbol, in the second of that moment. KeyError for what is not listed."""
    second = at.astimezone(UTC).replace(microsecond=0)
    if symbol in _LEVELS:
        cents, half = _cents(symbol, int(second.timestamp())), 1
    else:
        contract = contract_of(symbol, at.astimezone(NEW_YORK).date())
        cents = _option_cents(contract, int(second.timestamp()))
        half = 1 + cents // 400
    sizes = (100 * (1 + _mark("bid", symbol) % 9), 100 * (1 + _mark("ask", symbol) % 9))
    return TrueQuote(symbol, _dollars(cents - half), _dollars(cents + half), *sizes, _dollars(cents), second)


@lru_cache(maxsize=512)
def listed(underlying: str, day: date) -> tuple[OptionContract, ...]:
    """Contracts on an underlying that have not expired on that day, ordered by expiration, right and strike."""
    level = _LEVELS[underlying]
    step = Decimal(str(next(step for step in (0.5, 1, 2.5, 5, 10, 50) if level / step < 150)))
    middle = int(Decimal(str(level)) / step)
    strikes = [step * (middle + offset) for offset in range(-_STRIKES_EACH_WAY, _STRIKES_EACH_WAY + 1)]
    root = ROOTS.get(underlying, underlying)
    return tuple(
        OptionContract(root, expiration, right, strike)
        for expiration in expirations(day)
        for right in (Right.CALL, Right.PUT)
        for strike in strikes
    )


def adjusted(day: date) -> tuple[OptionContract, ...]:
    """What a split left behind on AAPL: another root, and 150 shares for each contract."""
    last = expirations(day)[-1]
    return tuple(
        OptionContract(ADJUSTED_ROOT, last, right, Decimal("180.33"), ADJUSTED_MULTIPLIER)
        for right in (Right.CALL, Right.PUT)
    )


def expired(underlying: str, day: date) -> OptionContract:
    """A contract whose last day was the Friday before."""
    friday = expirations(day)[0] - timedelta(days=7)
    return OptionContract(ROOTS.get(underlying, underlying), friday, Right.CALL, Decimal(round(_LEVELS[underlying])))


def expirations(day: date) -> list[date]:
    """The next three Fridays and one half a year away."""
    first = day + timedelta(days=(_FRIDAY - day.weekday()) % 7)
    return [first + timedelta(days=7 * weeks) for weeks in (0, 1, 2, 26)]


def contract_of(symbol: str, day: date) -> OptionContract:
    """The contract with its multiplier. KeyError for what is not listed on that day."""
    return _by_symbol(day)[symbol]


def underlying_of(root: str) -> str:
    """KeyError for a root of nothing that is listed."""
    return _BY_ROOT[root]


def true_activity(symbol: str) -> TrueActivity:
    """The same all day. Some contracts have not traded, some nobody holds."""
    return TrueActivity(_mark("open", symbol) % 5_000, _mark("volume", symbol) % 900)


def risk(contract: OptionContract) -> Risk:
    share = (_mark("risk", contract.symbol) % 1_000) / 1_000
    delta = 0.05 + 0.9 * share
    return Risk(
        volatility=round(0.15 + 0.3 * share, 4),
        delta=round(delta if contract.right is Right.CALL else delta - 1.0, 4),
        gamma=round(0.001 + 0.02 * share, 5),
        theta=round(-0.01 - 0.2 * share, 4),
        vega=round(0.05 + 0.4 * share, 4),
        rho=round(0.01 + 0.1 * share, 4),
    )


def true_bar(symbol: str, start: datetime, interval_s: int) -> Bar:
    """The bar that starts there: of a session's part that begins with its opening, or of a day (midnight New York)."""
    first, last = _span(start, interval_s)
    minutes = range(int(first.timestamp()), int(last.timestamp()), 60)
    ends = [(_cents(symbol, second), _cents(symbol, second + 59)) for second in minutes]
    prices = [cents for pair in ends for cents in pair]
    opened, high, low, close = map(_dollars, (ends[0][0], max(prices), min(prices), ends[-1][1]))
    volume = sum(100 + (second // 60 * 2_654_435_761 + _mark(symbol)) % 900 for second in minutes)
    return Bar(start.astimezone(UTC), opened, high, low, close, volume)


_kept_bar = lru_cache(maxsize=20_000)(true_bar)


def true_bars(symbol: str, interval_s: int, start: datetime, end: datetime) -> list[Bar]:
    """All bars whose start is in [start, end), oldest first; the last one may still be running at ``end``."""
    found: list[Bar] = []
    day = start.astimezone(NEW_YORK).date()
    while day <= end.astimezone(NEW_YORK).date():
        starts = [s for s in _starts(day, interval_s) if start <= s < end] if is_trading_day(day) else []
        found += [_kept_bar(symbol, at, interval_s) for at in starts]
        day += timedelta(days=1)
    return found


def end_of(bar: Bar, interval_s: int) -> datetime:
    return close_of(bar.start.astimezone(NEW_YORK).date()) if interval_s == DAY_S else _span(bar.start, interval_s)[1]


def is_trading_day(day: date) -> bool:
    return day.weekday() <= _FRIDAY


def is_open(at: datetime) -> bool:
    local = at.astimezone(NEW_YORK)
    return is_trading_day(local.date()) and OPENS <= local.time() < CLOSES


def close_of(day: date) -> datetime:
    return datetime.combine(day, CLOSES, NEW_YORK).astimezone(UTC)


def last_trading_day(at: datetime) -> date:
    """The day whose session has begun last."""
    local = at.astimezone(NEW_YORK)
    day = local.date() if local.time() >= OPENS else local.date() - timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day


def closing_price(symbol: str, day: date) -> Decimal:
    return _dollars(_cents(symbol, int(close_of(day).timestamp()) - 1))


def _starts(day: date, interval_s: int) -> list[datetime]:
    if interval_s == DAY_S:
        return [datetime.combine(day, time(), NEW_YORK).astimezone(UTC)]
    opens, closes = (datetime.combine(day, at, NEW_YORK).astimezone(UTC) for at in (OPENS, CLOSES))
    count = math.ceil((closes - opens).total_seconds() / interval_s)
    return [opens + timedelta(seconds=number * interval_s) for number in range(count)]


def _span(start: datetime, interval_s: int) -> tuple[datetime, datetime]:
    local = start.astimezone(NEW_YORK)
    closes = datetime.combine(local.date(), CLOSES, NEW_YORK).astimezone(UTC)
    if interval_s == DAY_S:
        return datetime.combine(local.date(), OPENS, NEW_YORK).astimezone(UTC), closes
    return start.astimezone(UTC), min(start.astimezone(UTC) + timedelta(seconds=interval_s), closes)


def _cents(symbol: str, second: int) -> int:
    """A slow wave and a quick one; two neighbouring seconds differ by cents, two symbols by dollars."""
    turn = _mark(symbol) % 6_283 / 1_000
    wave = 0.004 * math.sin(second / 1_700 + turn) + 0.0008 * math.sin(second / 23 + 2 * turn)
    return round(100 * _LEVELS[symbol] * (1 + wave))


def _option_cents(contract: OptionContract, second: int) -> int:
    """Intrinsic value and a hump of time value around the money, never below five cents."""
    spot = _cents(underlying_of(contract.root), second) / 100
    expires_s = int(close_of(contract.expiration).timestamp())
    width = spot * 0.25 * math.sqrt(max(expires_s - second, 3_600) / (365 * DAY_S))
    distance = spot - float(contract.strike)
    intrinsic = max(distance if contract.right is Right.CALL else -distance, 0.0)
    return round(100 * (intrinsic + 0.4 * width * math.exp(-((distance / width) ** 2) / 2))) + 5


@lru_cache(maxsize=8)
def _by_symbol(day: date) -> dict[str, OptionContract]:
    contracts = [*adjusted(day), *(contract for underlying in UNDERLYINGS for contract in listed(underlying, day))]
    return {contract.symbol: contract for contract in contracts}


@lru_cache(maxsize=8_192)
def _mark(*parts: str) -> int:
    """A number that a text has always, in every process."""
    return zlib.crc32(":".join(parts).encode())


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


_BY_ROOT: Final = {ROOTS.get(symbol, symbol): symbol for symbol in UNDERLYINGS} | {ADJUSTED_ROOT: "AAPL"}
