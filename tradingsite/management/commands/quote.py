"""Print the latest quotes of underlyings and option contracts, and what the quote gate says of each."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from books_app import clock
from market_app import services
from market_app.interface import as_contract
from market_app.quoting import Judged, judged
from tradingsite.management.market import MarketCommand, moment_text
from tradingsite.tables import table

HEAD = ["symbol", "bid", "ask", "bid size", "ask size", "mid", "age", "feed", "verdict"]


class Command(MarketCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("symbols", nargs="+", metavar="SYMBOL", help="such as SPY, or SPY270115C00700000")

    def look(self, *, symbols: list[str], **options: Any) -> dict[str, Any]:
        now, wanted = clock.now(), list(dict.fromkeys(map(_symbol, symbols)))
        found = services.quotes(wanted, now=now)
        quotes = [_facts(symbol, judged(symbol, found.get(symbol), now=now)) for symbol in wanted]
        self.tell(f"{moment_text(now)}\n")
        self.tell(table(HEAD, [_row(facts) for facts in quotes]))
        return {"at": now.isoformat(), "quotes": quotes}


def _symbol(text: str) -> str:
    """Compact form of a contract, capitals for anything else."""
    contract = as_contract(text.upper())
    return text.upper() if contract is None else contract.symbol


def _facts(symbol: str, seen: Judged) -> dict[str, Any]:
    quote, verdict = seen
    good = {"good": seen.good, "code": verdict.code, "verdict": verdict.text}
    if quote is None:
        return {"symbol": symbol, **good}
    age = max((quote.received_at - quote.provider_time).total_seconds(), 0.0)
    return {**quote.as_json(), "mid": None if quote.mid is None else f"{quote.mid:f}", "age_s": age, **good}


def _row(facts: dict[str, Any]) -> list[Any]:
    age = f"{facts['age_s']:.0f} s" if "age_s" in facts else None
    verdict = "good" if facts["good"] else f"{facts['code']}: {facts['verdict']}"
    seen = [facts.get(name) for name in ("symbol", "bid", "ask", "bid_size", "ask_size", "mid")]
    return [*seen, age, facts.get("feed"), verdict]
