"""Whatever is posted by an authenticated sender, the answer is never a 5xx and a stored number is never NaN."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from books_app import redis as redis_module
from signals_app.models import Signal
from tests.factories import Desk, Floor, a_desk

pytestmark = pytest.mark.django_db(transaction=True)  # as in life: a refused row must not end somebody's transaction

NAMES = st.sampled_from(
    [
        "ticker",
        "action",
        "sentiment",
        "quantity",
        "price",
        "time",
        "interval",
        "order_id",
        "orderType",
        "limitPrice",
        "position_size",
        "max_lag",
        "comment",
        "strategy",
        "takeProfit",
        "stopLoss",
        "extras",
        "exchange",
        "direction",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["AAPL", "buy", "sell", "long", "short", "flat", "5", "1e400", "NaN", "-0", "9" * 40, "\x00", "٣"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=6,
)


@pytest.fixture
def quick_desk(floor: Floor) -> Desk:
    return a_desk()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(NAMES, VALUES, max_size=8))
def test_no_body_leads_to_a_server_error(quick_desk: Desk, fields: dict[str, object]) -> None:
    """Accepted, noted or refused with a 4xx: nothing else."""
    body = {"ticker": "AAPL", "action": "buy", **fields, "key": quick_desk.token}
    with redis_module.detached():
        answer = quick_desk.post(json.dumps(body).encode("utf-8", "surrogatepass"))

    assert answer.status_code < 500, answer.content
    for price in Signal.objects.values_list("signal_price", flat=True):
        assert price is None or Decimal(price).is_finite()
