"""Which contract is chosen, and what is said where none is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from domain.errors import MarketDataUnavailable, OrderDenied
from domain.selection import as_json
from domain.selection.select import BEST, BY_SCORE, NO_DELTA
from tests.domain.selection.builders import CALL, CHAIN, PUT, WEEKLY, contract, quote, selected, sight, symbol_of


def refusal(*arguments, **asked) -> OrderDenied:
    with pytest.raises(OrderDenied) as denied:
        selected(*arguments, **asked).chosen()
    assert denied.value.code == "no_listed_contract"
    return denied.value


def test_the_best_score_wins_and_stands_first_in_the_table():
    """Deltas fall by 0.05 for a dollar: of 0.47 at 750 and 0.345 at 752.5 the first is nearer, for its side of the band."""
    found = selected()
    assert symbol_of(found) == "GOOG151231C00750000"
    assert (found.how, found.best[0]) == (BY_SCORE, found.winner)
    assert [row.score for row in found.best] == sorted((row.score for row in found.best), reverse=True)


def test_weights_decide():
    """The wider spread loses unless spreads do not count."""
    wide = {"delta": 0.4, "quote": quote("x", "5.00", "5.60")}
    asked = {"facts": lambda c: wide if c.strike == 755 else {"delta": 0.3}}
    pair = [contract("752.5"), contract("755")]

    assert symbol_of(selected(pair, weights={"delta": 1}, **asked)) == "GOOG151231C00755000"
    assert symbol_of(selected(pair, weights={"spread": 1}, **asked)) == "GOOG151231C00752500"


def test_the_table_keeps_the_best_ten():
    """And tells how many there were."""
    found = selected([contract(f"{strike / 4}") for strike in range(2996, 3020)])
    assert (len(found.best), found.passed > BEST) == (BEST, True)


@pytest.mark.parametrize(
    ("right", "policy", "strike"),
    [
        (CALL, {"strike": "atm"}, "00750000"),
        (PUT, {"strike": "atm"}, "00750000"),
        (CALL, {"strike": "otm"}, "00752500"),
        (CALL, {"strike": "otm", "otm_steps": 2}, "00755000"),
        (PUT, {"strike": "otm"}, "00745000"),
        (PUT, {"strike": "otm", "otm_steps": 2}, "00740000"),
    ],
)
def test_a_nearest_strike_is_at_the_money_or_steps_beyond(right, policy, strike):
    """Of the nearest expiration, calls going up and puts down, whatever their deltas."""
    found = selected(seen=sight(right), facts=lambda _: {"delta": None}, **policy)
    assert symbol_of(found) == f"GOOG151231{right}{strike}"
    assert found.best[0] is found.winner
    assert found.removed["delta"] == 0


def test_of_two_equally_near_strikes_the_lower_is_taken():
    """The choice does not depend on the order of the chain."""
    for chain in (CHAIN, CHAIN[::-1]):
        assert symbol_of(selected(chain, seen=sight(spot="747.5"), strike="atm")) == "GOOG151231C00745000"


def test_a_nearest_strike_that_fails_a_filter_is_passed_over():
    """The next one that can be traded is taken, and the next expiration where the first has none."""
    bad = {"fault": "quote_missing", "quote": None}
    assert symbol_of(selected(facts=lambda c: bad if c.strike == 750 else {}, strike="atm")) == "GOOG151231C00752500"
    later = selected(facts=lambda c: bad if c.expiration == WEEKLY else {}, strike="atm", max_days=30)
    assert symbol_of(later) == "GOOG160115C00750000"


def test_a_strike_listed_under_two_roots_is_one_step():
    """SPX before SPXW; two steps are two strikes."""
    twice = [contract(s, root=root) for root in ("SPXW", "SPX") for s in ("750", "755", "760")]
    assert symbol_of(selected(twice, strike="atm")) == "SPX151231C00750000"
    assert symbol_of(selected(twice, strike="otm", otm_steps=2)) == "SPX151231C00760000"


def test_too_few_strikes_out_of_the_money_are_a_refusal_with_figures():
    """Both numbers are told."""
    text = "2 strikes that passed are out of the money of GOOG151231C00750000, the policy asks for 3"
    assert refusal(strike="otm", otm_steps=3).message == text


def test_without_any_delta_the_nearest_strike_stands_in_where_the_book_allows_it():
    """Of the expiration nearest to the days wanted; the record says why."""
    found = selected(facts=lambda _: {"delta": None}, max_days=30, target_days=20).stand_in
    assert symbol_of(found) == "GOOG160115C00750000"
    assert found.how == NO_DELTA
    assert found.notes[0] == "none of 10 contracts that passed has a delta: the nearest strike stands in"
    assert "the book allows it" in as_json(found)["how"]


def test_without_any_delta_nothing_is_chosen_where_the_book_does_not_allow_it():
    """The refusal and the record name the book, beside what each filter took away."""
    found, words = (
        selected(facts=lambda _: {"delta": None}),
        "has a delta, and the book does not allow the nearest strike",
    )
    assert (found.winner, found.how) == (None, BY_SCORE)
    assert "5 delta outside the band, or none known; none of 5 contracts" in found.refusal.message
    assert found.refusal.message.endswith(words)
    assert as_json(found)["notes"][0].endswith(words)
    assert found.listed == found.passed + sum(found.removed.values())


def test_one_delta_that_is_known_leaves_nothing_to_stand_in_for():
    """Outside the band it is a reason to choose nothing, not to guess; a nearest strike needs no delta at all."""
    one = selected(facts=lambda c: {"delta": 0.9 if c.strike == 740 else None})
    assert (one.winner, one.stand_in) == (None, None)
    assert one.refusal.message.endswith("5 delta outside the band, or none known")
    assert selected(facts=lambda _: {"delta": None}, strike="atm").stand_in is None
    assert selected(facts=lambda _: {"fault": "quote_wide", "delta": None}).stand_in is None


def test_nothing_that_fits_is_a_refusal_with_each_filters_count():
    """The reader sees which filter to open."""
    assert refusal(min_days=60, max_days=90, target_days=60).message == (
        "of 30 listed contracts of GOOG no call fits policy built-in: 15 of the other right, 15 outside the window of days"
    )
    assert refusal([]).message == "of 0 listed contracts of GOOG no call fits policy built-in"


def test_without_a_single_good_quote_the_market_is_to_blame():
    """It may quote again: to be tried later, with the commonest fault as the reason."""
    faults = dict.fromkeys((Decimal(740), Decimal(745)), "quote_wide")
    found = selected(facts=lambda c: {"fault": faults.get(c.strike, "quote_stale"), "delta": None})
    with pytest.raises(MarketDataUnavailable) as unavailable:
        found.chosen()
    assert unavailable.value.code == "quote_stale"
    assert "none of 5 contracts of GOOG that were looked at has a good quote" in unavailable.value.message
    assert "3 quote_stale" in unavailable.value.message


def test_one_good_quote_is_a_market():
    """Then the policy is to blame for choosing nothing."""
    assert refusal(facts=lambda c: {} if c.strike == 740 else {"fault": "quote_stale"})


def test_a_record_says_everything_in_json():
    """Prices as strings, filters in their order, the rows' terms, and what was looked at."""
    record = json.loads(json.dumps(as_json(selected())))
    assert (record["chosen"], record["how"], record["policy"]) == ("GOOG151231C00750000", BY_SCORE, "built-in")
    assert (record["right"], record["spot"], record["provider"], record["feed"]) == (
        "call",
        "749.4",
        "test",
        "recorded",
    )
    assert record["listed"] == record["passed"] + sum(cut["count"] for cut in record["removed"])
    best = record["best"][0]
    assert (best["bid"], best["ask"], best["spread"], best["spread_ticks"]) == ("5.00", "5.20", 0.0392, 4)
    assert (best["strike"], best["days"], best["open_interest"]) == ("750", 7, None)
    assert set(best["terms"]) == set(record["weights"])
    assert record["notes"] == ["no history of implied volatility: its term is neutral"]


def test_a_record_of_nothing_is_a_record():
    """With its counts and an empty table."""
    record = as_json(selected([]))
    assert (record["chosen"], record["best"], record["listed"]) == (None, [], 0)
