"""Quantities, prices, order types and what closes the position later."""

from __future__ import annotations

import pytest

from tests.domain.alerts.reading import normal, refusal_of


def _buy(**fields: object) -> dict[str, object]:
    return normal(action="buy", **fields)


@pytest.mark.parametrize(
    ("fields", "quantity", "kind"),
    [
        ({"qty": "7"}, "7", "units"),
        ({"contracts": 0.25}, "0.25", "units"),
        ({"shares": "1e2"}, "100", "units"),
        ({"quantity": " 1000.50 "}, "1000.5", "units"),
        ({"quantity": 0.30000000000000004}, "0.3", "units"),
        ({"quantity": "999999999999"}, "999999999999", "units"),
        ({"amount": "1500", "currency_type": "quote"}, "1500", "quote"),
        ({"quantity": 500, "quantityType": "dollar_amount"}, "500", "dollar_amount"),
        ({"quantity": 5, "quantityType": "percent_of_equity"}, "5", "percent_of_equity"),
        ({"size": "10%"}, "10", "percent_of_equity"),
        ({"quantity": 10, "quantity_type": "fixed_quantity"}, "10", "units"),
        ({"riskPercent": "0.5"}, "0.5", "risk_percent"),
        ({"notional": 2500}, "2500", "dollar_amount"),
        ({"equity_percent": 20}, "20", "percent_of_equity"),
        ({"quantity": 3, "contracts": "3.0"}, "3", "units"),
        ({"order": {"amount": 5, "currency_type": "base"}}, "5", "base"),
    ],
)
def test_a_quantity_keeps_its_unit(fields: dict[str, object], quantity: str, kind: str) -> None:
    """Numbers and texts are one, and the unit is one word for all senders."""
    told = _buy(**fields)

    assert (told["quantity"], told["quantity_type"]) == (quantity, kind)


@pytest.mark.parametrize(
    "quantity",
    [0, -1, "-3", "", "1,000", "1 000", "1_000", "NaN", "Infinity", "-Infinity", "abc", "0x10", True, False, [1],
     {"value": 1}, "٣", "1e13", 10**12, "1e-9", "9" * 400, "1e400", "+", ".", "1.2.3", "-5%", "%"],
)  # fmt: skip
def test_what_is_not_a_plain_number_is_no_quantity(quantity: object) -> None:
    """A quantity is above zero, finite, unambiguous and within what the database can hold."""
    assert refusal_of({"ticker": "TSLA", "action": "buy", "quantity": quantity}) == "bad_quantity"


