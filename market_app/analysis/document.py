"""A gamma exposure as a JSON document: what ``gex --json`` prints and what a snapshot keeps. Prices are decimal strings."""

from __future__ import annotations

from typing import Any, Final

from domain.options.exposure import GammaProfile, Sums
from domain.options.flow import Flow, SideFlow
from market_app.analysis.gamma import DealerGamma, Expiration

WEIGHT: Final = "open interest of the previous close"
ASSUMED: Final = "dealers are taken to be long the open calls and short the open puts: an assumption, not data"
UNIT: Final = "dollars of delta for a move of one percent"


def document(found: DealerGamma) -> dict[str, Any]:
    nearest = found.nearest_pain
    return {
        "underlying": found.underlying,
        "at": found.at.isoformat(),
        "provider": found.quote.provider,
        "feed": found.quote.feed.value,
        "warnings": list(found.warnings),
        "spot": price_text(found.spot),
        "rate": found.rate,
        "oldest_quote": found.oldest_quote.isoformat(),
        "newest_quote": found.newest_quote.isoformat(),
        "open_interest_of": found.interest_day.isoformat(),
        "weight": WEIGHT,
        "assumption": ASSUMED,
        "unit": UNIT,
        **_profile(found.whole),
        "without_same_day": _profile(found.later),
        "max_pain": None if nearest is None else price_text(nearest.max_pain),
        "max_pain_expiration": None if nearest is None else nearest.expiration.isoformat(),
        "put_call_ratio": rounded(found.put_call_ratio),
        "put_call_volume_ratio": None if found.flow is None else rounded(found.flow.put_call_ratio),
        "atm_vol": rounded(found.moves.vol, 6),
        "near_vol": rounded(found.moves.near_vol, 6),
        "expected_move_day": price_text(found.moves.day),
        "expected_move_to_close": price_text(found.moves.to_close),
        "flow": None if found.flow is None else flow_document(found.flow),
        "expirations": [expiration_document(row) for row in found.expirations],
        "strikes": [strike_document(row) for row in found.whole.strikes],
        "contracts_listed": found.listed,
        "contracts_used": found.used,
        "left_out": left_out_document(found),
    }


def flow_document(flow: Flow) -> dict[str, Any]:
    return {
        "contracts_traded": flow.contracts_traded,
        "calls": _side(flow.calls),
        "puts": _side(flow.puts),
        "unusual": [
            {
                "symbol": row.contract.symbol,
                "volume": row.volume,
                "open_interest": row.open_interest,
                "ratio": rounded(row.ratio),
            }
            for row in flow.unusual
        ],
    }


def expiration_document(row: Expiration) -> dict[str, Any]:
    return {
        "expiration": row.expiration.isoformat(),
        "contracts_used": row.used,
        "open_calls": row.call_interest,
        "open_puts": row.put_interest,
        "put_call_ratio": rounded(row.put_call_ratio),
        "call_volume": row.call_volume,
        "put_volume": row.put_volume,
        "calls": rounded(row.calls),
        "puts": rounded(row.puts),
        "net": rounded(row.calls + row.puts),
        "max_pain": price_text(row.max_pain),
        "atm_vol": rounded(row.atm_vol, 6),
        "expected_move": price_text(row.expected_move),
        "strikes": [strike_document(sums) for sums in row.strikes],
    }


def strike_document(row: Sums) -> dict[str, Any]:
    numbers = {"calls": rounded(row.calls), "puts": rounded(row.puts), "net": rounded(row.net)}
    return {"strike": price_text(row.key), **numbers}


def left_out_document(found: DealerGamma) -> list[dict[str, Any]]:
    return [{"why": out.why, "contracts": out.contracts, "open_interest": out.open_interest} for out in found.left_out]


def price_text(price: float | None) -> str | None:
    """At most three places, as strikes have; None stays None."""
    return None if price is None else f"{price:.3f}".rstrip("0").rstrip(".")


def rounded(number: float | None, places: int = 2) -> float | None:
    return None if number is None else round(number, places)


def _profile(profile: GammaProfile) -> dict[str, Any]:
    levels = len(profile.zero_levels)
    return {
        "total": rounded(profile.total),
        "calls": rounded(profile.calls),
        "puts": rounded(profile.puts),
        "dealers": profile.position.value,
        "call_wall": price_text(profile.call_wall),
        "put_wall": price_text(profile.put_wall),
        "zero_gamma": rounded(profile.zero_gamma),
        "zero_levels": [rounded(level) for level in profile.zero_levels],
        "zero_found": "none" if not levels else "one" if levels == 1 else "several",
    }


def _side(side: SideFlow) -> dict[str, Any]:
    return {"volume": side.volume, "premium": rounded(side.premium), "unpriced": side.unpriced}
