"""What the commands that look at the market have in common: now, or a moment of a recorded day."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from books_app import clock
from domain.quotes import Quote
from domain.sessions import Product
from market_app import providers
from market_app.sessions import NEW_YORK
from tradingsite.management.base import DeskCommand

NOON = time(12)
HIGHEST_RATE = 0.5


class MarketCommand(DeskCommand):
    """Subclasses write ``look``, which sees the configured provider and now, or the recorded day that was named."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--data", type=Path, metavar="FOLDER", help="recorded days in LEAN format, with --date")
        parser.add_argument("--date", type=day_of, metavar="YYYY-MM-DD", help="the recorded day to look at")
        parser.add_argument(
            "--at", type=time_of, metavar="HH:MM", help="moment of that day, New York; 12:00 if not given"
        )

    def look(self, **options: Any) -> Any:
        raise NotImplementedError

    def run(self, *, data: Path | None, date: date | None, at: time | None, **options: Any) -> Any:
        if data is None and date is None and at is None:
            return self.look(**options)
        if data is None or date is None:
            raise CommandError(
                "a recorded day needs --data and --date together; leave out --at too for the market of now"
            )
        with recorded_moment(data, date, at or NOON):
            return self.look(**options)


@contextmanager
def recorded_moment(folder: Path, day: date, at: time) -> Iterator[None]:
    """Ask the recording, on a clock that stands at that moment. Raises CommandError where there is no such moment."""
    from market_app.providers.lean import HOURS_FILE, Lean

    if not folder.is_dir():
        raise CommandError(f"there is no folder {folder}: give --data the folder that holds the recorded days")
    if not (folder / HOURS_FILE).is_file():
        raise CommandError(f"{folder} holds no {HOURS_FILE}: give --data a folder with recorded days in LEAN format")
    market, moment = Lean(folder), datetime.combine(day, at, NEW_YORK).astimezone(UTC)
    hours = market.calendar(Product.EQUITY_OPTION).hours(day)
    if hours is None:
        raise CommandError(f"{day} is a weekend or holiday: give --date a trading day that was recorded")
    if not hours.opens_at <= moment < hours.closes_at:
        opens, closes = (edge.astimezone(NEW_YORK) for edge in (hours.opens_at, hours.closes_at))
        session = f"{opens:%H:%M} to {closes:%H:%M} New York"
        raise CommandError(f"{at:%H:%M} is outside the session of {day}: give --at a time from {session}")
    with clock.running_on(lambda: moment), providers.use_provider(market):
        yield


def add_rate_argument(parser: ArgumentParser) -> None:
    text = "flat interest rate a year as a fraction; if not given a recorded day's own, else the setting RISK_FREE_RATE"
    parser.add_argument("--rate", type=_rate_of, metavar="FRACTION", help=text)


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date such as 2015-12-24") from None


def time_of(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 a time of day, in New York by its meaning
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time of day such as 12:00") from None


def count_of(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _rate_of(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = HIGHEST_RATE + 1
    if not -HIGHEST_RATE <= rate <= HIGHEST_RATE:  # refuses NaN as well
        raise ArgumentTypeError(f"{text!r} is not a fraction such as 0.04 for four percent")
    return rate


def moment_text(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S} New York"


def source_text(quote: Quote) -> str:
    """Provider and feed, so that nobody takes an invention or a recording for the market."""
    return f"{quote.provider} ({quote.feed.value})"