@pytest.mark.parametrize("literal", ["1e400", "1e99999999999999999999", "9" * 4000, "1E-400", "-0"])
def test_absurd_json_numbers_are_bad_quantities(literal: str) -> None:
    """Numbers that floats and integers choke on are read exactly and refused."""
    assert refusal_of(f'{{"ticker": "TSLA", "action": "buy", "quantity": {literal}}}') == "bad_quantity"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": "101%", "action": "close"}, "bad_quantity"),
        ({"quantity": 150, "quantityType": "risk_percent"}, "bad_quantity"),
        ({"quantity": 1, "quantityType": "bananas"}, "bad_quantity_type"),
        ({"quantity": 1, "contracts": 2}, "contradictory_alert"),
        ({"price": "n/a"}, "bad_price"),
        ({"price": "{close}"}, "bad_price"),
        ({"price": -3}, "bad_price"),
        ({"price": 0}, "bad_price"),
        ({"price": True}, "bad_price"),
        ({"price": 10_000_000}, "bad_price"),
        ({"price": "9999999.5"}, "accepted"),
        ({"close": "NaN"}, "bad_price"),
        ({"orderType": "iceberg"}, "bad_order_type"),
        ({"orderType": "limit"}, "missing_order_price"),
        ({"orderType": "limit", "close": 100}, "missing_order_price"),
        ({"orderType": "stop_limit", "limitPrice": 100}, "missing_order_price"),
        ({"orderType": "stop"}, "missing_order_price"),
        ({"order_id": "x" * 201}, "text_too_long"),
    ],
)
def test_amounts_that_make_no_sense_are_refused(fields: dict[str, object], code: str) -> None:
    """Each with the code that tells which field to mend."""
    assert refusal_of({"ticker": "TSLA", "action": "buy", **fields}) == code


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"price": "250.10"}, {"signal_price": "250.1"}),
        ({"close": 250, "price": 251}, {"signal_price": "251"}),
        ({"signalPrice": 249, "price": 251}, {"signal_price": "249"}),
        ({"trigger_price": "0.00001234"}, {"signal_price": "0.00001234"}),
        ({"strategy": {"order_price": 99.5}, "bar": {"close": 99}}, {"signal_price": "99.5"}),
        ({"bar": {"close": 99}}, {"signal_price": "99"}),
        ({"price": 250, "pricetype": "LIMIT"}, {"order_type": "limit", "limit_price": "250", "signal_price": None}),
        ({"price": 250, "limitPrice": 249}, {"order_type": "limit", "limit_price": "249", "signal_price": "250"}),
        ({"type": "limit", "price": 250, "close": 252}, {"limit_price": "250", "signal_price": "252"}),
        ({"orderType": "stop", "stopPrice": 260}, {"order_type": "stop", "trigger_price": "260", "stop_price": None}),
        ({"orderType": "stop", "price": 260}, {"trigger_price": "260", "signal_price": None}),
        ({"pricetype": "SL", "price": 261, "trigger_price": 260}, {"limit_price": "261", "trigger_price": "260"}),
        ({"pricetype": "SL-M", "price": "0", "trigger_price": 260}, {"order_type": "stop", "trigger_price": "260"}),
        ({"pricetype": "MARKET", "price": "0"}, {"order_type": "market", "signal_price": None}),
        ({"order": {"type": "stop_limit", "stop": 5, "price": 6}}, {"trigger_price": "5", "limit_price": "6"}),
        ({"action": "buylimit", "price": 4}, {"order_type": "limit", "limit_price": "4"}),
    ],
)
def test_the_order_type_tells_what_a_price_is(fields: dict[str, object], expected: dict[str, object]) -> None:
    """A price is what the chart showed, unless the order needs one of its own."""
    told = normal(**{"action": "buy", **fields})

    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"takeProfit": {"percent": 10}}, {"take_profit_pct": "10"}),
        ({"takeProfit": {"limitPrice": "300"}}, {"take_profit_price": "300"}),
        ({"takeProfit": {"amount": 5}}, {"target_distance": "5"}),
        ({"takeProfit": {"type": "percent", "value": 7}}, {"take_profit_pct": "7"}),
        ({"take_profit": 300}, {"take_profit_price": "300"}),
        ({"take_profit": "4%"}, {"take_profit_pct": "4"}),
        ({"tp": 300, "sl": 200}, {"take_profit_price": "300", "stop_price": "200"}),
        ({"tp_percent": 3, "stop_loss_pct": "1.5"}, {"take_profit_pct": "3", "stop_pct": "1.5"}),
        ({"stopLoss": {"type": "stop", "percent": 5}}, {"stop_pct": "5"}),
        ({"stopLoss": {"type": "stop_limit", "stopPrice": 90, "limitPrice": 89}},
         {"stop_price": "90", "stop_limit_price": "89"}),
        ({"stopLoss": {"type": "trailing_stop", "trailPercent": 2}}, {"trailing_pct": "2"}),
        ({"stopLoss": {"type": "trailing", "percent": 2}}, {"trailing_pct": "2", "stop_pct": None}),
        ({"stopLoss": {"type": "trailing_stop", "trailPrice": 1.25}}, {"trailing_distance": "1.25"}),
        ({"stopLoss": {"amount": 3}}, {"stop_distance": "3"}),
        ({"stop_loss": 0, "take_profit": False}, {"stop_price": None, "take_profit_price": None}),
        ({"stopLoss": {"enabled": True}}, {"stop_price": None, "fields": {"stopLoss": {"enabled": True}}}),
        ({"trailing_percent": 4}, {"trailing_pct": "4"}),
    ],
)  # fmt: skip
def test_stop_and_target_are_prices_percents_or_distances(
    fields: dict[str, object], expected: dict[str, object]
) -> None:
    """Numbers are prices; percents and distances say so; a form that is not known is kept and not guessed."""
    told = _buy(**fields)

    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stop_loss": "tight"}, "bad_bracket"),
        ({"stop_loss": True}, "bad_bracket"),
        ({"take_profit": -5}, "bad_bracket"),
        ({"stopLoss": {"percent": 101}}, "bad_bracket"),
        ({"stopLoss": {"percent": "NaN"}}, "bad_bracket"),
        ({"price": 250, "stop_loss": 260}, "contradictory_alert"),
        ({"price": 250, "take_profit": 5}, "contradictory_alert"),
        ({"take_profit": 240, "stop_loss": 260}, "contradictory_alert"),
        ({"action": "short", "price": 250, "stop_loss": 240}, "contradictory_alert"),
        ({"action": "short", "price": 250, "stop_loss": 260, "take_profit": 240}, "accepted"),
        ({"price": 250, "stop_loss": 240, "take_profit": 260}, "accepted"),
    ],
)
def test_a_bracket_stands_on_the_right_side_of_the_price(fields: dict[str, object], code: str) -> None:
    """A stop that would go off at once is a mistake, not an order."""
    assert refusal_of({"ticker": "TSLA", "action": "buy", **fields}) == code
