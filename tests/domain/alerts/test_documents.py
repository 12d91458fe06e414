"""Reading bytes strictly, and what else than an instruction a body may be."""

from __future__ import annotations

from typing import Any

import pytest

from domain.alerts import Batch, MarketEvent, Notice, read_document
from domain.errors import AlertRefused
from tests.domain.alerts.reading import as_body, meaning_of, normal, refusal_of

GOOD = '{"ticker": "TSLA", "action": "buy"'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \r\n\t", "empty_body"),
        ("\u2003".encode(), "empty_body"),
        (b" " * 16_385, "body_too_large"),
        (GOOD + ', "x": "' + "y" * 16_384 + '"}', "body_too_large"),
        (b"\xef\xbb\xbf{}", "bad_encoding"),
        ("{}".encode("utf-16"), "bad_encoding"),
        ("{}".encode("utf-16-le"), "bad_encoding"),
        (b'{"ticker": "\xff"}', "bad_encoding"),
        (b"\xed\xa0\x80", "bad_encoding"),
        (b"a\x00b", "bad_encoding"),
        (GOOD + r', "note": "\u0000"}', "bad_encoding"),
        (GOOD + r', "note": "\ud83d"}', "bad_encoding"),
        (GOOD + r', "note": {"a": ["\udc00"]}}', "bad_encoding"),
        (GOOD + r', "\ud800": 1}', "bad_encoding"),
        (GOOD + r', "note": "\ud83d\ude80"}', "accepted"),
        (GOOD, "invalid_json"),
        (GOOD + "} trailing", "invalid_json"),
        (GOOD + ', "x": NaN}', "invalid_json"),
        (GOOD + ', "x": -Infinity}', "invalid_json"),
        (GOOD + ', "x": na}', "invalid_json"),
        (GOOD + ', "x": 01}', "invalid_json"),
        (GOOD + ', "x": }', "invalid_json"),
        (GOOD + ', "x": "a\nb"}', "invalid_json"),
        ("{'ticker': 'TSLA'}", "invalid_json"),
        ("[" * 20, "invalid_json"),
        ("NaN", "invalid_json"),
        ("[" * 33, "invalid_or_too_deep"),
        ("[" * 16_000, "invalid_or_too_deep"),
        (GOOD + ', "x": ' + "[" * 32 + "]" * 32 + "}", "invalid_or_too_deep"),
        (GOOD + ', "x": ' + "[" * 31 + "]" * 31 + "}", "accepted"),
        (GOOD + ', "x": [' + "[]," * 40 + "[]]}", "accepted"),
        (GOOD + ', "x": "' + "[{" * 40 + '"}', "accepted"),
        (GOOD + ', "action": "buy"}', "ambiguous_duplicate_key"),
        (GOOD + ', "x": {"a": 1, "a": 1}}', "ambiguous_duplicate_key"),
        (GOOD + ', "ACTION": "sell"}', "ambiguous_duplicate_key"),
        (GOOD + ', "ACTION": "buy"}', "accepted"),
        ("null", "not_an_object"),
        ("true", "not_an_object"),
        ("42", "not_an_object"),
        ('"TSLA buy"', "not_an_object"),
        ("[]", "not_an_object"),
        ("[1, 2]", "not_an_object"),
        ("[null]", "not_an_object"),
        (GOOD + ', "price": "{{close}}"}', "unreplaced_placeholder"),
        (GOOD + ', "price": {{close}}}', "unreplaced_placeholder"),
        (GOOD + ', "comment": "{{strategy.order.comment}}"}', "unreplaced_placeholder"),
        ("{{ticker}} crossing", "unreplaced_placeholder"),
        ("TSLA crossing {{close}}", "unreplaced_placeholder"),
    ],
)
def test_a_body_is_read_strictly(body: str | bytes, code: str) -> None:
    """What parsers take silently is refused with a code of its own."""
    assert refusal_of(body) == code


