"""A chain with facts for the selection to judge: GOOG on a day before Christmas, 749.40 a share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.quotes import FeedClass, Quote
from domain.selection import Activity, Candidate, ContractPolicy, Screened, Selection, Sight, screen, select, shelved
from domain.selection.candidates import Listed, VolatilityRange
from domain.selection.policy import Weights
from domain.symbols.occ import OptionContract, Right

CALL, PUT = Right.CALL, Right.PUT
TODAY = date(2015, 12, 24)
NOW = datetime(2015, 12, 24, 15, 30, tzinfo=UTC)
SOON, WEEKLY, MONTHLY = date(2015, 12, 24), date(2015, 12, 31), date(2016, 1, 15)
STRIKES = ("755", "740", "745", "752.5", "750")


def contract(
    strike: str, right: Right = CALL, expiration: date = WEEKLY, root: str = "GOOG", **more: int
) -> OptionContract:
    return OptionContract(root, expiration, right, Decimal(strike), **more)


CHAIN = [
    contract(strike, right, expiration)
    for expiration in (MONTHLY, SOON, WEEKLY)
    for right in (PUT, CALL)
    for strike in STRIKES
]


def quote(symbol: str, bid: str = "5.00", ask: str = "5.20", sizes: tuple[int | None, int | None] = (10, 10)) -> Quote:
    return Quote(symbol, Decimal(bid), Decimal(ask), *sizes, NOW, NOW, "test", FeedClass.RECORDED)


def sight(
    right: Right = CALL,
    spot: str = "749.4",
    activity: Mapping[str, Activity] | None = None,
    history: VolatilityRange | None = None,
) -> Sight:
    return Sight("GOOG", right, NOW, TODAY, quote("GOOG"), Decimal(spot), activity or {}, "", history)


def policy(**values: Any) -> ContractPolicy:
    """The built-in one in a window of 2 to 14 days unless told otherwise; weights as some of them, the others 0."""
    values = {"max_days": 14} | values
    weights = values.pop("weights", None)
    if weights is not None:
        values["weights"] = Weights(**{term: Decimal(weights.get(term, 0)) for term in Weights._fields})
    return ContractPolicy(**values)


def candidate(listed: Listed, **facts: Any) -> Candidate:
    """A contract with a good quote at a delta that falls along the strikes."""
    away = float((listed.contract.strike - Decimal("749.4")) / 20)
    call_delta = min(max(0.5 - away, 0.02), 0.98)
    made = Candidate(
        contract=listed.contract,
        days=listed.days,
        quote=quote(listed.contract.symbol),
        fault=None,
        vol=0.2,
        delta=call_delta if listed.contract.right is CALL else call_delta - 1,
        theta=-0.2,
        open_interest=listed.open_interest,
        volume=listed.volume,
    )
    return made._replace(**facts)


FactsOf = Callable[[OptionContract], Mapping[str, Any]]


def selected(
    chain: Iterable[OptionContract] = CHAIN,
    *,
    facts: FactsOf = lambda _: {},
    seen: Sight | None = None,
    by: ContractPolicy | None = None,
    **values: Any,
) -> Selection:
    """The whole way from a chain to a choice. facts: what a contract has other than the builder's; values: the policy's."""
    seen, by = seen or sight(), by or policy(**values)
    screened = screen(shelved(chain), seen, by)
    return select(screened, looked_at(screened, facts), seen, by)


def looked_at(screened: Screened, facts: FactsOf) -> list[Candidate]:
    return [candidate(listed, **facts(listed.contract)) for listed in screened.kept]


def symbol_of(selection: Selection) -> str:
    return selection.chosen().contract.symbol
