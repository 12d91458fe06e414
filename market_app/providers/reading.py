"""Reading what providers send, without trusting any of it: nothing here raises on odd input, and nothing is guessed.

None means that a provider says nothing, NaN that what it says is no number: a quote with NaN is refused by the gate, and
says so, where a quote without a side would claim that nobody bids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from domain.quote_gate import LARGEST_PRICE
from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import BadOptionSymbol, OptionContract
from domain.symbols.roots import is_adjusted, root_of, ticker_of
from domain.symbols.spelling import Dialect, spelled
from market_app.interface import Activity, as_contract
from market_app.providers.access import ProviderTrouble, Trouble
from market_app.providers.wire import Wire
from market_app.sessions import NEW_YORK

DELAY: Final = timedelta(minutes=15)  # what "delayed" means on the American exchanges
HALF_HOUR_S: Final = 1_800
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
MILLISECONDS: Final = 1_000
NANOSECONDS: Final = 1_000_000_000
STANDARD_MULTIPLIER: Final = 100
_DATE_RIGHT_STRIKE: Final = 15  # characters at the end of an option symbol
_OPENS: Final = time(9, 30)
_CLOSES: Final = time(16, 0)
_SESSION_S: Final = 23_400
_EARLIEST: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_CENTURY: Final = range(2000, 2100)
_NAN: Final = Decimal("NaN")
_NUMBER: Final = re.compile(
    r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?", re.ASCII
)  # Decimal reads 1_000, too
_TOO_LARGE: Final = 10**18
_MOST: Final = 10**15  # shares or contracts
_LARGEST_MULTIPLIER: Final = 10_000


def obj(value: object) -> Mapping[str, Any]:
    """A JSON object, empty where it is something else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """A JSON list of objects, an empty one in place of whatever else is in it: a bar that is none must not go unseen."""
    return [obj(item) for item in value] if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> Decimal | None:
    """A number, or the text of one; None for null or an empty text, NaN for anything else."""
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) < _TOO_LARGE else _NAN  # repr is the shortest text of it: 640.17
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if abs(value) < _TOO_LARGE else _NAN
    if value is None or value == "":
        return None
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else _NAN


def price(value: object) -> Decimal | None:
    """A price for one share; None where it is 0, which is how providers write that there is none."""
    found = number(value)
    return None if found is None or (found.is_finite() and not found) else found


def count(value: object) -> int | None:
    """Whole contracts or shares, 0 included; None where that is not told."""
    found = number(value)
    return int(found) if found is not None and found.is_finite() and 0 <= found <= _MOST else None


def size(value: object) -> int | None:
    """Shares or contracts on one side; None where it is 0."""
    return count(value) or None


def moment(value: object, *, per_second: int = 1) -> datetime | None:
    """Seconds, milliseconds or nanoseconds since 1970; None for what cannot be a time in this century."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _EARLIEST * per_second <= value < _LATEST * per_second:
        return None
    whole, rest = divmod(int(value), per_second)
    return datetime.fromtimestamp(whole, UTC) + timedelta(microseconds=rest * 1_000_000 // per_second)


def clock(value: object, *, utc: bool = False) -> datetime | None:
    """A text such as 2026-11-18 11:40:30, in New York time where it names no offset; in UTC where ``utc`` says so."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    if found.year not in _CENTURY:
        return None
    zone = UTC if utc else NEW_YORK
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def day(value: object) -> date | None:
    try:
        found = date.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.year in _CENTURY else None


def midnight(on: date) -> datetime:
    """How daily bars are labelled everywhere here: midnight in New York."""
    return datetime.combine(on, time(), NEW_YORK).astimezone(UTC)


def close_of(on: date) -> datetime:
    """16:00 in New York; on a day that closes early nothing trades between the bell and this."""
    return datetime.combine(on, _CLOSES, NEW_YORK).astimezone(UTC)


def opening_of(on: date) -> datetime:
    return datetime.combine(on, _OPENS, NEW_YORK).astimezone(UTC)


