"""From a whole chain to what may be bought: every contract is either kept or counted by the first filter it fails."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Final, NamedTuple

from domain.options.expiry import days_to_expiration
from domain.selection.candidates import UNKNOWN, Candidate, Listed, Sight
from domain.selection.policy import ContractPolicy
from domain.symbols.occ import OptionContract, Right

STANDARD_MULTIPLIER: Final = 100
FILTERS: Final[Mapping[str, str]] = {  # in the order in which they are asked, with what each one takes away
    "right": "of the other right",
    "standard": "adjusted or of another size than 100 shares",
    "days": "outside the window of days",
    "reach": "too far from the money or from the days wanted to be looked at",
    "open_interest": "too little open interest, or none told",
    "volume": "too little volume, or none told",
    "quote": "quote refused by the gate",
    "spread": "spread too wide for the price",
    "spread_ticks": "spread of too many ticks",
    "delta": "delta outside the band, or none known",
}
LOOKED_AT: Final = 64  # contracts of one selection, so that one batch of quotes and one vectorised pass do
HIGHEST_VOL: Final = 1.5  # a delta band is looked for up to this volatility a year
_RATE_REACH: Final = 0.1  # an interest rate that no band is narrower for
_DAYS_PER_YEAR: Final = 365.0
_quantile: Final = NormalDist().inv_cdf


class Place(NamedTuple):
    """A contract on its shelf, with what every selection asks of it."""

    log_strike: float
    contract: OptionContract
    symbol: str


Shelf = Mapping[date, tuple[Place, ...]]


@dataclass(frozen=True, slots=True)
class Shelves:
    """A chain sorted once for many selections: its standard contracts by right and expiration, strikes rising."""

    listed: int
    adjusted: Mapping[Right, int]
    standard: Mapping[Right, Shelf]


@dataclass(frozen=True, slots=True)
class Screened:
    """What is left of a chain before anything is quoted, and how many each filter took away."""

    listed: int
    kept: tuple[Listed, ...]
    removed: Mapping[str, int]


def is_adjusted(contract: OptionContract) -> bool:
    """True for a contract changed by a corporate action (AAPL1) and for minis (AAPL7): not 100 shares of the stock."""
    return contract.multiplier != STANDARD_MULTIPLIER or contract.root[-1].isdigit()


def shelved(chain: Iterable[OptionContract]) -> Shelves:
    """Sorts a chain; what comes of it does not depend on the chain's order."""
    listed, adjusted = 0, Counter[Right]()
    standard: dict[Right, dict[date, list[OptionContract]]] = {right: defaultdict(list) for right in Right}
    for contract in chain:
        listed += 1
        if is_adjusted(contract):
            adjusted[contract.right] += 1
        else:
            standard[contract.right][contract.expiration].append(contract)
    shelves = {right: {day: _by_strike(shelf[day]) for day in sorted(shelf)} for right, shelf in standard.items()}
    return Shelves(listed, adjusted, shelves)


def screen(shelves: Shelves, sight: Sight, policy: ContractPolicy) -> Screened:
    """The filters that need no quote, so that little has to be quoted."""
    shelf = shelves.standard[sight.right]
    standard = sum(map(len, shelf.values()))
    adjusted = shelves.adjusted.get(sight.right, 0)
    near = {day: days_to_expiration(day, sight.today) for day in shelf}
    inside = {day: shelf[day] for day, days in near.items() if policy.min_days <= days <= policy.max_days}
    in_window = sum(map(len, inside.values()))
    looked_at = _within_reach(inside, near, sight, policy)
    kept: list[Listed] = []
    removed = Counter(
        right=shelves.listed - standard - adjusted,
        standard=adjusted,
        days=standard - in_window,
        reach=in_window - len(looked_at),
    )
    for place in looked_at:
        known = sight.activity.get(place.symbol, UNKNOWN)
        row = Listed(place.contract, near[place.contract.expiration], *known)
        fault = _too_idle(row, policy)
        if fault is None:
            kept.append(row)
        else:
            removed[fault] += 1
    return Screened(shelves.listed, tuple(kept), removed)


