"""Print the gamma exposure of an underlying's option dealers: total, walls, zero gamma, max pain, by expiration."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from domain.options.exposure import NEUTRAL_SHARE, REACH, GammaProfile, Sums
from market_app.analysis import DealerGamma, Expiration, dealer_gamma
from tradingsite.management.market import MarketCommand, add_rate_argument, moment_text, price_text, source_text
from tradingsite.tables import table

LARGEST = 10
MILLION = 1e6
ASSUMED = "dealers are taken to be long the open calls and short the open puts: an assumption, not data"
WEIGHT = "open interest of the previous close"
WIDTH = 160


class Command(MarketCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_rate_argument(parser)
        parser.add_argument("underlying")

    def look(self, *, underlying: str, rate: float, **options: Any) -> dict[str, Any]:
        found = dealer_gamma(underlying.upper(), rate=rate)
        nearest = next((row for row in found.expirations if row.max_pain is not None), None)
        self._show(found, nearest)
        return {
            "underlying": found.underlying,
            "at": found.at.isoformat(),
            "provider": found.quote.provider,
            "feed": found.quote.feed.value,
            "spot": price_text(found.spot),
            "rate": found.rate,
            "weight": WEIGHT,
            "assumption": ASSUMED,
            "unit": "dollars of delta for a move of one percent",
            **_profile(found.whole),
            "without_same_day": _profile(found.later),
            "max_pain": None if nearest is None else price_text(nearest.max_pain),
            "put_call_ratio": _rounded(found.put_call_ratio),
            "expirations": [_expiration(row) for row in found.expirations],
            "strikes": [_strike(row) for row in found.whole.strikes],
            "contracts_used": found.used,
            "left_out": [
                {"why": out.why, "contracts": out.contracts, "open_interest": out.open_interest}
                for out in found.left_out
            ],
        }

    def _show(self, found: DealerGamma, nearest: Expiration | None) -> None:
        source = f"{moment_text(found.at)}, {source_text(found.quote)}"
        self.tell(f"{found.underlying}, {source}, spot {price_text(found.spot)}, rate {found.rate:.2%}")
        self.tell(f"Weighted with {WEIGHT}; {ASSUMED}.")
        self.tell("Exposures are in millions of dollars of delta for a move of one percent.\n")
        self.tell(table(["exposure", "all", "without today's expiry"], _summary(found)))
        if nearest is not None:
            self.tell(f"max pain of {nearest.expiration}: {price_text(nearest.max_pain)}")
        self.tell(f"open puts for each open call: {_shown(found.put_call_ratio)}\n")
        head = ["expiration", "used", "open calls", "open puts", "put/call", "calls", "puts", "net", "max pain"]
        self.tell(table(head, [_expiration_row(row) for row in found.expirations], width=WIDTH))
        largest = sorted(found.whole.strikes, key=lambda row: -abs(row.net))[:LARGEST]
        self.tell(table(["largest strikes", "calls", "puts", "net"], [_strike_row(row) for row in largest]))
        rows = [["used", found.used, ""], *([out.why, out.contracts, out.open_interest] for out in found.left_out)]
        self.tell(table(["contracts", "count", "open interest left out"], rows))


def _summary(found: DealerGamma) -> list[list[Any]]:
    both = (found.whole, found.later)
    none = f"none within {REACH:.0%}"
    return [
        ["total", *(_millions(profile.total) for profile in both)],
        ["calls", *(_millions(profile.calls) for profile in both)],
        ["puts", *(_millions(profile.puts) for profile in both)],
        [f"dealers (neutral: net below {NEUTRAL_SHARE:.0%})", *(profile.position.value for profile in both)],
        ["call wall", *(price_text(profile.call_wall) or "none" for profile in both)],
        ["put wall", *(price_text(profile.put_wall) or "none" for profile in both)],
        ["zero gamma", *(_shown(profile.zero_gamma, none) for profile in both)],
        ["all zero levels", *(", ".join(map(_shown, profile.zero_levels)) or none for profile in both)],
    ]


def _profile(profile: GammaProfile) -> dict[str, Any]:
    return {
        "total": _rounded(profile.total),
        "calls": _rounded(profile.calls),
        "puts": _rounded(profile.puts),
        "dealers": profile.position.value,
        "call_wall": price_text(profile.call_wall),
        "put_wall": price_text(profile.put_wall),
        "zero_gamma": _rounded(profile.zero_gamma),
        "zero_levels": [_rounded(level) for level in profile.zero_levels],
    }


def _expiration(row: Expiration) -> dict[str, Any]:
    return {
        "expiration": row.expiration.isoformat(),
        "contracts_used": row.used,
        "open_calls": row.call_interest,
        "open_puts": row.put_interest,
        "put_call_ratio": _rounded(row.put_call_ratio),
        "calls": _rounded(row.calls),
        "puts": _rounded(row.puts),
        "net": _rounded(row.calls + row.puts),
        "max_pain": price_text(row.max_pain),
    }


def _strike(row: Sums) -> dict[str, Any]:
    numbers = {"calls": _rounded(row.calls), "puts": _rounded(row.puts), "net": _rounded(row.net)}
    return {"strike": price_text(row.key), **numbers}


def _expiration_row(row: Expiration) -> list[Any]:
    held = [row.used, row.call_interest, row.put_interest, _shown(row.put_call_ratio)]
    exposed = [_millions(number) for number in (row.calls, row.puts, row.calls + row.puts)]
    return [row.expiration, *held, *exposed, price_text(row.max_pain) or "none"]


def _strike_row(row: Sums) -> list[Any]:
    return [price_text(row.key), _millions(row.calls), _millions(row.puts), _millions(row.net)]


def _millions(dollars: float) -> str:
    return f"{dollars / MILLION:+,.2f}"


def _shown(number: float | None, otherwise: str = "none") -> str:
    return otherwise if number is None else f"{number:.2f}"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
