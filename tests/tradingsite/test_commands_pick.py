"""The command pick: which contract, out of what, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from books_app import clock
from market_app.providers import use_provider
from market_app.providers.simulated import Simulated
from signals_app.models import SelectionPolicy
from tests.factories import PuppetMarket, a_book, a_desk

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
DATA = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "lean")
recorded = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded market days in {DATA}")
MIDDLE = ["--delta-min=0.49", "--delta-target=0.5", "--delta-max=0.51", "--max-spread-ticks=1000"]
GOOG_DAY = [f"--data={DATA}", "--date=2015-12-24"]


@pytest.fixture
def market() -> Iterator[Simulated]:
    with use_provider(Simulated(7)) as provider, clock.running_on(lambda: NOW):
        yield provider


@pytest.fixture
def dear() -> Iterator[None]:
    """A market in which every option costs more than its share, so that no delta is known."""
    market = PuppetMarket(NOW)
    market.option_factor = Decimal(200)
    with use_provider(market), clock.running_on(lambda: NOW):
        yield


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("pick", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def answered(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


def test_pick_shows_the_winner_the_table_and_the_filters(market: Simulated):
    """Without a strategy the built-in policy is asked, and no database."""
    document, text = answered("spy", "--direction", "long"), said("SPY")

    assert document["chosen"] == document["best"][0]["symbol"]
    assert (document["right"], document["policy"], len(document["best"])) == ("call", "built-in", 10)
    assert f"policy built-in chooses {document['chosen']}" in text
    assert text.splitlines()[0] == "SPY long, 2026-11-20 10:00:20 New York, simulated (simulated)"
    for words in ("filters     right ", "chosen by best score", "+delta", "its term is neutral"):
        assert words in text
    assert all(row["symbol"] in text for row in document["best"])


def test_short_picks_a_put(market: Simulated):
    """Nothing is sold that is not held."""
    assert answered("AAPL", "--direction", "short")["right"] == "put"


def test_values_of_the_policy_can_be_changed(market: Simulated):
    """And the name of the policy says so."""
    document = answered("AAPL", "--min-days=20", "--max-days=40", "--target-days=30", "--delta-target=0.30")
    assert 20 <= document["best"][0]["days"] <= 40
    assert abs(document["best"][0]["delta"] - 0.30) < 0.08
    assert document["policy"] == "built-in, changed"
    assert answered("AAPL", "--strike=atm")["how"] == "nearest strike"


def test_nothing_is_picked_with_each_filters_count(market: Simulated):
    """A refusal with its fix, after the filters; in JSON beside the whole record."""
    with pytest.raises(CommandError, match=r"no call fits policy .* too little open interest.*\n"):
        said("AAPL", "--min-open-interest=1000000")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("pick", "AAPL", "--min-open-interest=1000000", "--json", stdout=out)
    document = json.loads(out.getvalue())
    assert (document["chosen"], document["error"]["code"]) == (None, "no_listed_contract")
    assert document["listed"] == sum(cut["count"] for cut in document["removed"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--delta-target=0.9"], "delta 0.9 is outside the band of 0.25 to 0.60"),
        (["--max-days=1"], "at most 1 days is not from 2 to 1000"),
        (["--delta-min=low"], "'low' is not a number such as 0.40"),
        (["--direction=up"], "invalid choice: 'up'"),
        (["--strategy=a", "--policy=b"], "not allowed with argument"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(market: Simulated, arguments: list[str], told: str):
    """Each in its own words."""
    with pytest.raises(CommandError, match=told):
        said("AAPL", *arguments)


@pytest.mark.django_db
def test_pick_chooses_as_a_strategy_or_a_policy_would(market: Simulated):
    """By the row; a name that there is not is refused."""
    policy = SelectionPolicy.objects.create(name="money", strike="atm", max_days=60)
    desk = a_desk(selection_policy=policy)
    by_strategy, by_policy = answered("AAPL", "--strategy", desk.strategy.name), answered("AAPL", "--policy=money")
    assert by_strategy == by_policy
    assert (by_policy["policy"], by_policy["how"]) == ("money", "nearest strike")
    assert answered("AAPL", "--strategy", a_desk().strategy.name)["policy"] == "built-in"
    with pytest.raises(CommandError, match="there is no such strategy"):
        said("AAPL", "--strategy=nobody")
    with pytest.raises(CommandError, match="there is no such selectionpolicy"):
        said("AAPL", "--policy=nothing")


@pytest.mark.django_db
def test_pick_takes_the_nearest_strike_where_a_book_would(dear: None):
    """Where no delta is known; a book that does not allow it chooses nothing, as no book at all does."""
    lenient, strict = a_book(nearest_strike=True), a_book()
    for allowed in (["--nearest"], ["--book", lenient.name]):
        document = answered("AAPL", *MIDDLE, *allowed)
        assert document["how"] == "nearest strike, because no delta is known and the book allows it"
        assert document["best"][0]["delta"] is None
    for refused in ([], ["--book", strict.name]):
        with pytest.raises(CommandError, match="the book does not allow the nearest strike"):
            said("AAPL", *MIDDLE, *refused)
    with pytest.raises(CommandError, match="there is no such account"):
        said("AAPL", "--book=nobody")


@recorded
def test_a_recorded_noon_is_picked_from_as_it_was():
    """What the chain of that noon said; a change here is a change of the method and has to be meant."""
    long, short = (answered("GOOG", "--direction", direction, *GOOG_DAY) for direction in ("long", "short"))
    assert (long["chosen"], long["listed"], long["spot"]) == ("GOOG151231C00755000", 2192, "750.845")
    assert short["chosen"] == "GOOG151231P00747500"
    for document in (long, short):
        assert document["passed"] + sum(cut["count"] for cut in document["removed"]) == document["listed"]
        assert abs(abs(document["best"][0]["delta"]) - 0.40) < 0.05
        assert (document["provider"], document["feed"]) == ("lean", "recorded")
