"""Builders that tests share: a clock and a market on strings, a book with its strategy and secrets, alerts and their way."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory

from books_app import clock, ledger, nudges
from books_app.models import Account
from domain.errors import MarketDataUnavailable
from domain.quotes import Bar, Quote
from domain.symbols.occ import OptionContract
from market_app.interface import as_contract
from market_app.providers import use_provider
from market_app.providers.simulated import Simulated
from positions_app.services.rules import seed_default_rules
from risk_app.models import RiskLimit
from signals_app import webhook
from signals_app.models import Credential, Strategy
from signals_app.services import credentials

WEDNESDAY = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
CENT = Decimal("0.01")
_numbers = itertools.count(1)


class VirtualClock:
    """A clock that a test moves by hand."""

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class PuppetMarket(Simulated):
    """The simulated market of one moment, which stands still until a test makes its options dearer, thin or silent.

    option_factor multiplies option prices; size is what every quote offers; silent means that nothing can be asked, and
    options_silent that nobody quotes an option.
    """

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        super().__init__(seed=1)
        self.at = at
        self.option_factor = Decimal(1)
        self.size: int | None = None
        self.silent = self.options_silent = False

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        if self.silent:
            raise MarketDataUnavailable("market_data_failed", "the market is silent")
        if self.options_silent:
            symbols = [symbol for symbol in symbols if as_contract(symbol) is None]
        return {symbol: self._now(quote, now) for symbol, quote in super().quotes(symbols, now=self.at).items()}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        return super().chain(underlying, now=self.at)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        return super().bars(symbol, interval_s=interval_s, count=count, now=self.at)

    def _now(self, quote: Quote, now: datetime) -> Quote:
        factor = Decimal(1) if as_contract(quote.symbol) is None else self.option_factor
        return quote._replace(
            bid=None if quote.bid is None else (quote.bid * factor).quantize(CENT, ROUND_HALF_UP),
            ask=None if quote.ask is None else (quote.ask * factor).quantize(CENT, ROUND_HALF_UP),
            bid_size=self.size or quote.bid_size,
            ask_size=self.size or quote.ask_size,
            provider_time=now,
            received_at=now,
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """A book, one strategy that trades in it, and what its alerts need to get in."""

    account: Account
    strategy: Strategy
    endpoint: str
    token: str

    def alert(self, symbol: str = "AAPL", action: str = "buy", **fields: Any) -> bytes:
        """A TradingView body that this desk accepts now. Without a ``sentiment`` a buy is long and a sell flat."""
        body = {
            "ticker": symbol,
            "action": action,
            "sentiment": "long" if action == "buy" else "flat",
            "time": clock.now().isoformat(),
            "interval": "5",
            "order_id": "Long",
            "key": self.token,
        }
        return json.dumps({name: value for name, value in (body | fields).items() if value is not None}).encode()

    def post(self, body: bytes) -> HttpResponse:
        """Deliver a body as TradingView does."""
        request = RequestFactory().post("/", data=body, content_type="text/plain; charset=utf-8")
        answer = webhook.tradingview(request, self.endpoint)
        close(answer)
        return answer


def close(answer: HttpResponse) -> None:
    """As a web server does when it has left. The test's connection stays open, as Django's own client sees to."""
    request_finished.disconnect(close_old_connections)
    try:
        answer.close()
    finally:
        request_finished.connect(close_old_connections)


def a_book(*, cash: int | Decimal = 100_000, limits: Mapping[str, int] | None = None, **fields: Any) -> Account:
    """A paper book with its deposit booked. limits are those of its own: ``{"max_open_positions": 2}``."""
    name = fields.pop("name", f"book-{next(_numbers)}")
    account = Account.objects.create(name=name, start_cash=Decimal(cash), cash=Decimal(cash), **fields)
    ledger.book_deposit(account, booking=f"deposit:{account.pk}", amount=account.cash)
    for code, value in (limits or {}).items():
        RiskLimit.objects.create(account=account, code=code, value=value)
    return account


def a_desk(*, account: Account | None = None, limits: Mapping[str, int] | None = None, **strategy: Any) -> Desk:
    """A desk of its own book, or one more in ``account``. Further arguments are the strategy's fields."""
    fields = {"name": f"strategy-{next(_numbers)}", "allowed_symbols": ["*"], "alerts_per_minute": 100_000} | strategy
    made = Strategy.objects.create(account=account or a_book(limits=limits), **fields)
    return Desk(
        account=made.account,
        strategy=made,
        endpoint=credentials.issue(made, Credential.Kind.ENDPOINT),
        token=credentials.issue(made, Credential.Kind.TOKEN),
    )


ROOMY = {
    "max_open_positions": 100_000,
    "max_positions_per_symbol": 100_000,
    "max_exposure": 100_000_000,
    "max_exposure_per_position": 100_000,
    "max_orders_per_minute": 100_000,
}


def a_roomy_desk(**strategy: Any) -> Desk:
    """A desk that no limit holds back, for tests of many alerts."""
    return a_desk(account=a_book(cash=100_000_000, limits=ROOMY), allow_adding=True, **strategy)


class Floor:
    """A trading floor in one process: its clock, its market, and the nudges that nobody has followed yet."""

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        self.clock = VirtualClock(at)
        self.market = PuppetMarket(at)
        self.nudges: list[tuple[str, tuple[Any, ...]]] = []
        self.deaf = False

    def hear(self, task: str, args: tuple[Any, ...]) -> None:
        if not self.deaf:
            self.nudges.append((task, args))

    def follow_nudges(self) -> int:
        """Do what the nudges say, and what those lead to, as workers would. Gives how many were followed."""
        from celery import current_app

        followed = 0
        while self.nudges:
            task, args = self.nudges.pop(0)
            current_app.tasks[task](*args)
            followed += 1
        return followed

    def lose_nudges(self) -> None:
        self.nudges.clear()


@contextmanager
def a_floor(at: datetime = WEDNESDAY) -> Iterator[Floor]:
    """Everything inside lives by this floor's clock and market, in all threads; nudges wait in its list."""
    import workers.operations
    import workers.orders
    import workers.positions
    import workers.signals  # noqa: F401  # names the tasks

    floor = Floor(at)
    with ExitStack() as stack:
        stack.enter_context(clock.running_on(floor.clock))
        stack.enter_context(use_provider(floor.market, all_threads=True))
        stack.enter_context(nudges.delivered_to(floor.hear))
        yield floor


def seed_exit_rules() -> None:
    """The rules that a fresh system starts with."""
    seed_default_rules()