def names(symbols: Iterable[str], dialect: Dialect) -> dict[str, str]:
    """Their spelling to our symbol, without symbols that this provider has no name for."""
    found: dict[str, str] = {}
    for symbol in symbols:
        try:
            found[spelled(symbol, dialect)] = symbol
        except BadSymbol:
            continue
    return found


def name_of(wire: Wire, symbol: str, dialect: Dialect) -> str:
    """Their spelling of our symbol. Raises ProviderTrouble (NO_DATA) where they have none."""
    try:
        return spelled(symbol, dialect)
    except BadSymbol as bad:
        raise wire.trouble(Trouble.NO_DATA, bad.message) from bad


def quote_of(
    symbol: str, provider: str, stamped: datetime | None, now: datetime, feed: FeedClass, *,
    bid: object = None, ask: object = None, bid_size: object = None, ask_size: object = None, last: object = None,
) -> Quote | None:  # fmt: skip
    """A quote of what a provider wrote; None where it gives no time or no price at all, and after a contract's last day."""
    sides = price(bid), price(ask)
    traded = number(last)  # no gate looks at it, so an odd one is left out here
    if traded is not None and not (traded.is_finite() and 0 < traded < LARGEST_PRICE):
        traded = None
    if stamped is None or (*sides, traded) == (None, None, None) or has_expired(symbol, now):
        return None
    return Quote(symbol, *sides, size(bid_size), size(ask_size), stamped, now, provider, feed, traded)


def has_expired(symbol: str, now: datetime) -> bool:
    """Whether it is a contract whose last day in New York is over."""
    contract = as_contract(symbol)
    return contract is not None and contract.expiration < now.astimezone(NEW_YORK).date()


def contract_on(underlying: str, symbol: str, *, multiplier: object = None) -> OptionContract | None:
    """The contract of that compact symbol, if it is one on this underlying.

    Where the provider does not tell the shares in it they are a hundred, but an adjusted contract, which may deliver
    something else, is left out.
    """
    told = count(multiplier)
    if told is None and (multiplier is not None or is_adjusted(symbol[:-_DATE_RIGHT_STRIKE])):
        return None
    shares = STANDARD_MULTIPLIER if told is None else told
    if shares > _LARGEST_MULTIPLIER:
        return None
    try:
        contract = OptionContract.parse(symbol, multiplier=shares)
    except BadOptionSymbol:
        return None
    plain = contract.root.rstrip("0123456789")
    return contract if underlying in (ticker_of(contract.root), contract.root) or plain == root_of(underlying) else None


def listing(
    wire: Wire, underlying: str, contracts: Iterable[OptionContract | None], now: datetime
) -> list[OptionContract]:
    """Those that have not expired by that day in New York, ordered. Raises ProviderTrouble (NO_DATA) without any."""
    today = now.astimezone(NEW_YORK).date()
    found = sorted({contract for contract in contracts if contract is not None and contract.expiration >= today})
    if not found:
        raise wire.trouble(Trouble.NO_DATA, f"no contracts on {underlying}")
    return found


def told_activity(
    wire: Wire, underlying: str, rows: Iterable[tuple[str, object, object]], now: datetime
) -> dict[str, Activity]:
    """Open interest and volume by compact symbol, of living contracts on this underlying. Raises NO_DATA without any."""
    found = {
        symbol: Activity(count(interest), count(volume))
        for symbol, interest, volume in rows
        if not has_expired(symbol, now) and contract_on(underlying, symbol, multiplier=STANDARD_MULTIPLIER) is not None
    }
    if not found:
        raise wire.trouble(Trouble.NO_DATA, f"no activity in options on {underlying}")
    return found


def collected(wire: Wire, symbols: Iterable[str], answers: Iterable[Mapping[str, Quote]]) -> dict[str, Quote]:
    """All answers in one. A failure ends the questions, and is raised only where nothing was known by then."""
    found: dict[str, Quote] = {}
    try:
        for answer in answers:
            found |= answer
    except ProviderTrouble:
        if not found:
            raise
    if not found:
        raise wire.trouble(Trouble.NO_DATA, f"no quote of {', '.join(sorted(symbols)[:3])}")
    return found