def test_a_refusal_tells_where_the_json_breaks() -> None:
    """Line, column and the word that is no JSON, but nothing else of the body."""
    with pytest.raises(AlertRefused) as caught:
        read_document(b'{"key": "do-not-show-me",\n "x": na}')

    assert caught.value.message == "Expecting value at line 2 column 7: na is not a JSON value"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("TSLA Crossing 250.00", {"text": "TSLA Crossing 250.00"}),
        ("🐂 long, strong – 28,4 %\n", {"text": "🐂 long, strong – 28,4 %"}),
        ("Alert: buy the dip", {"text": "Alert: buy the dip"}),
        ({"key": "not-shown-1", "message": "RSI high"}, {"text": "RSI high"}),
        ({"ticker": "TSLA", "text": "crossed"}, {"text": "crossed", "symbol": "TSLA"}),
        ({"content": "a", "time": "2026-11-12T17:00:00Z"}, {"text": "a", "alert_time": "2026-11-12T17:00:00Z"}),
    ],
)
def test_a_text_without_a_side_is_a_notice(body: object, expected: dict[str, Any]) -> None:
    """However much it sounds like an order."""
    meaning = meaning_of(body)

    assert isinstance(meaning, Notice)
    assert meaning.as_json() == {"kind": "notice", **expected}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"ticker": "TSLA", "ema": 1.50, "interval": "1h"},
         {"symbol": "TSLA", "asset_class": "equity", "interval_s": 3600, "fields": {"ema": "1.5"}}),
        ({"ticker": "NASDAQ:TSLA", "close": "9", "time": "2026-11-12T17:00:00Z"},
         {"symbol": "TSLA", "asset_class": "equity", "exchange": "NASDAQ", "signal_price": "9",
          "alert_time": "2026-11-12T17:00:00Z", "fields": {}}),
        ({"symbol": "CBOE:VIX", "indicators": {"rsi": 3, "up": True}},
         {"symbol": "VIX", "asset_class": "index", "exchange": "CBOE", "fields": {"rsi": "3", "up": True}}),
        ({"ticker": "ES1!", "signal": "squeeze"},
         {"symbol": "ES1!", "asset_class": "continuous_future", "fields": {"signal": "squeeze"}}),
        ({"event": "market_open"}, {"fields": {"event": "market_open"}}),
        ({"ticker": "TSLA", "macd": "-0.5", "strategy": "x", "message": "m"},
         {"symbol": "TSLA", "asset_class": "equity", "fields": {"macd": "-0.5", "message": "m", "strategy": "x"}}),
    ],
)  # fmt: skip
def test_figures_without_an_action_are_an_event(body: object, expected: dict[str, Any]) -> None:
    """Also for what cannot be traded: an index may be watched."""
    meaning = meaning_of(body)

    assert isinstance(meaning, MarketEvent)
    assert meaning.as_json() == {"kind": "event", **expected}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_symbol"),
        ({"key": "only-a-token"}, "missing_symbol"),
        ({"action": "buy"}, "missing_symbol"),
        ({"ticker": "", "action": "buy"}, "missing_symbol"),
        ({"ticker": None, "action": "buy"}, "missing_symbol"),
        ({"ticker": ["TSLA"], "action": "buy"}, "bad_symbol"),
        ({"ticker": {"a": 1}, "action": "buy"}, "bad_symbol"),
        ({"ticker": 700, "action": "buy"}, "bad_symbol"),
        ({"ticker": "TSLA'--", "action": "buy"}, "bad_symbol"),
        ({"ticker": "TSLA", "symbol": "F", "action": "buy"}, "contradictory_alert"),
        ({"ticker": "LSE:VOD", "action": "buy"}, "unmapped_or_untradable_symbol"),
        ({"ticker": "TSLA261111C00300000", "action": "buy"}, "expired_contract"),
        ({"ticker": "TSLA261112C00300000", "action": "buy"}, "accepted"),
        ([{"ticker": "TSLA", "action": "buy"}, {"ticker": "TSLA", "close": 3}], "missing_action"),
        ([{"ticker": "TSLA", "action": "buy"}] * 21, "batch_too_long"),
    ],
)
def test_an_instruction_needs_one_symbol_that_trades(body: object, code: str) -> None:
    """And a list is refused as a whole for one item that is not an instruction."""
    assert refusal_of(body) == code


