"""Orders in one line of text."""

from __future__ import annotations

from typing import Any

import pytest

from domain.alerts import Notice, candidate_secrets, redact
from tests.domain.alerts.reading import meaning_of, refusal_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("70987654321,sell,GBPUSD,risk=0.5,sl=15,tp=30",
         {"symbol": "GBPUSD", "intent": "sell", "quantity": "0.5", "quantity_type": "risk_percent",
          "stop_distance": "15", "target_distance": "30"}),
        ("70987654321,closelong,GBPUSD", {"symbol": "GBPUSD", "intent": "exit_long"}),
        ("70987654321,buylimit,GBPUSD,price=1.25,vol_lots=0.2,comment=two words",
         {"intent": "open_long", "limit_price": "1.25", "quantity": "0.2", "comment": "two words"}),
        ("mytoken-1|breakout|SELL|ETHUSDT", {"symbol": "ETHUSDT", "intent": "sell", "strategy": "breakout"}),
        ("mytoken-1|breakout|ETHUSDT|long", {"symbol": "ETHUSDT", "intent": "open_long", "strategy": "breakout"}),
        ("mytoken-1;buy;NYSE:F;25;11.5", {"symbol": "F", "exchange": "NYSE", "quantity": "25", "signal_price": "11.5"}),
        ("mytoken-1,F,buy,25", {"symbol": "F", "quantity": "25"}),
        ("buy,F", {"symbol": "F", "intent": "open_long"}),
        ("F,sell,10%", {"symbol": "F", "intent": "sell", "quantity_type": "percent_of_equity"}),
        ("ticker=F&action=buy&qty=3&key=mytoken-1", {"symbol": "F", "intent": "open_long", "quantity": "3"}),
        ("symbol=F;side=exit", {"symbol": "F", "intent": "flatten"}),
        ("  mytoken-1 , buy , F \n", {"symbol": "F", "intent": "open_long"}),
    ],
)  # fmt: skip
def test_a_line_of_words_is_an_order(line: str, expected: dict[str, Any]) -> None:
    """Secret, strategy, action and symbol by place, everything else by name; sl and tp are distances."""
    told = meaning_of(line).as_json()

    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "text",
    ["going long TSLA, stop 240", "long", "TSLA", "buy the dip | sell the rip", "TSLA, up 3 %", "rsi=70,ema=5",
     "a=1,b,c", "x" * 3000 + ",buy,F", "one,two,three,four,buy"],
)  # fmt: skip
def test_prose_is_never_an_order(text: str) -> None:
    """Only a line made of single words and pairs, with a side among the first four, is one."""
    assert isinstance(meaning_of(text), Notice)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("mytoken-1,buy", "missing_symbol"),
        ("mytoken-1,buy,F,sl=1,sl=2", "ambiguous_duplicate_key"),
        ("mytoken-1,buy,F,risk=200", "bad_quantity"),
        ("mytoken-1,buy,ES1!", "unmapped_or_untradable_symbol"),
        ("buy,", "missing_symbol"),
        ("action=buy,qty=1", "missing_symbol"),
        ("action=perhaps,symbol=F", "unknown_action"),
    ],
)
def test_a_wrong_line_is_refused_like_wrong_json(line: str, code: str) -> None:
    """The same codes, whatever the family."""
    assert refusal_of(line) == code


@pytest.mark.parametrize(
    ("line", "secrets", "kept"),
    [
        ("70987654321,buy,GBPUSD", ("70987654321",), "***,buy,GBPUSD"),
        ("mytoken-1|orb|buy|F", ("mytoken-1",), "***|orb|buy|F"),
        ("orb|buy|F", (), "***|buy|F"),
        ("F,buy,10", (), "F,buy,10"),
        ("mytoken-1,buy", ("mytoken-1",), "***,buy"),
        ("SPY270115C00700000,buy,1", (), "SPY270115C00700000,buy,1"),
        ("mytoken-1|TSLA went up", ("mytoken-1",), "***|TSLA went up"),
        ("TSLA Crossing 250.00, volume 3", (), "TSLA Crossing 250.00, volume 3"),
        ("ticker=F,key=mytoken-1,side=buy", ("mytoken-1",), "ticker=F,key=***,side=buy"),
        ("password: mytoken-1 and more", ("mytoken-1",), "password: *** and more"),
    ],
)
def test_the_first_word_is_the_secret_unless_it_is_the_symbol(line: str, secrets: tuple[str, ...], kept: str) -> None:
    """It is found and masked; a line that starts with its symbol holds none."""
    assert (candidate_secrets(line.encode()), redact(line.encode())) == (secrets, kept)
