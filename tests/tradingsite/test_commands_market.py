"""The commands that look at the market: quote, chain, gex. Only ``--save`` may touch the database; others get none."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from books_app import clock
from market_app.models import GammaSnapshot
from market_app.providers import use_provider
from market_app.providers.lean import HOURS_FILE
from market_app.providers.simulated import Simulated
from market_app.sessions import NEW_YORK

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
DATA = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "lean")
recorded = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded market days in {DATA}")
GOOG_DAY = [f"--data={DATA}", "--date=2015-12-24"]


class PricesOnly(Simulated):
    """As a provider is that knows nothing else."""

    activity = None  # type: ignore[assignment]


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
    activity = market.activity("SPY", now=NOW)
    for row in document["strikes"]:
        assert (row["put"]["open_interest"], row["put"]["volume"]) == activity[row["put"]["symbol"]]


def test_chain_takes_another_expiration_and_names_those_there_are(market: Simulated):
    """As a table too; one that is not listed is refused with the list."""
    text = said("chain", "SPY", "--expiration", "2026-12-18", "--strikes", "3")
    assert "SPY 2026-12-18" in text and "simulated (simulated)" in text
    assert "C IV" in text and "P open" in text
    with pytest.raises(CommandError, match=r"no expiration 2026-12-19: give --expiration one of 2026-11-20, "):
        said("chain", "SPY", "--expiration", "2026-12-19")


def test_a_chain_without_open_interest_is_still_a_chain(market: Simulated):
    """Its absence is said, and its column is empty; the gamma exposure of the same market is refused."""
    with use_provider(PricesOnly(7)):
        document = answered("chain", "SPY")
        with pytest.raises(CommandError, match="simulated tells neither open interest nor volume"):
            said("gex", "SPY")
    assert document["open_interest"].startswith("no open interest: simulated tells neither open interest nor volume")
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
        "expected move to the close",
        "traded puts for each traded call",
        "unusual volume",
        "left out",
    ):
        assert words in text
    assert text.splitlines()[0].startswith("SPY, 2026-11-20 10:00:20 New York")


def test_gex_draws_the_strikes_around_spot(market: Simulated):
    """As many as asked for, highest first, spot among them; the longest bar is that of the largest exposure."""
    document, text = answered("gex", "SPY"), said("gex", "SPY", "--strikes=9")
    drawn = [line for line in text.splitlines() if "│" in line][1:]
    spot = float(document["spot"])
    nearest = sorted(document["strikes"], key=lambda row: abs(float(row["strike"]) - spot))[:9]
    assert [line.split()[0] for line in drawn] == [
        row["strike"] for row in sorted(nearest, key=lambda row: -float(row["strike"]))
    ]
    largest = max(nearest, key=lambda row: abs(row["net"]))
    assert max(drawn, key=lambda line: line.count("█")).split()[0] == largest["strike"]
    for line, row in zip(drawn, sorted(nearest, key=lambda row: -float(row["strike"])), strict=True):
        assert ("█│" in line) <= (row["net"] < 0)
        assert ("│█" in line) <= (row["net"] > 0)
    above, below = text.split(f"{spot:.2f} ─")
    assert drawn[0] in above and drawn[-1] in below


def test_gex_draws_one_expiration(market: Simulated):
    """The one that was named, by its own exposures; one that is not listed is refused with the list."""
    document = answered("gex", "SPY", "--expiration", "2026-12-18")
    chosen = next(row for row in document["expirations"] if row["expiration"] == "2026-12-18")
    text = said("gex", "SPY", "--expiration", "2026-12-18", "--strikes=3")
    assert "Net exposure by strike, 2026-12-18" in text
    nearest = min(chosen["strikes"], key=lambda row: abs(float(row["strike"]) - float(document["spot"])))
    assert f"{nearest['net'] / 1e6:+,.2f}" in text
    with pytest.raises(CommandError, match=r"no expiration 2026-12-19: give --expiration one of 2026-11-20, "):
        said("gex", "SPY", "--expiration", "2026-12-19")


def test_gex_tells_strikes_within_each_expiration(market: Simulated):
    """They add up to it, and over the expirations to the strike."""
    document = answered("gex", "SPY")
    by_strike: dict[str, float] = {}
    for day in document["expirations"]:
        assert sum(row["net"] for row in day["strikes"]) == pytest.approx(
            day["net"], abs=0.01 * len(day["strikes"]) + 0.01
        )
        for row in day["strikes"]:
            by_strike[row["strike"]] = by_strike.get(row["strike"], 0.0) + row["net"]
    for row in document["strikes"]:
        assert by_strike[row["strike"]] == pytest.approx(row["net"], abs=0.15)


def test_gex_says_how_many_zero_levels_there_are(market: Simulated):
    """None, one or several, and the nearest to spot if any."""
    document = answered("gex", "SPY")
    levels = document["zero_levels"]
    assert document["zero_found"] == ("none" if not levels else "one" if len(levels) == 1 else "several")
    assert document["zero_gamma"] in levels


@pytest.mark.django_db
def test_gex_is_kept_when_asked(market: Simulated):
    """As a row, once for its moment; without being asked nothing is written."""
    said("gex", "SPY")
    assert not GammaSnapshot.objects.exists()
    document = answered("gex", "SPY", "--save")
    assert f"kept as snapshot {document['snapshot']}" in said("gex", "SPY", "--save")
    row = GammaSnapshot.objects.get()
    assert (row.pk, row.underlying, float(row.total)) == (document["snapshot"], "SPY", document["total"])


def test_the_rate_is_the_settings_unless_given(market: Simulated, settings: Any):
    """And is told."""
    settings.RISK_FREE_RATE = 0.025
    assert (answered("gex", "SPY")["rate"], answered("chain", "SPY")["rate"]) == (0.025, 0.025)
    assert answered("gex", "SPY", "--rate=0.05")["rate"] == 0.05
    assert "rate 2.50%" in said("chain", "SPY")


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
    """From the files, every contract by itself, volatility by bisection: no code of ours between them and the total."""
    document = answered("gex", "GOOG", *GOOG_DAY)

    held = {name.rsplit("_openinterest_")[1]: int(rows[0][1]) for name, rows in files("option", "openinterest")}
    (_, shares), *_ = files("equity", "quote")
    spot, used, total = sum(carried(shares)) / 2, 0, 0.0
    for name, rows in files("option", "quote"):
        contract = name.rsplit("_quote_")[1]
        bid, ask = carried(rows)
        if not held.get(contract) or not 0 < bid < ask:
            continue
        _, right, strike, ends = contract.removesuffix(".csv").split("_")
        closes = datetime.strptime(f"{ends} {13 if ends == '20151224' else 16}", "%Y%m%d %H").replace(tzinfo=NEW_YORK)
        days = (closes - datetime(2015, 12, 24, 17, tzinfo=UTC)) / timedelta(days=1)
        sign = 1 if right == "call" else -1
        gamma = plain_gamma(sign, (bid + ask) / 2, spot, int(strike) / 10_000, days / 365, 0.01)
        if gamma is not None:
            used += 1
            total += sign * gamma * held[contract] * 100 * spot * spot * 0.01
    assert (document["contracts_used"], document["rate"]) == (used, 0.01)
    assert document["total"] == pytest.approx(total, rel=1e-6)


def files(kind: str, what: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows of each member of the day's archive."""
    ending = f"{what}_american" if kind == "option" else what
    with zipfile.ZipFile(DATA / kind / "usa/minute/goog" / f"20151224_{ending}.zip") as archive:
        for name in archive.namelist():
            yield name, [row.split(",") for row in archive.read(name).decode().split()]


def carried(rows: list[list[str]]) -> tuple[float, float]:
    """Bid and ask in dollars as known at noon: the last of each side from a minute between 09:30 and 11:59."""
    known = [row for row in rows if 34_200_000 <= int(row[0]) <= 43_140_000]
    last = [next((int(row[place]) for row in reversed(known) if row[place]), 0) for place in (4, 9)]
    return last[0] / 10_000, last[1] / 10_000


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

    assert (document["contracts_used"], document["dealers"]) == (1_097, "long gamma")
    assert document["total"] == pytest.approx(147.61e6, abs=0.01e6)
    assert document["without_same_day"]["total"] == pytest.approx(64.71e6, abs=0.01e6)
    assert (document["call_wall"], document["put_wall"], document["max_pain"]) == ("750", "750", "745")
    assert (document["zero_gamma"], document["zero_found"]) == (739.6, "one")
    assert (document["near_vol"], document["atm_vol"]) == (
        pytest.approx(0.1606, abs=1e-4),
        pytest.approx(0.2284, abs=1e-4),
    )
    assert document["put_call_volume_ratio"] == pytest.approx(2_412 / 2_684, abs=0.01)
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