def test_an_option_expires_by_the_new_york_calendar() -> None:
    """At two in the morning UTC it is still the evening before in New York."""
    from datetime import UTC, datetime

    body = {"ticker": "TSLA261112C00300000", "action": "buy"}

    assert refusal_of(body, at=datetime(2026, 11, 13, 2, 0, tzinfo=UTC)) == "accepted"
    assert refusal_of(body, at=datetime(2026, 11, 13, 5, 0, tzinfo=UTC)) == "expired_contract"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ticker": "SPY", "expiry": "2027-01-15", "optionType": "Call", "strikePrice": "700"}, "SPY270115C00700000"),
        ({"ticker": "BRK.B", "expiration": "20270115", "right": "P", "strike": 512.5}, "BRKB270115P00512500"),
    ],
)
def test_an_option_may_be_told_in_parts(fields: dict[str, Any], expected: str) -> None:
    """Underlying, expiration, right and strike make one contract."""
    told = normal(action="buy", **fields)

    assert (told["symbol"], told["asset_class"], told["underlying"]) == (expected, "option", fields["ticker"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"expiration": "2027-01-32", "right": "C", "strike": 5}, "bad_symbol"),
        ({"expiration": "2027-01-15", "right": "X", "strike": 5}, "bad_symbol"),
        ({"expiration": "2027-01-15", "right": "C", "strike": -5}, "bad_symbol"),
        ({"expiration": "2027-01-15", "right": "C", "strike": 0.00015}, "bad_symbol"),
        ({"expiration": "2027-01-15", "right": "C"}, "accepted"),
    ],
)
def test_an_impossible_contract_is_refused(fields: dict[str, Any], code: str) -> None:
    """Parts that are not complete are plain fields of an alert on the underlying."""
    assert refusal_of({"ticker": "SPY", "action": "buy", **fields}) == code


def test_a_list_is_one_batch_in_order() -> None:
    """What is told once around the orders holds for each of them."""
    orders = [{"symbol": "TSLA", "side": "sell"}, {"symbol": "TSLA", "side": "sell"}, {"symbol": "F", "side": "buy"}]
    batch = meaning_of({"key": "some-token-1", "strategy": "pairs", "orders": orders})

    assert isinstance(batch, Batch)
    assert [alert.strategy for alert in batch.alerts] == ["pairs"] * 3
    told = batch.as_json()
    assert (told["count"], told["symbols"], told["intent"]) == (3, ["TSLA", "F"], "sell_then_open_long")
    assert "symbol" not in told


def test_a_refused_item_is_named_by_its_place() -> None:
    """A list of ten is not searched by hand."""
    with pytest.raises(AlertRefused, match="alert 2 of 2: quantity is 0") as caught:
        meaning_of([{"ticker": "F", "action": "buy"}, {"ticker": "F", "action": "buy", "qty": 0}])

    assert caught.value.code == "bad_quantity"


@pytest.mark.parametrize(
    "fields",
    [
        {"Ticker": "TSLA", "Order Action": "buy", "TIMEFRAME": "5m"},
        {"tv_instrument": "TSLA", "strategy.order.action": "buy", "interval": 5},
        {"symbol": "NASDAQ:TSLA", "ticker": "TSLA", "strategy": {"order": {"action": "buy"}}, "tf": "5"},
        {"data": {"symbol": "TSLA", "side": "buy", "resolution": "5"}},
        {"alert": {"ticker": "TSLA", "action": "buy"}, "timeframe": "300S"},
        {"syminfo": {"prefix": "NYSE", "ticker": "TSLA"}, "tv_side": "buy", "strategy_timeframe": "5", "bias": "up"},
    ],
)
def test_a_field_is_known_by_its_meaning(fields: dict[str, Any]) -> None:
    """Spelling, nesting and prefix of a name do not matter."""
    told = meaning_of(fields).as_json()

    assert (told["symbol"], told["intent"], told["interval_s"]) == ("TSLA", "open_long", 300)


def test_what_plays_no_part_is_kept() -> None:
    """Figures of indicators, extras and overruled names stay readable beside the instruction."""
    told = normal(
        action="buy", close=5, price=6, rsi=70.10, extras={"note2": [1, None]}, nested={"a": {"b": 2}}, order_id=17,
        signal="golden cross", volume=812, comment=["x"], stub=" s ",
    )  # fmt: skip

    assert told["fields"] == {
        "close": "5", "rsi": "70.1", "note2": ["1", None], "nested": {"a": {"b": "2"}}, "signal": "golden cross",
        "volume": "812", "comment": ["x"],
    }  # fmt: skip
    assert (told["order_id"], told["strategy"]) == ("17", "s")
    assert as_body(b"x") == b"x"
