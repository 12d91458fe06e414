"""Reading one recorded day in LEAN format: names, hours, quote and trade rows. Shapes only, no opinion on time.

Times are milliseconds since midnight in New York, prices whole deci-cents (a ten-thousandth of a dollar). A row is
labelled by the START of its minute and known at its end. Source of the format: QuantConnect's LEAN, Apache-2.0.
"""

from __future__ import annotations

import json
import zipfile
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.symbols.occ import OptionContract, Right
from market_app.interface import Hours
from market_app.sessions import NEW_YORK

IntArray = NDArray[np.int64]

MINUTE_MS: Final = 60_000
NOTHING: Final = -1  # a side that no row has given yet
_QUOTE_COLUMNS: Final = 11
_TRADE_COLUMNS: Final = 6
_RIGHTS: Final = {"call": Right.CALL, "put": Right.PUT}
_SATURDAY: Final = 5
_DECI_CENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """Both sides as they stood at a minute's end; NOTHING for a side never quoted. changed: end of the last row."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int
    changed: int


@dataclass(frozen=True, slots=True)
class QuoteSeries:
    """Quote rows of one instrument in order of time, each side carried forward by itself: shape (n, 5).

    Columns: start of the minute, bid, bid size, ask, ask size.
    """

    rows: IntArray

    def known_at(self, moment: int) -> QuoteRow | None:
        """The last row whose minute had ended by that moment."""
        place = int(np.searchsorted(self.rows[:, 0], moment - MINUTE_MS, side="right")) - 1
        if place < 0:
            return None
        start, bid, bid_size, ask, ask_size = self.rows[place].tolist()
        return QuoteRow(bid, bid_size, ask, ask_size, start + MINUTE_MS)


def read_zip(path: Path) -> zipfile.ZipFile | None:
    """The archive, held in memory so that nothing stays open; None where there is no such file."""
    return zipfile.ZipFile(BytesIO(path.read_bytes())) if path.exists() else None


def only_member(archive: zipfile.ZipFile) -> bytes:
    return archive.read(archive.namelist()[0])


def quote_rows(text: bytes) -> IntArray:
    """Rows of one quote file, not carried: shape (n, 5), NOTHING on a side that did not change in that minute."""
    filled = text.replace(b",,", b",-1,").replace(b",,", b",-1,")  # twice: neighbours share a comma
    return _numbers(filled, _QUOTE_COLUMNS)[:, [0, 4, 5, 9, 10]]


def trade_rows(text: bytes) -> IntArray:
    """Rows of one trade file: shape (n, 6), start of the minute, open, high, low, close, volume."""
    return _numbers(text, _TRADE_COLUMNS)


def open_interest_row(text: bytes) -> tuple[int, int]:
    """Moment and number of contracts of an open-interest file, which has one row a day."""
    stamped, held = text.split()[0].split(b",")
    return int(stamped), int(held)


def quote_series(text: bytes, *, since: int) -> QuoteSeries:
    """A quote file's rows from ``since`` on, each side's last price and size carried forward.

    What was quoted before the open is not carried into the session.
    """
    rows = quote_rows(text)
    rows = rows[rows[:, 0] >= since]
    places = np.arange(len(rows))
    for price, size in ((1, 2), (3, 4)):
        source = np.maximum.accumulate(np.where(rows[:, price] > 0, places, 0))
        rows[:, [price, size]] = rows[source][:, [price, size]]
    return QuoteSeries(rows)


def contract_of(name: str) -> OptionContract:
    """From ``20151224_goog_minute_quote_american_call_7500000_20160115.csv``."""
    _, root, _, _, _, right, strike, expiration = name.removesuffix(".csv").split("_")
    expires = date(int(expiration[:4]), int(expiration[4:6]), int(expiration[6:]))
    return OptionContract(root.upper(), expires, _RIGHTS[right], Decimal(strike) / _DECI_CENTS)


@lru_cache(maxsize=131_072)
def dollars(deci_cents: int) -> Decimal:
    """At least two places, four where they are needed."""
    whole, rest = divmod(deci_cents, 100)
    return Decimal(deci_cents).scaleb(-4) if rest else Decimal(whole).scaleb(-2)


def milliseconds(moment: datetime) -> int:
    """Since midnight on New York's clock; a recorded day has no change of that clock within its session."""
    local = moment.astimezone(NEW_YORK)
    return ((local.hour * 60 + local.minute) * 60 + local.second) * 1000 + local.microsecond // 1000


def moment_of(day: date, since_midnight: int) -> datetime:
    naive = datetime.combine(day, time()) + timedelta(milliseconds=since_midnight)
    return naive.replace(tzinfo=NEW_YORK).astimezone(UTC)


class MarketHours:
    """The recorded market's own calendar: weekdays 09:30 to 16:00 New York without holidays, early closes earlier."""

    def __init__(self, path: Path) -> None:
        entry = json.loads(path.read_text())["entries"]["Equity-usa-[*]"]
        self._holidays = {_day(text) for text in entry["holidays"]}
        self._early = {_day(text): time.fromisoformat(closes) for text, closes in entry["earlyCloses"].items()}

    def hours(self, day: date) -> Hours | None:
        if day.weekday() >= _SATURDAY or day in self._holidays:
            return None
        early = self._early.get(day)
        opens_at = datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC)
        closes_at = datetime.combine(day, early or time(16), NEW_YORK).astimezone(UTC)
        return Hours(opens_at, closes_at, f"early close at {early:%H:%M} New York" if early else "")


class RecordedRates:
    """The recorded discount rate: a row for each change, in force from its date on. No file is no rate."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text().split()[1:] if path.exists() else []
        rows = (line.split(",") for line in lines)
        changes = sorted((date.fromisoformat(day), float(percent) / 100) for day, percent in rows)
        self._days, self._rates = [day for day, _ in changes], [rate for _, rate in changes]

    def on(self, day: date) -> float | None:
        """A fraction a year; None before the first row."""
        place = bisect_right(self._days, day)
        return self._rates[place - 1] if place else None


def _day(text: str) -> date:
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def _numbers(text: bytes, columns: int) -> IntArray:
    flat = np.fromstring(
        text.rstrip().replace(b"\r", b"").replace(b"\n", b",").decode("ascii"), dtype=np.int64, sep=","
    )
    return flat.reshape(-1, columns)
