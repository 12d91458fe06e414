"""Massive, formerly Polygon.io: https://massive.com/docs/rest, as of November 2026."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import Right
from domain.symbols.spelling import Dialect, read, spelled
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.server import Answer, Asked, FakeServer, Route

_REQUEST_ID = "6a7e466379af0a71039d60cc78e72282"
_SPANS = {"minute": 60, "hour": 3_600, "day": market.DAY_S}


class FakeMassive(FakeServer):
    name = "massive"
    timeframe = "REAL-TIME"  # of quotes: a plan's word, DELAYED on the cheaper ones
    page = 20  # contracts on one page, however many are asked for; the real one has 250 and 1,000

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/v3/snapshot", Capability.QUOTES, self.snapshot),
            Route(r"/v3/snapshot/options/(?P<underlying>[^/]+)", Capability.ACTIVITY, self.option_snapshot),
            Route(r"/v3/reference/options/contracts", Capability.CHAIN, self.contracts),
            Route(
                r"/v2/aggs/ticker/(?P<ticker>[^/]+)/range/(?P<mult>\d+)/(?P<span>\w+)/(?P<start>\d+)/(?P<end>\d+)",
                Capability.BARS,
                self.aggregates,
            ),
            Route(r"/v1/marketstatus/now", Capability.SESSION, self.status),
        )

    def has_key(self, asked: Asked) -> bool:
        return asked.headers.get("Authorization") == f"Bearer {self.key}" or asked.query.get("apiKey") == self.key

    def unauthorised(self) -> Answer:
        return Answer(401, {"status": "ERROR", "request_id": _REQUEST_ID, "error": "Unknown API Key"})

    def plan_refused(self) -> Answer:
        text = "You are not entitled to this data. Please upgrade your plan at https://massive.com/pricing"
        return Answer(403, {"status": "NOT_AUTHORIZED", "request_id": _REQUEST_ID, "message": text})

    def limited(self) -> Answer:
        text = "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue."
        return Answer(429, {"status": "ERROR", "request_id": _REQUEST_ID, "error": text})

    def server_error(self) -> Answer:
        return Answer(500, {"status": "ERROR", "request_id": _REQUEST_ID, "error": "internal server error"})

    def no_data(self, asked: Asked) -> Answer:
        if "snapshot" in asked.path and not asked.parts:
            wanted = asked.query.get("ticker.any_of", "").split(",")
            return self._ok([_missing(ticker) for ticker in wanted])
        return Answer(200, {"status": "OK", "request_id": _REQUEST_ID, "resultsCount": 0, "queryCount": 0})

    def snapshot(self, asked: Asked) -> Answer:
        wanted = asked.query.get("ticker.any_of", "").split(",")
        limit = int(asked.query.get("limit", "10"))
        return self._ok([self._unified(ticker, asked) for ticker in wanted][:limit])

    def option_snapshot(self, asked: Asked) -> Answer:
        underlying = _ours(asked.parts["underlying"])
        if underlying not in market.UNDERLYINGS:
            return self.no_data(asked)
        rows = self.contract_rows(underlying, asked, with_adjusted=True)
        return self._page([self._option(row) for row in rows], asked)

    def contracts(self, asked: Asked) -> Answer:
        underlying = asked.query.get("underlying_ticker", "")  # an index is named here without its I:
        if underlying not in market.UNDERLYINGS:
            return self._ok([])
        rows = self.contract_rows(underlying, asked, with_adjusted=True)
        return self._page([_reference(row) for row in rows], asked)

    def aggregates(self, asked: Asked) -> Answer:
        symbol = _ours(asked.parts["ticker"])
        interval_s = int(asked.parts["mult"]) * _SPANS[asked.parts["span"]]
        start, end = (datetime.fromtimestamp(int(asked.parts[name]) / 1_000, UTC) for name in ("start", "end"))
        if symbol not in market.UNDERLYINGS:
            return self.no_data(asked)
        rows = self.bar_rows(symbol, interval_s, start, end + timedelta(milliseconds=1), asked)
        if asked.query.get("sort") == "desc":
            rows.reverse()
        rows = rows[: int(asked.query.get("limit", "5000")) // int(asked.parts["mult"])]
        results = [_aggregate(row) for row in rows]
        name = spelled(rows[0]["symbol"], Dialect.MASSIVE) if rows else asked.parts["ticker"]
        body: dict[str, Any] = {"ticker": name, "queryCount": len(rows), "resultsCount": len(rows), "adjusted": True}
        body |= {"results": results} if results else {}  # left out where it would be empty
        return Answer(200, {**body, "status": "DELAYED" if self.late_by else "OK", "request_id": _REQUEST_ID})

    def status(self, asked: Asked) -> Answer:
        word: str | None = "open" if market.is_open(self.market.now()) else "closed"
        word = None if asked.fault is Fault.NULL_FIELDS else word
        exchanges = {"nyse": word, "nasdaq": word, "otc": word}
        local = self.market.now().astimezone(market.NEW_YORK)
        times = {"serverTime": local.isoformat(), "afterHours": False, "earlyHours": False}
        return Answer(200, {"market": word, "exchanges": exchanges, "currencies": {"crypto": "open"}, **times})

    def _unified(self, ticker: str, asked: Asked) -> dict[str, Any]:
        symbol = _ours(ticker)
        try:
            row = self.quote_row(symbol, asked)
        except KeyError:
            return _missing(ticker)
        if "contract" in row:
            option = self._option(row)
            ticker = option["details"].pop("ticker")
            return {**option, "ticker": ticker, "type": "options", "market_status": "open", "name": ticker}
        frame, stamp = self.timeframe, _ns(row["time"])
        if symbol in market.INDICES:
            index = {
                "ticker": spelled(row["symbol"], Dialect.MASSIVE),
                "type": "indices",
                "value": row["last"],
                "last_updated": stamp,
            }
            return {**index, "name": symbol, "market_status": "open", "timeframe": frame}
        return {
            "ticker": spelled(row["symbol"], Dialect.MASSIVE),
            "type": "stocks",
            "name": row["symbol"],
            "market_status": "open",
            "last_quote": {
                **{name: row[name] for name in ("bid", "ask", "bid_size", "ask_size")},
                "last_updated": stamp,
                "timeframe": frame,
            },
            "last_trade": {"price": row["last"], "size": 12, "exchange": 4, "last_updated": stamp, "timeframe": frame},
            "session": {"close": row["last"], "previous_close": row["previous_close"], "volume": row["volume"]},
        }

    def _option(self, row: Row) -> dict[str, Any]:
        stamp, risk = _ns(row["time"]), row["risk"]
        return {
            "break_even_price": float(row["contract"].strike),
            "day": {"close": row["last"], "volume": row["volume"], "last_updated": stamp},
            "details": _details(row),
            "greeks": {"delta": risk.delta, "gamma": risk.gamma, "theta": risk.theta, "vega": risk.vega},
            "implied_volatility": risk.volatility,
            "last_quote": {
                **{name: row[name] for name in ("bid", "ask", "bid_size", "ask_size")},
                "last_updated": stamp,
                "midpoint": row["ask"],
                "timeframe": self.timeframe,
            },
            "last_trade": {"price": row["last"], "size": 1, "sip_timestamp": stamp, "timeframe": self.timeframe},
            "open_interest": row["open_interest"],
            "underlying_asset": {"ticker": row["underlying"], "timeframe": self.timeframe},
        }

    def _ok(self, results: list[dict[str, Any]]) -> Answer:
        return Answer(200, {"request_id": _REQUEST_ID, "results": results, "status": "OK"})

    def _page(self, results: list[dict[str, Any]], asked: Asked) -> Answer:
        start = int(asked.query.get("cursor", "0"))
        answer = self._ok(results[start : start + self.page])
        if start + self.page < len(results):
            # an absolute address on the provider's own host, and without the key
            rest = f"{asked.path}?cursor={start + self.page}"
            if "underlying_ticker" in asked.query:
                rest += f"&underlying_ticker={asked.query['underlying_ticker']}"
            answer.body["next_url"] = f"https://api.massive.com{rest}"
        return answer


def _ours(ticker: str) -> str:
    """Our name, and nothing that is listed for a ticker that cannot be one."""
    try:
        return read(ticker, Dialect.MASSIVE)
    except BadSymbol:
        return ""


def _missing(ticker: str) -> dict[str, Any]:
    return {"ticker": ticker, "error": "NOT_FOUND", "message": "Ticker not found."}


def _details(row: Row) -> dict[str, Any]:
    contract = row["contract"]
    return {
        "contract_type": "call" if contract.right is Right.CALL else "put",
        "exercise_style": "american",
        "expiration_date": contract.expiration.isoformat(),
        "shares_per_contract": contract.multiplier,
        "strike_price": float(contract.strike),
        "ticker": f"O:{contract.symbol}",
    }


def _reference(row: Row) -> dict[str, Any]:
    return {**_details(row), "cfi": "OCASPS", "primary_exchange": "BATO", "underlying_ticker": row["underlying"]}


def _aggregate(row: Row) -> dict[str, Any]:
    names = {"v": "volume", "o": "open", "c": "close", "h": "high", "l": "low"}
    stamp = None if row["time"] is None else int(row["time"].timestamp() * 1_000)
    return {**{short: row[name] for short, name in names.items()}, "vw": row["close"], "t": stamp, "n": 17}


def _ns(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * 1_000_000_000
