"""Any bytes lead to a result or to a refusal that has a page, never to another exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alerts import Alert, Batch, candidate_secrets, dedupe_key, interpret, own_time, read_document, redact
from domain.errors import AlertRefused
from domain.reasons import REASONS
from tests.domain.alerts.reading import NOON

_NAMES = st.sampled_from(
    ["ticker", "symbol", "exchange", "action", "side", "direction", "signal", "type", "sentiment", "market_position",
     "prev_market_position", "position", "position_size", "market_position_size", "quantity", "qty", "size", "amount",
     "quantityType", "risk", "order_type", "price", "limitPrice", "stopPrice", "trigger_price", "close", "takeProfit",
     "stopLoss", "take_profit", "stop_loss", "trailing_percent", "max_lag", "time", "timestamp", "timenow", "interval",
     "order_id", "comment", "strategy", "order", "bar", "extras", "message", "key", "passphrase", "expiration", "right",
     "strike", "orders", "positionSide"]
)  # fmt: skip
_WORDS = st.sampled_from(
    ["AAPL", "NASDAQ:MSFT", "BTCUSDT.P", "EURUSD", "ES1!", "SPY271217C00500000", "buy", "sell", "long", "short", "flat",
     "exit", "add", "reverse", "cancel", "enter_long", "exit_short", "5", "1M", "30S", "10%", "-3", "0", "1e9", "1e400",
     "NaN", "market", "limit", "stop", "SL", "percent", "risk_percent", "2026-11-12T17:00:00Z", "1794502798",
     "2027-01-15", "C", "{{close}}", "***"]
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.decimals(allow_nan=False, allow_infinity=False).map(float),
    st.text(max_size=12),
    _WORDS,
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_NAMES | st.text(max_size=6), inner, max_size=8)
    ),
    max_leaves=12,
)
_ALERT_LIKE = st.dictionaries(_NAMES, _WORDS | _VALUES, max_size=10).map(lambda fields: {"ticker": "F", **fields})
_SEEDS = (
    b'{"ticker": "F", "action": "buy", "sentiment": "long", "quantity": "10", "time": "2026-11-12T17:00:00Z"}',
    b'{"key": "some-token-1", "strategy": {"order": {"action": "sell"}, "position_size": -3}, "symbol": "NYSE:F"}',
    b'[{"symbol": "F", "direction": "close", "size": "50%"}, {"symbol": "F", "direction": "close"}]',
    b"70987654321,buy,GBPUSD,risk=1,sl=10,tp=20",
    b"some-token-1|orb|buy|BTCUSDT",
    b'{"ticker": "F", "action": "buy", "x": "\\ud83d\\ude80", "y": [[1, 2], {"z": 1e5}]}',
)


def _try_all(body: bytes) -> None:
    """Read a body every way there is; the assertions are what must hold of any."""
    kept = redact(body)
    secrets = candidate_secrets(body)
    assert not any(secret in kept for secret in secrets)
    kept.encode("utf-8")
    assert "\x00" not in kept
    try:
        document = read_document(body)
        own_time(document)
        meaning = interpret(document, NOON)
    except AlertRefused as refusal:
        status = REASONS[refusal.code].http_status
        assert status is not None and 400 <= status < 500
        json.dumps(refusal.figures)
        return
    told = json.dumps(meaning.as_json(), allow_nan=False)
    assert not any(secret in told for secret in secrets)
    alerts = meaning.alerts if isinstance(meaning, Batch) else (meaning,)
    for alert in alerts:
        if isinstance(alert, Alert):
            assert len(alert.symbol) <= 24
            assert alert.quantity is None or 0 < alert.quantity < 10**12
            assert len(dedupe_key(alert, "0" * 64, NOON)) == 64


@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    """Noise."""
    _try_all(body)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Text of any script."""
    _try_all(text.encode("utf-8", "surrogatepass"))


@given(_VALUES | st.lists(_ALERT_LIKE, max_size=3))
def test_any_json(value: Any) -> None:
    """JSON of any shape, with Python's NaN and escapes."""
    _try_all(json.dumps(value).encode())


@settings(max_examples=400)
@given(_ALERT_LIKE)
def test_anything_in_an_alerts_fields(value: dict[str, Any]) -> None:
    """Fields of every meaning with values of every kind."""
    _try_all(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=400)
@given(st.sampled_from(_SEEDS), st.data())
def test_mutated_bodies(seed: bytes, data: st.DataObject) -> None:
    """Good bodies with bytes taken out, put in, doubled or swapped."""
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body)))
        to = min(len(body), at + data.draw(st.integers(0, 12)))
        piece = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b",", b"\\u0000", b"NaN", b"{{x}}"])
        )
        body[at:to] = piece if data.draw(st.booleans()) else bytes(body[at:to]) * 2
    _try_all(bytes(body))


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)), st.data())  # noqa: DTZ001
def test_any_arrival(received_at: datetime, data: st.DataObject) -> None:
    """Whatever the clock says, the judgement is a refusal or a result."""
    body = data.draw(st.sampled_from(_SEEDS))
    try:
        interpret(read_document(body), received_at)
    except AlertRefused as refusal:
        assert refusal.code in REASONS
