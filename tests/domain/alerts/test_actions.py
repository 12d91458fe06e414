"""What an alert asks for, from its words and the positions it reports."""

from __future__ import annotations

import pytest

from tests.domain.alerts.reading import normal, refusal_of


@pytest.mark.parametrize(
    ("fields", "intent"),
    [
        ({"action": "BUY"}, "open_long"),
        ({"action": "sell"}, "sell"),
        ({"action": "Long"}, "open_long"),
        ({"action": "short"}, "open_short"),
        ({"action": "bear"}, "open_short"),
        ({"direction": "sell"}, "open_short"),
        ({"direction": "bullish"}, "open_long"),
        ({"signal": "buy"}, "open_long"),
        ({"side": "exit"}, "flatten"),
        ({"action": "CLOSE"}, "flatten"),
        ({"direction": "flat"}, "flatten"),
        ({"action": "flatten"}, "flatten"),
        ({"action": "cancel"}, "cancel"),
        ({"action": "add", "qty": 2}, "add_to_position"),
        ({"action": "enter_long"}, "open_long"),
        ({"action": "Enter-Short"}, "open_short"),
        ({"action": "exitLong"}, "exit_long"),
        ({"action": "exit_short"}, "exit_short"),
        ({"action": "buy to cover"}, "exit_short"),
        ({"action": "close", "size": "100%"}, "flatten"),
        ({"action": "close", "size": "25%"}, "reduce"),
        ({"action": "exit", "quantity": 3}, "reduce"),
        ({"action": "exit_long", "size": "25%"}, "reduce_long"),
        ({"action": "reduce_short", "quantity": 3}, "reduce_short"),
        ({"action": "exit", "direction": "long"}, "exit_long"),
        ({"action": "open", "direction": "short"}, "open_short"),
        ({"action": "open", "side": "buy"}, "open_long"),
        ({"action": "reverse", "direction": "long"}, "reverse_to_long"),
        ({"action": "reverse_to_short"}, "reverse_to_short"),
        ({"action": "buy", "direction": "long"}, "open_long"),
        ({"action": "sell", "positionSide": "LONG"}, "exit_long"),
        ({"action": "sell", "positionSide": "SHORT"}, "open_short"),
        ({"action": "buy", "positionSide": "SHORT"}, "exit_short"),
        ({"action": "buy", "positionSide": "BOTH"}, "open_long"),
        ({"action": "cancel", "side": "buy"}, "cancel"),
    ],
)
def test_words_have_one_meaning_in_any_letter_case(fields: dict[str, object], intent: str) -> None:
    """Synonyms of every family lead to the same intents, alone and in company."""
    assert normal(**fields)["intent"] == intent


@pytest.mark.parametrize(
    ("action", "sentiment", "intent"),
    [
        ("buy", "bullish", "open_long"),
        ("sell", "bearish", "reverse_to_short"),
        ("enter_short", "short", "open_short"),
        ("sell", "long", "reduce_long"),
        ("buy", "short", "reduce_short"),
        ("buy", "flat", "flatten"),
        ("sell", "FLAT", "flatten"),
        ("exit", "flat", "flatten"),
        ("add", "long", "add_to_position"),
        ("reverse", "long", "reverse_to_long"),
        ("reverse", "short", "reverse_to_short"),
    ],
)
def test_sentiment_is_the_position_after_the_fill(action: str, sentiment: str, intent: str) -> None:
    """A buy that leaves the strategy short has covered a part; flat closes whatever the action was."""
    assert normal(action=action, sentiment=sentiment, quantity=4)["intent"] == intent


@pytest.mark.parametrize(
    ("action", "previous", "now", "intent"),
    [
        ("buy", "flat", "long", "open_long"),
        ("sell", "flat", "short", "open_short"),
        ("sell", "long", "short", "reverse_to_short"),
        ("buy", "short", "long", "reverse_to_long"),
        ("sell", "long", "long", "reduce_long"),
        ("buy", "long", "long", "add_to_position"),
        ("buy", "short", "short", "reduce_short"),
        ("sell", "short", "short", "add_to_position"),
        ("sell", "long", "flat", "flatten"),
        ("buy", "flat", "flat", "flatten"),
    ],
)
def test_both_positions_tell_the_change(action: str, previous: str, now: str, intent: str) -> None:
    """Position before and after leave one reading of a fill."""
    strategy = {"order_action": action, "market_position": now, "prev_market_position": previous}
    told = normal(strategy=strategy)

    assert (told["intent"], told["previous_side"]) == (intent, previous)


