"""A quote kept as JSON is the same quote again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.quotes import FeedClass, Quote

AT = datetime(2026, 6, 1, 15, 0, 0, 123456, tzinfo=UTC)
QUOTE = Quote("SPY", Decimal("1.10"), None, 100, None, AT, AT, "somebody", FeedClass.DELAYED, Decimal("0.00001"))


def test_a_quote_comes_back_to_the_last_digit() -> None:
    """Missing sides and sizes, microseconds and trailing zeros survive the way through JSON."""
    back = Quote.from_json(json.loads(json.dumps(QUOTE.as_json())))
    assert back == QUOTE
    assert str(back.bid) == "1.10"


@pytest.mark.parametrize(
    "broken",
    [{}, [], {**QUOTE.as_json(), "bid": "x"}, {**QUOTE.as_json(), "feed": "smoke"}, {**QUOTE.as_json(), "bid": {}},
     {**QUOTE.as_json(), "provider_time": 7}],
)  # fmt: skip
def test_anything_else_is_refused(broken: Any) -> None:
    """What another version or another program wrote is a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError):
        Quote.from_json(broken)
