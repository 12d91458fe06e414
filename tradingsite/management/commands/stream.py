"""`manage.py stream`: prices as they happen, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from books_app import clock
from market_app import roster
from market_app.chain.budget import Budget
from market_app.chain.order import terms_of
from market_app.providers.access import Access, Patience
from market_app.stream import board
from market_app.stream.streamer import Streamer, Terms
from workers.guarding import PriceGuard


class Command(BaseCommand):
    help = "Stream prices of what is held and watched into Redis, and have exits looked at when one crosses a level."
    requires_system_checks = ()  # they import every page, for a process that serves none

    def add_arguments(self, parser: ArgumentParser) -> None:
        text = "exit 1 unless a stream has told of itself in the last seconds; for health checks"
        parser.add_argument("--check", action="store_true", help=text)

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            self._check()
            return
        account = settings.MARKET_ACCOUNTS["alpaca"]
        if not account["key"] or not account["secret"]:
            raise CommandError("There is no stream without ALPACA_API_KEY and ALPACA_API_SECRET.")
        self.stdout.write(f"Streaming from {settings.PRICE_STREAM['url']}.")
        account_of: Any = Access
        asyncio.run(_run(account_of(**account)))

    def _check(self) -> None:
        try:
            told = board.health()
        except RedisError as e:
            raise CommandError(f"Redis did not answer: {type(e).__name__}") from e
        if told is None:
            raise CommandError("No price stream has told of itself lately.")
        self.stdout.write("A price stream is alive.")


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