@pytest.mark.parametrize(
    ("fields", "intent", "target"),
    [
        ({"action": "buy", "position_size": "12"}, "set_position", "12"),
        ({"action": "sell", "position_size": -3}, "set_position", "-3"),
        ({"position_size": 7}, "set_position", "7"),
        ({"action": "sell", "position_size": "0"}, "flatten", "0"),
        ({"action": "sell", "quantity": "0", "position_size": "0"}, "flatten", "0"),
        ({"action": "buy", "qty": 5, "market_position": "long", "position_size": 15}, "add_to_position", "15"),
        ({"action": "buy", "qty": 5, "market_position": "long", "position_size": 5}, "open_long", "5"),
        ({"action": "sell", "qty": 9, "market_position": "short", "market_position_size": 4}, "reverse_to_short", "-4"),
        ({"action": "buy", "position": {"side": "short", "size": 5}}, "reduce_short", "-5"),
    ],
)
def test_a_position_size_is_a_target(fields: dict[str, object], intent: str, target: str) -> None:
    """The signed size after the fill; with its word and the fill's size it also tells the position before."""
    told = normal(**fields)

    assert (told["intent"], told["target_position"]) == (intent, target)


@pytest.mark.parametrize(
    ("fields", "intent"),
    [
        ({"action": "buy", "previous_position": "flat"}, "open_long"),
        ({"action": "sell", "previous_position": "flat"}, "open_short"),
        ({"action": "buy", "previous_position": "long"}, "add_to_position"),
        ({"action": "buy", "previous_position": "short", "qty": 5, "prev_market_position_size": 5}, "flatten"),
        ({"action": "buy", "previous_position": "short", "qty": 9, "prev_market_position_size": 5}, "reverse_to_long"),
        ({"action": "sell", "previous_position": "long", "qty": 2, "prev_market_position_size": 5}, "reduce_long"),
    ],
)
def test_the_position_before_and_the_fill_tell_the_position_after(fields: dict[str, object], intent: str) -> None:
    """Where only the position before is reported, arithmetic does the rest."""
    assert normal(**fields)["intent"] == intent


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "buy", "direction": "short"},
        {"action": "buy", "side": "sell"},
        {"action": "exit", "side": "add"},
        {"action": "enter_long", "direction": "short"},
        {"action": "exit_long", "side": "buy"},
        {"action": "enter_long", "sentiment": "short"},
        {"action": "exit", "sentiment": "long"},
        {"action": "exit_short", "sentiment": "long", "qty": 1},
        {"action": "sell", "prev_market_position": "flat", "market_position": "long"},
        {"action": "buy", "prev_market_position": "long", "market_position": "short"},
        {"action": "buy", "market_position": "long", "position_size": -5},
        {"action": "buy", "market_position": "flat", "position_size": 5},
        {"action": "exit", "position_size": 5},
        {"action": "enter_long", "position_size": -5},
        {"action": "buy", "previous_position": "short"},
        {"market_position": "long", "prev_market_position": "long"},
        {
            "action": "buy",
            "market_position": "long",
            "prev_market_position": "long",
            "position_size": 5,
            "prev_market_position_size": 9,
        },
    ],
)
def test_what_cannot_be_both_is_refused(fields: dict[str, object]) -> None:
    """Two fields that contradict each other are never settled by picking one."""
    assert refusal_of({"ticker": "TSLA", **fields}) == "contradictory_alert"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "hold"}, "unknown_action"),
        ({"action": ["buy"]}, "unknown_action"),
        ({"action": True}, "unknown_action"),
        ({"direction": "up"}, "unknown_action"),
        ({"action": ""}, "missing_action"),
        ({"action": None, "close": 5}, "missing_action"),
        ({"action": "reverse"}, "missing_action"),
        ({"action": "open"}, "missing_action"),
        ({"quantity": 5}, "missing_action"),
        ({"sentiment": "long"}, "missing_action"),
        ({}, "missing_action"),
        ({"action": "buy", "sentiment": "hopeful"}, "unknown_position"),
        ({"action": "buy", "position_size": "many"}, "unknown_position"),
        ({"action": "reduce"}, "bad_quantity"),
    ],
)
def test_an_alert_without_a_clear_action_is_refused(fields: dict[str, object], code: str) -> None:
    """Nothing is assumed about an action that is missing or not known."""
    assert refusal_of({"ticker": "TSLA", **fields}) == code


def test_sizes_settle_what_the_action_leaves_open() -> None:
    """Without an action the sizes before and after tell that the position shrank."""
    fields = {"market_position": "long", "prev_market_position": "long", "position_size": 4}

    assert normal(**fields, prev_market_position_size=9)["intent"] == "reduce_long"
    assert normal(**fields, prev_market_position_size=2)["intent"] == "add_to_position"


def test_a_partial_exit_tells_what_must_be_held() -> None:
    """Where the position before is not told, the condition is written down for the decision."""
    assert (
        normal(action="buy", sentiment="short", quantity="2.5")["accept_only_if"] == "a short of more than 2.5 is held"
    )
    assert normal(action="sell", sentiment="long")["accept_only_if"] == "a long is held"
    assert "accept_only_if" not in normal(action="sell", sentiment="long", prev_market_position="long")
