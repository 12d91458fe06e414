"""A gamma exposure for people: tables, and a picture of the strikes around spot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from domain.options.exposure import NEUTRAL_SHARE, REACH, GammaProfile, Sums
from domain.options.flow import Flow, SideFlow
from market_app.analysis import DealerGamma, Expiration
from market_app.analysis.document import ASSUMED, WEIGHT, price_text
from tradingsite.management.market import moment_text, source_text
from tradingsite.tables import table

MILLION: Final = 1e6
BAR: Final = 36  # columns of the longest bar, to each side
WIDTH: Final = 200
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


def pages(found: DealerGamma, *, strikes: int, chosen: Expiration | None = None) -> Iterator[str]:
    """One after another. The picture shows so many strikes around spot, of one expiration if one is chosen."""
    yield _heading(found)
    yield table(["exposure, $M", "all", "without today's expiry"], _summary(found))
    yield table(["beside it", "", ""], _beside(found))
    yield picture(found, strikes=strikes, chosen=chosen)
    yield table(_EXPIRATION_HEAD, [_expiration_row(row) for row in found.expirations], width=WIDTH)
    if found.flow is not None:
        yield _flow(found.flow)
    rows = [["used", found.used, ""], *([out.why, out.contracts, out.open_interest] for out in found.left_out)]
    yield table(["contracts", "count", "open interest left out"], rows)


def picture(found: DealerGamma, *, strikes: int, chosen: Expiration | None = None) -> str:
    """A bar for each of the strikes nearest to spot, highest first: short gamma to the left, long to the right."""
    every = found.whole.strikes if chosen is None else chosen.strikes
    shown = sorted(sorted(every, key=lambda row: abs(row.key - found.spot))[:strikes], key=lambda row: -row.key)
    longest = max((abs(row.net) for row in shown), default=0.0)
    named = _names(found) if chosen is None else {}
    title = "all expirations" if chosen is None else str(chosen.expiration)
    lines = [(row.key, _bar_line(row, longest, named.get(row.key, ""))) for row in shown]
    lines.append((found.spot, _level_line(found.spot, "─", "spot")))
    zero = found.whole.zero_gamma
    if chosen is None and zero is not None and shown and shown[-1].key <= zero <= shown[0].key:
        lines.append((zero, _level_line(zero, "┄", "zero gamma")))
    lines.sort(key=lambda line: -line[0])
    head = f"Net exposure by strike, {title}: ◂ short gamma │ long gamma ▸, $M net (calls, puts)"
    return "\n".join([head, *(text for _, text in lines)]) + "\n"


def bar(length: float, *, width: int = BAR) -> str:
    """A bar that grows from its left end, length 0 to 1, in eighths of a column, padded to the width."""
    eighths = round(min(max(length, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _heading(found: DealerGamma) -> str:
    source = f"{moment_text(found.at)}, {source_text(found.quote)}"
    return "\n".join(
        [
            f"{found.underlying}, {source}, spot {price_text(found.spot)}, rate {found.rate:.2%}",
            f"Weighted with {WEIGHT}, {found.interest_day}; {ASSUMED}.",
            "Exposures are in millions of dollars of delta for a move of one percent.",
            *(f"Warning: {warning}." for warning in found.warnings),
            "",
        ]
    )


def _summary(found: DealerGamma) -> list[list[Any]]:
    both = (found.whole, found.later)
    return [
        ["total", *(_millions(profile.total) for profile in both)],
        ["calls", *(_millions(profile.calls) for profile in both)],
        ["puts", *(_millions(profile.puts) for profile in both)],
        [f"dealers (neutral: net below {NEUTRAL_SHARE:.0%})", *(profile.position.value for profile in both)],
        ["call wall", *(price_text(profile.call_wall) or "none" for profile in both)],
        ["put wall", *(price_text(profile.put_wall) or "none" for profile in both)],
        ["zero gamma, nearest to spot", *(_zero_text(profile) for profile in both)],
    ]


def _zero_text(profile: GammaProfile) -> str:
    if profile.zero_gamma is None:
        return f"none within {REACH:.0%}"
    nearest = f"{profile.zero_gamma:.2f}"
    if len(profile.zero_levels) == 1:
        return nearest
    return f"{nearest}, one of several: {', '.join(f'{level:.2f}' for level in profile.zero_levels)}"


def _beside(found: DealerGamma) -> list[list[str]]:
    nearest, moves = found.nearest_pain, found.moves
    pain = [] if nearest is None else [[f"max pain of {nearest.expiration}", price_text(nearest.max_pain) or "", ""]]
    traded = None if found.flow is None else found.flow.put_call_ratio
    return [
        *pain,
        ["volatility at the money", _vol_text(moves.near_vol), "next expiration after today"],
        ["volatility at the money", _vol_text(moves.vol), "30 days"],
        ["expected move of a day", _move(moves.day, found.spot), "one standard deviation"],
        ["expected move to the close", _move(moves.to_close, found.spot), "one standard deviation"],
        ["open puts for each open call", _shown(found.put_call_ratio), ""],
        ["traded puts for each traded call", _shown(traded), "today so far"],
    ]


def _move(move: float | None, spot: float) -> str:
    return "none" if move is None else f"±{move:.2f} ({spot - move:.2f} to {spot + move:.2f})"


def _names(found: DealerGamma) -> dict[float, str]:
    """What a strike is called beside its bar."""
    names: dict[float, list[str]] = {}
    pain = found.nearest_pain
    facts = [
        (found.whole.call_wall, "call wall"),
        (found.whole.put_wall, "put wall"),
        (None if pain is None else pain.max_pain, "max pain"),
    ]
    for strike, name in facts:
        if strike is not None:
            names.setdefault(strike, []).append(name)
    return {strike: ", ".join(called) for strike, called in names.items()}


def _level_line(price: float, rule: str, name: str) -> str:
    return f"{price:>9.2f} {rule * BAR}┼{rule * BAR} {name}"


def _bar_line(row: Sums, longest: float, name: str) -> str:
    length = abs(row.net) / longest if longest else 0.0
    # Block elements fill from the left only: a bar to the left is drawn in whole columns.
    left = "█" * round(length * BAR) if row.net < 0 else ""
    right = bar(length) if row.net > 0 else " " * BAR
    figures = f"{_millions(row.net)} ({_millions(row.calls)}, {_millions(row.puts)})"
    return f"{price_text(row.key):>9} {left:>{BAR}}│{right} {figures} {name}".rstrip()


_EXPIRATION_HEAD: Final[Sequence[str]] = (
    *("expiration", "used", "open calls", "open puts", "put/call", "traded calls", "traded puts"),
    *("calls", "puts", "net", "max pain", "IV", "expected move"),
)


def _expiration_row(row: Expiration) -> list[Any]:
    held = [row.used, row.call_interest, row.put_interest, _shown(row.put_call_ratio), row.call_volume, row.put_volume]
    exposed = [_millions(number) for number in (row.calls, row.puts, row.calls + row.puts)]
    move = "none" if row.expected_move is None else f"±{row.expected_move:.2f}"
    return [row.expiration, *held, *exposed, price_text(row.max_pain) or "none", _vol_text(row.atm_vol), move]


def _flow(flow: Flow) -> str:
    head = ["traded today", "contracts", "premium at the middle, $M", "without a price"]
    sides = table(head, [_side_row("calls", flow.calls), _side_row("puts", flow.puts)])
    if not flow.unusual:
        return sides
    rows = [[row.contract.symbol, row.volume, row.open_interest, _shown(row.ratio, "new")] for row in flow.unusual]
    return f"{sides}\n{table(['unusual volume', 'traded', 'open', 'traded/open'], rows)}"


def _side_row(name: str, side: SideFlow) -> list[Any]:
    return [name, side.volume, f"{side.premium / MILLION:,.2f}", side.unpriced]


def _vol_text(vol: float | None) -> str:
    return "none" if vol is None else f"{vol:.1%}"


def _millions(dollars: float) -> str:
    return f"{dollars / MILLION:+,.2f}"


def _shown(number: float | None, otherwise: str = "none") -> str:
    return otherwise if number is None else f"{number:.2f}"