def sift(candidates: Iterable[Candidate], policy: ContractPolicy) -> tuple[list[Candidate], Counter[str]]:
    """The filters that need a quote, except for the delta band, which not every kind of policy asks for."""
    kept: list[Candidate] = []
    removed: Counter[str] = Counter()
    max_spread = float(policy.max_spread)
    for candidate in candidates:
        if candidate.fault is not None:
            removed["quote"] += 1
        elif candidate.spread > max_spread:
            removed["spread"] += 1
        elif candidate.spread_ticks > policy.max_spread_ticks:
            removed["spread_ticks"] += 1
        else:
            kept.append(candidate)
    return kept, removed


def in_delta_band(candidate: Candidate, policy: ContractPolicy) -> bool:
    """False as well where no delta is known."""
    delta = candidate.delta
    return delta is not None and float(policy.delta_min) <= abs(delta) <= float(policy.delta_max)


def _too_idle(row: Listed, policy: ContractPolicy) -> str | None:
    asked = (
        ("open_interest", row.open_interest, policy.min_open_interest),
        ("volume", row.volume, policy.min_volume),
    )
    for name, known, least in asked:
        if least and (not policy.unknown_passes if known is None else known < least):
            return name
    return None


def _within_reach(inside: Shelf, near: Mapping[date, int], sight: Sight, policy: ContractPolicy) -> list[Place]:
    """At most LOOKED_AT of them. Of the nearest expirations for a nearest strike; around the delta band otherwise."""
    if policy.strike != "delta":
        return _of_nearest_expirations(inside, sight)
    center = math.log(sight.spot)
    aside: list[tuple[float, Place]] = []
    for day, shelf in inside.items():
        below, above = _reach(near[day], sight.right, policy)
        late = 1.0 - policy.nearness_of_days(near[day])
        first = bisect_left(shelf, center + below, key=_log_strike)
        last = bisect_right(shelf, center + above, key=_log_strike)
        for place in shelf[first:last]:
            away = place.log_strike - center
            aside.append((max(late, away / (below if away < 0 else above)), place))
    if len(aside) > LOOKED_AT:
        # From 0, at the money and on the day wanted, to 1, at the edge of the reach or of the window.
        aside.sort(key=lambda row: (row[0], row[1].log_strike, row[1].symbol))
    return [place for _, place in aside[:LOOKED_AT]]


def _of_nearest_expirations(inside: Shelf, sight: Sight) -> list[Place]:
    found: list[Place] = []
    for shelf in inside.values():  # the earliest first
        if len(found) < LOOKED_AT:
            found += sorted(shelf, key=lambda place: abs(place.contract.strike - sight.spot))
    return found[:LOOKED_AT]


def _reach(days: int, right: Right, policy: ContractPolicy) -> tuple[float, float]:
    """Log of strike over spot between which the delta band lies at any volatility up to HIGHEST_VOL.

    From delta = N(d1) of Black and Scholes solved for the strike: ln K/S = (r + vol²/2) T - z vol sqrt(T), with
    z = N⁻¹(delta) for a call and the sign of z turned for a put; Hull, Options, Futures, and Other Derivatives, 10th ed.,
    19.4. The drift is allowed for on both sides.
    """
    years = (days + 1) / _DAYS_PER_YEAR
    spread, drift = HIGHEST_VOL * math.sqrt(years), (_RATE_REACH + HIGHEST_VOL**2 / 2) * years
    out_of_the_money = max(-_quantile(float(policy.delta_min)), 0.0) * spread + drift
    in_the_money = max(_quantile(float(policy.delta_max)), 0.0) * spread + drift
    return (-in_the_money, out_of_the_money) if right is Right.CALL else (-out_of_the_money, in_the_money)


def _log_strike(place: Place) -> float:
    return place.log_strike


def _by_strike(contracts: Iterable[OptionContract]) -> tuple[Place, ...]:
    """Lowest strike first; where several roots list one, the shortest first (SPX before SPXW)."""
    ordered = sorted(contracts, key=lambda c: (c.strike, len(c.root), c.root))
    return tuple(Place(math.log(contract.strike), contract, contract.symbol) for contract in ordered)