def bar_of(start: datetime | None, figures: Sequence[object]) -> Bar | None:
    """Of open, high, low, close and volume, as a provider wrote them; None where they cannot be a bar."""
    opened, high, low, close = map(number, figures[:4])
    volume = count(figures[4])
    if start is None or opened is None or high is None or low is None or close is None or volume is None:
        return None
    if not (opened.is_finite() and high.is_finite() and low.is_finite() and close.is_finite()):
        return None
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high < LARGEST_PRICE:
        return None
    return Bar(start, opened, high, low, close, volume)


def asked_for(interval_s: int, count: int) -> tuple[int, int]:
    """Interval and number of bars to ask a provider for: hours as halves.

    Hours of some providers begin with the clock's, half of the first one before the session. Put together from halves,
    they begin with the session everywhere.
    """
    return (HALF_HOUR_S, 2 * (count + 1)) if interval_s == HOUR_S else (interval_s, count)


def completed(
    wire: Wire,
    bars: Iterable[Bar | None],
    *,
    interval_s: int,
    count: int,
    now: datetime,
    delay: timedelta = timedelta(),
) -> list[Bar]:
    """The last bars of regular sessions that had ended, and could be known, by now; oldest first.

    A day's bar waits for DELAY in any case: the closing auction is reported after the bell. bars: what was asked_for, in
    any order. Raises ProviderTrouble: NONSENSE for a single bar that is none, since a hole
    would go unnoticed; NO_DATA for no bars.
    """
    asked_s, wanted = asked_for(interval_s, count)
    if asked_s >= DAY_S:
        delay = max(delay, DELAY)
    by_start: dict[datetime, Bar] = {}
    for bar in bars:
        if bar is None:
            raise wire.trouble(Trouble.NONSENSE, f"a bar of {interval_s} s without time or with impossible figures")
        if ended(bar.start, asked_s) + delay <= now and (asked_s >= DAY_S or _in_session(bar.start)):
            by_start[bar.start] = bar
    found = [by_start[start] for start in sorted(by_start)[-wanted:]]
    if asked_s != interval_s:
        whole = _joined(found, interval_s)[1:]  # of the first one a part may be missing
        found = [bar for bar in whole if ended(bar.start, interval_s) + delay <= now][-count:]
    if not found:
        raise wire.trouble(Trouble.NO_DATA, f"no bars of {interval_s} s")
    return found


def ended(start: datetime, interval_s: int) -> datetime:
    """When a bar of the regular session is over: the last one of a day may be shorter than the others."""
    closes = close_of(start.astimezone(NEW_YORK).date())
    return closes if interval_s >= DAY_S else min(start + timedelta(seconds=interval_s), max(closes, start))


def look_back(interval_s: int, count: int) -> timedelta:
    """How far back so many bars reach at least, with weekends, holidays and two bars to spare."""
    each_day = 1 if interval_s >= DAY_S else _SESSION_S // interval_s
    sessions = (count + 2) // max(each_day, 1) + 1
    return timedelta(days=sessions * 7 // 5 + 5)


def _joined(bars: Sequence[Bar], interval_s: int) -> list[Bar]:
    """Bars put together to longer ones, counted from each session's opening."""
    groups: dict[datetime, list[Bar]] = {}
    for bar in bars:
        opening = opening_of(bar.start.astimezone(NEW_YORK).date())
        whole = int((bar.start - opening).total_seconds()) // interval_s
        groups.setdefault(opening + timedelta(seconds=whole * interval_s), []).append(bar)
    return [
        Bar(
            start, part[0].open, max(bar.high for bar in part), min(bar.low for bar in part), part[-1].close,
            sum(bar.volume for bar in part),
        )
        for start, part in groups.items()
    ]  # fmt: skip


def _in_session(start: datetime) -> bool:
    return _OPENS <= start.astimezone(NEW_YORK).time() < _CLOSES
