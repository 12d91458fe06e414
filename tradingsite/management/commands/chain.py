"""Print one expiration of an option chain around the money: quotes, implied volatility, delta, gamma, open interest."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.symbols.occ import OptionContract, Right
from market_app import services
from market_app.analysis import Analysed, analysed, spot_quote
from market_app.analysis.document import WEIGHT, price_text
from market_app.interface import Activity
from market_app.rates import risk_free_rate
from tradingsite.management.market import (
    MarketCommand,
    add_rate_argument,
    count_of,
    day_of,
    moment_text,
    source_text,
)
from tradingsite.tables import table

STRIKES = 10
WIDTH = 200  # fifteen columns: a narrow screen folds them, which is better than to cut the puts off
SIDE = ["bid", "ask", "IV", "delta", "gamma", "open", "traded"]


class Command(MarketCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_rate_argument(parser)
        parser.add_argument("underlying")
        parser.add_argument("--expiration", type=day_of, metavar="YYYY-MM-DD", help="the nearest if not given")
        parser.add_argument("--strikes", type=count_of, default=STRIKES, metavar="N", help="how many, around the money")

    def look(
        self, *, underlying: str, expiration: date | None, strikes: int, rate: float | None, **options: Any
    ) -> dict[str, Any]:
        root, now = underlying.upper(), clock.now()
        listed = services.chain(root, now=now)
        day = _chosen(root, [contract.expiration for contract in listed], expiration)
        quote = spot_quote(root)
        spot = float(quote.mid or 0)
        shown = _around(spot, [contract for contract in listed if contract.expiration == day], strikes)
        activity, note = _activity(root)
        flat = risk_free_rate(now) if rate is None else rate
        rows = _by_strike(analysed(shown, spot=spot, rate=flat), activity)
        self.tell(f"{root} {day}, {moment_text(now)}, {source_text(quote)}, spot {price_text(spot)}, rate {flat:.2%}")
        self.tell(f"{note}\n")
        head = [*(f"C {name}" for name in SIDE), "strike", *(f"P {name}" for name in SIDE)]
        self.tell(table(head, [_row(row) for row in rows], width=WIDTH))
        return {
            "underlying": root,
            "at": now.isoformat(),
            "provider": quote.provider,
            "feed": quote.feed.value,
            "spot": price_text(spot),
            "rate": flat,
            "expiration": day.isoformat(),
            "open_interest": note,
            "strikes": rows,
        }


def _chosen(root: str, listed: Sequence[date], wanted: date | None) -> date:
    days = sorted(set(listed))
    if wanted is None and days:
        return days[0]
    if wanted is None or wanted not in days:
        known = ", ".join(map(str, days)) or "none"
        raise CommandError(f"{root} has no expiration {wanted or ''}: give --expiration one of {known}")
    return wanted


def _around(spot: float, contracts: Sequence[OptionContract], count: int) -> list[OptionContract]:
    """Those on the strikes nearest to spot."""
    nearest = sorted({c.strike for c in contracts}, key=lambda strike: abs(float(strike) - spot))[:count]
    return [contract for contract in contracts if contract.strike in nearest]


def _activity(root: str) -> tuple[Mapping[str, Activity], str]:
    """A chain can be read without it, so its absence is said and is no refusal."""
    try:
        return services.activity(root), f"{WEIGHT}, volume of today so far"
    except MarketDataUnavailable as unavailable:
        return {}, f"no open interest: {unavailable.message}"


def _by_strike(rows: Sequence[Analysed], activity: Mapping[str, Activity]) -> list[dict[str, Any]]:
    sides: dict[Decimal, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row.contract.strike):
        strike = row.contract.strike
        side = "call" if row.contract.right is Right.CALL else "put"
        known = sides.setdefault(strike, {"strike": price_text(float(strike)), "call": None, "put": None})
        known[side] = _facts(row, activity.get(row.contract.symbol, Activity(None, None)))
    return list(sides.values())


def _facts(row: Analysed, seen: Activity) -> dict[str, Any]:
    quote = row.judged.quote
    bid, ask = (None, None) if quote is None else (quote.bid, quote.ask)
    return {
        "symbol": row.contract.symbol,
        "bid": None if bid is None else str(bid),
        "ask": None if ask is None else str(ask),
        "code": row.judged.verdict.code,
        "iv": _rounded(row.vol, 4),
        "delta": _rounded(row.delta, 4),
        "gamma": _rounded(row.gamma, 6),
        "open_interest": seen.open_interest,
        "volume": seen.volume,
    }


def _rounded(number: float | None, places: int) -> float | None:
    return None if number is None else round(number, places)


def _row(row: dict[str, Any]) -> list[Any]:
    return [*_cells(row["call"]), row["strike"], *_cells(row["put"])]


def _cells(side: dict[str, Any] | None) -> list[Any]:
    if side is None:
        return [None] * len(SIDE)
    vol, delta, gamma = side["iv"], side["delta"], side["gamma"]
    implied = (
        None if number is None else format(number, form)
        for number, form in ((vol, ".1%"), (delta, ".3f"), (gamma, ".4f"))
    )
    return [side["bid"], side["ask"], *implied, side["open_interest"], side["volume"]]
