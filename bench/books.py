"""Books, strategies and secrets that the alerts of a run are for: so many that no limit stands in the way of any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Final

from bench.sender import Request

ENDPOINT: Final = "bench-endpoint-{}"
TOKEN: Final = "bench-token-{}"  # noqa: S105  # lives as long as the run
CASH: Final = Decimal(1_000_000)
ROOMY: Final = {
    "max_open_positions": 100_000,
    "max_positions_per_symbol": 100_000,
    "max_exposure": 100_000_000,
    "max_exposure_per_position": 1_000_000,
    "max_daily_loss": 100_000_000,
    "max_orders_per_minute": 1_000_000,
}


def make(count: int) -> None:
    """Default limits and exit rules, seats of the jury, a gamma snapshot of every symbol, and ``count`` books with one strategy
    each. Needs Django on an empty database.
    """
    from books_app import clock, ledger
    from books_app.models import Account
    from books_app.shadows import shadow_book
    from market_app.providers.listing import UNDERLYINGS
    from market_app.snapshots import record_snapshot
    from positions_app.services.rules import seed_default_rules
    from risk_app.models import RiskLimit
    from signals_app.jury.defaults import seed_seats
    from signals_app.models import Credential, Strategy
    from workers.models import ScheduleRun
    from workers.schedule import EVERY_SECONDS

    seed_default_rules()
    # Beat does not run, and workers would stand in for it: to them each job has run, and will have for the whole run.
    later = clock.now() + timedelta(days=1)
    ScheduleRun.objects.bulk_create(
        ScheduleRun(name=name, tick_at=later, started_at=later, finished_at=later, outcome=ScheduleRun.Outcome.DONE)
        for name in EVERY_SECONDS
    )
    RiskLimit.objects.bulk_create(RiskLimit(code=code, value=Decimal(value)) for code, value in ROOMY.items())
    accounts = Account.objects.bulk_create(
        Account(name=f"bench-{number}", start_cash=CASH, cash=CASH) for number in range(count)
    )
    for account in accounts:
        ledger.book_deposit(account, booking=f"deposit:{account.pk}", amount=account.cash)
        shadow_book(account)
    seed_seats()
    for symbol in sorted(UNDERLYINGS):
        record_snapshot(symbol)
    strategies = Strategy.objects.bulk_create(
        Strategy(
            name=account.name,
            account=account,
            allowed_symbols=["*"],
            alerts_per_minute=100_000,
            entry_cutoff_minutes=0,
        )
        for account in accounts
    )
    Credential.objects.bulk_create(
        Credential(strategy=strategy, kind=kind, digest=sha256(secret.format(number).encode()).hexdigest())
        for number, strategy in enumerate(strategies)
        for kind, secret in ((Credential.Kind.ENDPOINT, ENDPOINT), (Credential.Kind.TOKEN, TOKEN))
    )


def requests(count: int) -> Iterator[Request]:
    """Alerts that each open a position: a book is never asked twice for one symbol. Ends when all books are full."""
    from market_app.providers.listing import UNDERLYINGS

    for symbol in sorted(UNDERLYINGS):
        for number in range(count):
            yield _request(number, symbol)


def _request(number: int, symbol: str) -> Request:
    def body() -> bytes:
        return json.dumps(
            {
                "ticker": f"NASDAQ:{symbol}",
                "exchange": "NASDAQ",
                "action": "buy",
                "sentiment": "long",
                "quantity": "1",
                "time": datetime.now(UTC).isoformat(),
                "interval": "5",
                "order_id": "Long",
                "key": TOKEN.format(number),
            }
        ).encode()

    return Request(f"/webhook/tradingview/{ENDPOINT.format(number)}/", body)
