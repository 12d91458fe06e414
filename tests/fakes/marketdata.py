"""MarketData.app: https://www.marketdata.app/docs/api, as of November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from domain.symbols.occ import Right
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.server import Answer, Asked, FakeServer, Route

_SECONDS = {"1": 60, "3": 180, "5": 300, "15": 900, "30": 1_800, "45": 2_700, "D": market.DAY_S}
_PRICES = ("bid", "ask", "mid", "last")


class FakeMarketData(FakeServer):
    name = "marketdata"
    base = "/v1"
    own_faults: ClassVar[frozenset[Fault]] = frozenset({Fault.CACHED_203, Fault.EMPTY_204})
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {
        Capability.BARS: frozenset({Fault.WRONG_SYMBOL}),  # candles do not say of what
    }
    delay = timedelta(minutes=15)  # of shares; options are real-time

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/stocks/quotes/(?:(?P<symbol>[^/]+)/)?", Capability.QUOTES, self.stock_quotes),
            Route(r"/options/quotes/(?P<symbol>[^/]+)/", Capability.OPTION_QUOTES, self.option_quote),
            Route(r"/options/chain/(?P<underlying>[^/]+)/", Capability.OPTION_QUOTES, self.chain),
            Route(r"/stocks/candles/(?P<resolution>[^/]+)/(?P<symbol>[^/]+)/", Capability.BARS, self.candles),
        )

    def has_key(self, asked: Asked) -> bool:
        return asked.headers.get("Authorization") == f"Bearer {self.key}" or asked.query.get("token") == self.key

    def cost(self, asked: Asked) -> int:
        """A credit for each symbol that is answered with a price."""
        if "symbols" in asked.query:
            return len(asked.query["symbols"].split(","))
        columns = asked.query.get("columns", "").split(",")
        if "/options/chain/" not in asked.path or (columns != [""] and not set(columns) & set(_PRICES)):
            return 1
        return max(len(self._matching(asked)), 1)

    def unauthorised(self) -> Answer:
        return _error(401, "Invalid token header. No credentials provided.")

    def plan_refused(self) -> Answer:
        return _error(402, "This request requires a Starter plan or higher.")

    def limited(self) -> Answer:
        return _error(429, "Request denied. You have exceeded your daily credit limit.")

    def server_error(self) -> Answer:
        return _error(500, "Internal Server Error")

    def no_data(self, asked: Asked) -> Answer:
        return Answer(404, {"s": "no_data", "errmsg": "No data found."})

    def stock_quotes(self, asked: Asked) -> Answer:
        wanted = asked.query["symbols"].split(",") if "symbols" in asked.query else [asked.parts["symbol"]]
        rows = [self.quote_row(symbol, asked, late_by=self.delay) for symbol in wanted if symbol in market.SHARES]
        names = {"symbol": "symbol", "askSize": "ask_size", "bidSize": "bid_size", "volume": "volume"}
        return self._columns(rows, names, asked)

    def option_quote(self, asked: Asked) -> Answer:
        try:
            rows = [self.quote_row(asked.parts["symbol"], asked)]
        except KeyError:
            rows = []
        return self._options(rows, asked)

    def chain(self, asked: Asked) -> Answer:
        return self._options([self.quote_row(symbol, asked) for symbol in self._matching(asked)], asked)

    def candles(self, asked: Asked) -> Answer:
        interval_s = _SECONDS[asked.parts["resolution"]]
        end = datetime.fromtimestamp(int(asked.query["to"]), UTC)
        count = int(asked.query["countback"])
        days = 4 + (count * 2 if interval_s == market.DAY_S else count * interval_s // 16_000)
        symbol = asked.parts["symbol"]
        rows = (
            self.bar_rows(symbol, interval_s, end - timedelta(days=days), end, asked) if symbol in market.SHARES else []
        )
        rows = rows[-count:]
        if not rows:
            return self.no_data(asked)
        shorts = {"t": "time", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
        columns = {short: [_plain(row[name]) for row in rows] for short, name in shorts.items()}
        return Answer(200, {"s": "ok", **columns})

    def with_unknown_fields(self, body: Any) -> Any:
        """A new column, as long as the others or not."""
        return {**body, "newColumn": [1, None, "x"], "newNote": "hello"}

    def _matching(self, asked: Asked) -> list[str]:
        underlying, expiration = asked.path.split("/")[-2], asked.query.get("expiration", "")
        if underlying not in market.UNDERLYINGS:
            return []
        contracts = market.listed(underlying, self.day)
        return [c.symbol for c in contracts if expiration in ("all", c.expiration.isoformat())]

    def _options(self, rows: list[Row], asked: Asked) -> Answer:
        names = {
            "optionSymbol": "symbol",
            "underlying": "underlying",
            "askSize": "ask_size",
            "bidSize": "bid_size",
            "openInterest": "open_interest",
            "volume": "volume",
        }
        answer = self._columns(rows, names, asked)
        if answer.status != 200 or "columns" in asked.query:
            return answer
        contracts = [row["contract"] for row in rows]
        answer.body.update(
            {
                "expiration": [int(market.close_of(contract.expiration).timestamp()) for contract in contracts],
                "side": ["call" if contract.right is Right.CALL else "put" for contract in contracts],
                "strike": [float(contract.strike) for contract in contracts],
                "dte": [(contract.expiration - self.day).days for contract in contracts],
                "iv": [row["risk"].volatility for row in rows],
                "delta": [row["risk"].delta for row in rows],
                "gamma": [row["risk"].gamma for row in rows],
                "theta": [row["risk"].theta for row in rows],
                "vega": [row["risk"].vega for row in rows],
            }
        )
        return answer

    def _columns(self, rows: list[Row], names: Mapping[str, str], asked: Asked) -> Answer:
        if not rows:
            return self.no_data(asked)
        all_names = {**names, "bid": "bid", "ask": "ask", "mid": "ask", "last": "last", "updated": "time"}
        columns = {column: [_plain(row[name]) for row in rows] for column, name in all_names.items()}
        if "columns" in asked.query:  # then without the status
            wanted = asked.query["columns"].split(",")
            return Answer(200, {name: column for name, column in columns.items() if name in wanted})
        return Answer(200, {"s": "ok", **columns}, {"X-Api-Ratelimit-Consumed": str(self.cost(asked))})


def _plain(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def _error(status: int, text: str) -> Answer:
    return Answer(status, {"s": "error", "errmsg": text})
