"""`manage.py stream`: prices as they happen, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from books_app import clock
from market_app import roster
from market_app.chain.budget import Budget
from market_app.chain.order import terms_of
from market_app.providers.access import Access, Patience
from market_app.stream.streamer import Streamer, Terms
from workers.guarding import PriceGuard


class Command(BaseCommand):
    help = "Stream prices of what is held and watched into Redis, and have exits looked at when one crosses a level."
    requires_system_checks = ()  # they import every page, for a process that serves none

    def handle(self, *args: Any, **options: Any) -> None:
        account = settings.MARKET_ACCOUNTS["alpaca"]
        if not account["key"] or not account["secret"]:
            raise CommandError("There is no stream without ALPACA_API_KEY and ALPACA_API_SECRET.")
        self.stdout.write(f"Streaming from {settings.PRICE_STREAM['url']}.")
        account_of: Any = Access
        asyncio.run(_run(account_of(**account)))


async def _run(access: Access) -> None:
    """Until SIGTERM or SIGINT; what hangs in a thread then is not waited for."""
    adapter = roster.built("alpaca", Budget("alpaca", lambda: terms_of("alpaca")), Patience())
    stopping = asyncio.Event()
    streamer = Streamer(
        access,
        Terms(**settings.PRICE_STREAM),
        PriceGuard(settings.PRICE_STREAM_WATCHED),
        backfill=lambda symbols: adapter.quotes(symbols, now=clock.now()),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await streamer.run(stopping)
