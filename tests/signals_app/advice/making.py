"""A view with known figures, a signal to ask about, and terms that lead to a server of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.test import override_settings

from domain.agents import BookLoad, Gamma, Holding, JuryView, Series
from domain.indicators.candles import Candles
from domain.positions import Direction
from domain.quotes import FeedClass, Quote
from domain.sessions import Product, SessionState
from signals_app.models import Signal
from tests.factories import WEDNESDAY, Desk, a_desk
from tests.fakes.llm import FakeLLM


def candles(closes: list[float], *, interval_s: int, until: datetime = WEDNESDAY) -> Candles:
    """Bars that close there, a unit high, the last one completed at ``until``."""
    close = np.array(closes)
    start = int(until.timestamp()) - interval_s * np.arange(len(closes), 0, -1)
    return Candles(start, close, close + 0.5, close - 0.5, close, np.full(len(closes), 1_000.0))


def a_view(**changes: Any) -> JuryView:
    """AAPL rising by a tenth a bar, at 15:00 UTC of a Wednesday in summer time."""
    at = WEDNESDAY
    rising = [100 + step / 10 for step in range(60)]
    view: dict[str, Any] = {
        "now": at,
        "underlying": "AAPL",
        "thesis": Direction.LONG,
        "quote": Quote(
            "AAPL", Decimal("105.95"), Decimal("105.97"), 3, 4, at - timedelta(seconds=2), at, "simulated",
            FeedClass.SIMULATED, Decimal("105.96"),
        ),
        "session": SessionState(
            Product.EQUITY, at, True, at - timedelta(hours=1, minutes=30), at + timedelta(hours=5), "closed by Bob"
        ),
        "bars": Series(300, candles(rising, interval_s=300)),
        "daily": Series(86_400, candles(rising[:15], interval_s=86_400)),
        "gamma": Gamma(
            at - timedelta(minutes=10), 105.5, "long gamma", 1_234_567_890.0, 2e8, call_wall=110.0, put_wall=100.0
        ),
        "book": BookLoad(
            2, 10, 0, 1, 5_000.0, 20_000.0, 100.0, 1_000.0,
            (Holding("MSFT", Direction.LONG, 3_000.0, 0.71), Holding("XOM", Direction.SHORT, 2_000.0, None)),
        ),
    }  # fmt: skip
    return JuryView(**(view | changes))


def a_signal(desk: Desk | None = None, **alert: Any) -> Signal:
    """One accepted alert; further arguments are fields of its body."""
    desk = desk or a_desk()
    answer = desk.post(desk.alert(**alert))
    assert answer.status_code == 202, answer.content
    return Signal.objects.latest("pk")


@contextmanager
def terms_of(fake: FakeLLM | None, **changes: Any) -> Iterator[dict[str, Any]]:
    """The settings that lead to this server; a price of 1 and 10 USD a million, a dollar a day, two seconds."""
    told = {
        "url": "" if fake is None else fake.url,
        "key": "" if fake is None else fake.key,
        "model": "" if fake is None else fake.model,
        "timeout_s": 2.0,
        "daily_cost": Decimal(1),
        "price_in": Decimal(1),
        "price_out": Decimal(10),
        **changes,
    }
    with override_settings(LANGUAGE_MODEL=told):
        yield told
