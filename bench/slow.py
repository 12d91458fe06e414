"""The real worker on a market that takes its time to answer, as one on the other side of a network does."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime
from typing import Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")

import django

django.setup()

from domain.quotes import Quote  # noqa: E402  # what follows needs Django's settings
from market_app.providers import use_provider  # noqa: E402
from market_app.providers.simulated import Simulated  # noqa: E402
from tradingsite.celery import app  # noqa: E402

ANSWER_S: Final = 0.05
__all__ = ["app"]


class Slow(Simulated):
    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        time.sleep(ANSWER_S)
        return super().quotes(symbols, now=now)


_for_ever: Final = ExitStack()
_for_ever.enter_context(use_provider(Slow(), all_threads=True))
