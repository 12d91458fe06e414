"""The commands that look at the market: quote, chain, gex. None of them may touch the database, so none is given one."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from books_app import clock
from domain.options.expiry import years_until
from domain.quote_gate import OPTION_LIMITS, judge
from domain.symbols.occ import Right
from market_app.providers import use_provider
from market_app.providers.lean import HOURS_FILE, Lean
from market_app.providers.simulated import Simulated
from market_app.providers.yahoo import Yahoo
from market_app.sessions import NEW_YORK

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
DATA = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "lean")
recorded = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded market days in {DATA}")
GOOG_DAY = [f"--data={DATA}", "--date=2015-12-24"]


class WithoutOpenInterest(Simulated):
    """As a provider is that only knows prices."""

    open_interest = None  # type: ignore[assignment]


@pytest.fixture
def market() -> Iterator[Simulated]:
    with use_provider(Simulated(7)) as provider, clock.running_on(lambda: NOW):
        yield provider


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, no_color=True)
    return out.getvalue()


def answered(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


def test_quote_shows_prices_their_age_and_the_gates_verdict(market: Simulated):
    """Underlyings and contracts in one table, as the provider has them, each labelled with its feed."""
    contract = market.chain("AAPL", now=NOW)[100].symbol

    document = answered("quote", "aapl", contract, "AAPL")
    text = said("quote", "AAPL", contract)

    expected = market.quotes(["AAPL", contract], now=NOW)
    assert [row["symbol"] for row in document["quotes"]] == ["AAPL", contract]
    for row in document["quotes"]:
        assert (row["bid"], row["ask"]) == (str(expected[row["symbol"]].bid), str(expected[row["symbol"]].ask))
        assert (row["feed"], row["age_s"], row["good"]) == ("simulated", 0.0, True)
    assert "2026-11-20 10:00:20 New York" in text
    assert "good" in text and contract in text and "simulated" in text


def test_quote_says_what_it_has_no_quote_of(market: Simulated):
    """Beside the others; alone it is a refusal with its fix."""
    known, unknown = answered("quote", "SPY", "NOPE")["quotes"]
    assert (known["good"], unknown["good"], unknown["code"]) == (True, False, "quote_missing")
    assert "quote_missing" in said("quote", "SPY", "NOPE")
    with pytest.raises(CommandError, match="simulated has no data of NOPE on 2026-11-20\nCheck the symbol"):
        said("quote", "NOPE")


def test_chain_shows_both_sides_around_the_money(market: Simulated):
    """The nearest expiration, as many strikes as asked for, calls' deltas falling, the puts' beside them."""
    document = answered("chain", "SPY", "--strikes", "7")

    strikes = [float(row["strike"]) for row in document["strikes"]]
    assert len(strikes) == 7
    assert strikes == sorted(strikes)
    assert strikes[0] < float(document["spot"]) < strikes[-1]
    assert document["expiration"] == "2026-11-20"
    assert document["feed"] == "simulated"
    deltas = [row["call"]["delta"] for row in document["strikes"] if row["call"]["delta"] is not None]
    assert len(deltas) > 2 and deltas == sorted(deltas, reverse=True)
    interest = market.open_interest("SPY", now=NOW)
    for row in document["strikes"]:
        assert row["put"]["open_interest"] == interest[row["put"]["symbol"]]


def test_chain_takes_another_expiration_and_names_those_there_are(market: Simulated):
    """As a table too; one that is not listed is refused with the list."""
    text = said("chain", "SPY", "--expiration", "2026-12-18", "--strikes", "3")
    assert "SPY 2026-12-18" in text and "simulated (simulated)" in text
    assert "C IV" in text and "P open" in text
    with pytest.raises(CommandError, match=r"no expiration 2026-12-19: give --expiration one of 2026-11-20, "):
        said("chain", "SPY", "--expiration", "2026-12-19")


def test_a_chain_without_open_interest_is_still_a_chain(market: Simulated):
    """Its absence is said, and its column is empty; the gamma exposure of the same market is refused."""
    with use_provider(WithoutOpenInterest(7)):
        document = answered("chain", "SPY")
        with pytest.raises(CommandError, match="simulated tells no open interest"):
            said("gex", "SPY")
    assert document["open_interest"].startswith("no open interest: simulated tells no open interest")
    assert {row["call"]["open_interest"] for row in document["strikes"]} == {None}


def test_gex_adds_up(market: Simulated):
    """Strikes and expirations sum to the total, and every listed contract is used or left out with a reason."""
    document = answered("gex", "spy")

    for rows in (document["strikes"], document["expirations"]):
        assert sum(row["net"] for row in rows) == pytest.approx(document["total"], abs=len(rows) * 0.02)
    assert document["total"] == pytest.approx(document["calls"] + document["puts"], abs=0.02)
    assert document["calls"] > 0 > document["puts"]
    counted = document["contracts_used"] + sum(out["contracts"] for out in document["left_out"])
    assert counted == len(market.chain("SPY", now=NOW))
    assert (document["feed"], document["weight"]) == ("simulated", "open interest of the previous close")
    assert sum(row["contracts_used"] for row in document["expirations"]) == document["contracts_used"]


def test_gex_without_todays_expiry_is_told_beside_it(market: Simulated):
    """The difference is the exposure of the contracts that end today."""
    document = answered("gex", "SPY")
    today = document["expirations"][0]
    assert today["expiration"] == "2026-11-20"
    rest = document["without_same_day"]["total"]
    assert document["total"] - rest == pytest.approx(today["net"], abs=0.05)


def test_gex_is_readable(market: Simulated):
    """The assumption, the source and every figure stand in the text."""
    text = said("gex", "SPY")
    for words in (
        "simulated (simulated)",
        "an assumption",
        "call wall",
        "zero gamma",
        "max pain of 2026-11-20",
        "left out",
    ):
        assert words in text
    assert text.splitlines()[0].startswith("SPY, 2026-11-20 10:00:20 New York")


def test_gex_refuses_an_unknown_symbol(market: Simulated):
    """With the code and its fix in JSON as well."""
    with pytest.raises(CommandError, match="NOPE"):
        said("gex", "NOPE")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("gex", "NOPE", "--json", stdout=out)
    assert json.loads(out.getvalue())["error"]["code"] == "no_market_data"


def test_gex_without_a_single_good_quote_is_refused(market: Simulated, monkeypatch: pytest.MonkeyPatch):
    """A total of nothing would look like a flat market."""
    real = Simulated.quotes
    monkeypatch.setattr(Simulated, "quotes", lambda self, symbols, *, now: real(self, ["SPY"], now=now))
    with pytest.raises(CommandError, match=r"none of \d+ contracts of SPY .*quote refused: quote_missing"):
        said("gex", "SPY")


@recorded
def test_gex_of_the_recorded_day_is_that_of_a_plain_calculation():
    """Every contract by itself, volatility by bisection, nothing vectorised."""
    now = datetime(2015, 12, 24, 17, tzinfo=UTC)
    document = answered("gex", "GOOG", *GOOG_DAY)

    market, used, total = Lean(DATA), 0, 0.0
    chain, interest = market.chain("GOOG", now=now), market.open_interest("GOOG", now=now)
    quotes = market.quotes(["GOOG", *(contract.symbol for contract in chain)], now=now)
    spot = float(quotes["GOOG"].mid)
    for contract in chain:
        quote, held = quotes.get(contract.symbol), interest.get(contract.symbol, 0)
        if held and quote is not None and judge(quote, now=now, limits=OPTION_LIMITS).good:
            day = contract.expiration
            closes = datetime(day.year, day.month, day.day, 13 if day == now.date() else 16, tzinfo=NEW_YORK)
            sign = 1 if contract.right is Right.CALL else -1
            gamma = plain_gamma(sign, float(quote.mid), spot, float(contract.strike), years_until(closes, now), 0.04)
            if gamma is not None:
                used += 1
                total += sign * gamma * held * 100 * spot * spot * 0.01
    assert document["contracts_used"] == used
    assert document["total"] == pytest.approx(total, rel=1e-6)


def plain_gamma(sign: int, price: float, spot: float, strike: float, years: float, rate: float) -> float | None:
    """Gamma at the volatility between 1 and 500 percent that gives the price; None where there is none."""

    def d1(vol: float) -> float:
        return (math.log(spot / strike) + (rate + vol * vol / 2) * years) / (vol * math.sqrt(years))

    def value(vol: float) -> float:
        up, down = (0.5 * math.erfc(-sign * d / math.sqrt(2)) for d in (d1(vol), d1(vol) - vol * math.sqrt(years)))
        return sign * (spot * up - strike * math.exp(-rate * years) * down)

    low, high = 0.01, 5.0
    intrinsic = max(sign * (spot - strike * math.exp(-rate * years)), 0.0)
    if price <= intrinsic or not value(low) <= price <= value(high):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle) > price else (middle, high)
    density = math.exp(-(d1(low) ** 2) / 2) / math.sqrt(2 * math.pi)
    return density / (spot * low * math.sqrt(years))


@recorded
def test_gex_of_the_recorded_day_keeps_its_figures():
    """What the chain of that noon said; a change here is a change of the method and has to be meant."""
    document = answered("gex", "GOOG", *GOOG_DAY)

    assert (document["contracts_used"], document["dealers"]) == (790, "long gamma")
    assert document["total"] == pytest.approx(94.44e6, abs=0.01e6)
    assert document["without_same_day"]["total"] == pytest.approx(72.42e6, abs=0.01e6)
    assert (document["call_wall"], document["put_wall"], document["max_pain"]) == ("745", "725", "745")
    assert document["zero_gamma"] == pytest.approx(739.14, abs=0.01)
    left_out = {out["why"]: out["contracts"] for out in document["left_out"]}
    assert left_out["no open interest was published"] == 2_192 - 2_058


@recorded
def test_quote_and_chain_of_a_recorded_moment():
    """Noon if no time is given, and another minute is another quote; the clock is back afterwards."""
    noon, earlier = (answered("quote", "GOOG", *GOOG_DAY, *at) for at in ([], ["--at=10:00"]))
    assert noon["at"] == "2015-12-24T17:00:00+00:00"
    assert noon["quotes"][0]["feed"] == "recorded"
    assert noon["quotes"][0]["bid"] != earlier["quotes"][0]["bid"]
    chain = answered("chain", "GOOG", *GOOG_DAY, "--strikes=5", "--expiration=2016-01-15")
    assert (len(chain["strikes"]), chain["provider"]) == (5, "lean")
    assert all(row["call"]["iv"] for row in chain["strikes"])
    assert clock.now().year > 2015


@recorded
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--date=2015-12-21"], "no data of GOOG.* on 2015-12-21"),
        (["--date=2015-12-25"], "2015-12-25 is a weekend or holiday"),
        (["--date=2015-12-24", "--at=14:00"], "14:00 is outside the session of 2015-12-24: .* 09:30 to 13:00 New York"),
        (["--date=2015-12-24", "--at=09:00"], "09:00 is outside the session"),
    ],
)
@pytest.mark.parametrize("command", ["quote", "chain", "gex"])
def test_a_moment_that_was_not_recorded_is_refused(command: str, arguments: list[str], told: str):
    """Day, holiday and hour, each in its own words."""
    with pytest.raises(CommandError, match=told):
        said(command, "GOOG", f"--data={DATA}", *arguments)


def test_a_folder_is_looked_at_before_it_is_used(tmp_path: Path):
    """One that is not there, and one that holds something else."""
    with pytest.raises(CommandError, match=r"there is no folder .*nowhere"):
        said("quote", "GOOG", f"--data={tmp_path / 'nowhere'}", "--date=2015-12-24")
    with pytest.raises(CommandError, match=f"holds no {HOURS_FILE}"):
        said("quote", "GOOG", f"--data={tmp_path}", "--date=2015-12-24")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gex", "GOOG", "--date=2015-12-24"], "needs --data and --date together"),
        (["gex", "GOOG", "--at=12:00"], "needs --data and --date together"),
        (["gex", "GOOG", "--data=.", "--date=yesterday"], "'yesterday' is not a date such as 2015-12-24"),
        (["gex", "GOOG", "--data=.", "--date=2015-12-24", "--at=noon"], "'noon' is not a time of day such as 12:00"),
        (["gex", "GOOG", "--rate=4"], "'4' is not a fraction"),
        (["gex", "GOOG", "--rate=nan"], "'nan' is not a fraction"),
        (["gex", "GOOG", "--rate=low"], "'low' is not a fraction"),
        (["chain", "GOOG", "--strikes=0"], "'0' is not a whole number above 0"),
        (["chain", "GOOG", "--strikes=-3"], "'-3' is not a whole number above 0"),
    ],
)
def test_arguments_that_say_nothing_are_refused(arguments: list[str], told: str):
    """Each with what it should have looked like."""
    with pytest.raises(CommandError, match=told):
        said(*arguments)


def test_a_provider_that_cannot_tell_open_interest_is_named():
    """Before anything is asked of the network."""
    silent = Yahoo(ticker=lambda name: pytest.fail("asked"))
    with use_provider(silent), clock.running_on(lambda: NOW), pytest.raises(CommandError, match="yfinance"):
        said("gex", "SPY")
