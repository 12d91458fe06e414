"""What the quote gate refuses, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, QuoteLimits, Reference, judge, timeliness_fault
from domain.quotes import FeedClass, Quote
from domain.reasons import REASONS

NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
GOOD = Quote(
    "SPY260619C00700000",
    Decimal("3.00"),
    Decimal("3.10"),
    10,
    12,
    NOW,
    NOW,
    "test",
    FeedClass.REAL_TIME,
    Decimal("3.05"),
)
LIMITS = QuoteLimits()


def verdict(limits=LIMITS, reference=None, average_range=None, witness=None, **changes):
    compared = Reference(reference, average_range, witness)
    return judge(GOOD._replace(**changes), now=NOW, limits=limits, reference=compared)


def test_a_good_quote_passes_and_says_what_was_seen():
    """The verdict of a good quote has no code and carries bid, ask and age."""
    seen = verdict(provider_time=NOW - timedelta(seconds=30))
    assert (seen.good, seen.code) == (True, None)
    assert seen.text == "SPY260619C00700000 3.00 / 3.10, 30 s old"


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"bid": None, "ask": None}, "quote_missing", "SPY260619C00700000 has bid none, ask none"),
        ({"bid": None}, "quote_one_sided", "SPY260619C00700000 has bid none, ask 3.10"),
        ({"ask": None}, "quote_one_sided", "SPY260619C00700000 has bid 3.00, ask none"),
        ({"bid": Decimal("3.15")}, "quote_crossed", "SPY260619C00700000 bid 3.15 is above ask 3.10"),
        ({"bid": Decimal(0)}, "quote_not_positive", "SPY260619C00700000 has bid 0, ask 3.10; both must be above 0"),
        ({"bid": Decimal(-1)}, "quote_not_positive", "SPY260619C00700000 has bid -1, ask 3.10; both must be above 0"),
        ({"ask": Decimal("NaN")}, "quote_not_a_number", "ask of SPY260619C00700000 is NaN, which is no price"),
        ({"bid": Decimal("sNaN")}, "quote_not_a_number", "bid of SPY260619C00700000 is sNaN, which is no price"),
        (
            {"bid": Decimal("-Infinity")},
            "quote_not_a_number",
            "bid of SPY260619C00700000 is -Infinity, which is no price",
        ),
        (
            {"provider_time": NOW - timedelta(seconds=91)},
            "quote_stale",
            "SPY260619C00700000 is 91 s old, allowed 90 s",
        ),
        (
            {"received_at": NOW + timedelta(seconds=60)},
            "quote_from_future",
            "SPY260619C00700000 is stamped 60 s after now, 2026-06-01T15:00:00+00:00",
        ),
        (
            {"provider_time": NOW + timedelta(seconds=6)},
            "quote_from_future",
            "SPY260619C00700000 is stamped 6 s after now, 2026-06-01T15:00:00+00:00",
        ),
        (
            {"ask": Decimal("4.00")},
            "quote_wide",
            "spread 1.00 of 3.00 / 4.00 is 28.6% of the middle, allowed 0.875",
        ),
    ],
)
def test_each_fault_has_its_code_and_its_figures(changes, code, text):
    """A refusal can be understood without looking at the quote."""
    seen = verdict(**changes)
    assert (seen.good, seen.code, seen.text) == (False, code, text)
    assert code in REASONS


@pytest.mark.parametrize("absurd", ["9E+999999", "10000000", "-1E+999999"])
def test_a_price_beyond_all_prices_is_refused_before_any_arithmetic(absurd):
    """Decimal overflows by raising; the gate answers instead."""
    assert verdict(bid=Decimal(absurd), ask=Decimal(absurd)).code == "quote_not_a_number"


def test_no_quote_at_all_is_missing():
    """None is judged like everything else."""
    assert judge(None, now=NOW, limits=LIMITS).code == "quote_missing"


def test_a_locked_market_is_good():
    """Bid equal to ask is a price, not a fault."""
    assert verdict(bid=Decimal("3.10")).good


def test_staleness_is_judged_on_the_providers_clock():
    """A quote received just now may still be old."""
    assert verdict(provider_time=NOW - timedelta(minutes=10), received_at=NOW).code == "quote_stale"


def test_a_delayed_feed_has_an_allowance_of_its_own():
    """Fifteen minutes are ordinary for delayed data, and stale for any other."""
    late = {"provider_time": NOW - timedelta(minutes=15)}
    assert verdict(feed=FeedClass.DELAYED, **late).good
    assert verdict(feed=FeedClass.RECORDED, **late).code == "quote_stale"
    assert verdict(feed=FeedClass.DELAYED, provider_time=NOW - timedelta(minutes=21)).code == "quote_stale"


def test_a_small_clock_difference_is_tolerated():
    """Five seconds ahead are two clocks, not a broken one, and count as age zero."""
    seen = verdict(provider_time=NOW + timedelta(seconds=5))
    assert seen.good
    assert seen.text.endswith("0 s old")


def test_a_cheap_option_may_have_a_wide_spread():
    """0.05 to 0.15 is twice the middle and still ordinary: the floor allows it."""
    assert verdict(bid=Decimal("0.05"), ask=Decimal("0.15")).good
    assert verdict(bid=Decimal("0.05"), ask=Decimal("0.35")).code == "quote_wide"


def test_a_jump_is_measured_from_the_reference():
    """Twenty percent away is believed, more is not."""
    dollars = {"bid": Decimal("119.99"), "ask": Decimal("120.01")}
    assert verdict(reference=Decimal(100), **dollars).good
    seen = verdict(reference=Decimal("99.9"), **dollars)
    assert (seen.code, seen.text) == ("quote_jump", "middle 120.00 is 20.1% away from 99.9, allowed 20.0%")


@pytest.mark.parametrize(
    "reference", [None, Decimal("NaN"), Decimal(0), Decimal(-1), Decimal("1E-999"), Decimal("1E+999")]
)
def test_without_a_sound_reference_there_is_no_jump(reference):
    """A broken reference must not refuse a good quote."""
    assert verdict(reference=reference).good


def test_options_are_not_judged_by_jumps_and_shares_by_narrow_spreads():
    """The two ready-made sets of limits differ where the instruments do."""
    assert verdict(limits=OPTION_LIMITS, reference=Decimal(1)).good
    assert verdict(limits=UNDERLYING_LIMITS, ask=Decimal("3.20")).code == "quote_wide"


prices = st.one_of(st.none(), st.decimals(allow_nan=True, allow_infinity=True))
moments = st.datetimes(timezones=st.just(UTC))


@given(prices, prices, prices, moments, moments)
def test_it_never_raises_and_never_passes_an_unsound_price(bid, ask, reference, stamped, received):
    """Whatever a provider sends gets a verdict; what passes is finite, positive and not crossed."""
    quote = GOOD._replace(bid=bid, ask=ask, provider_time=stamped, received_at=received)
    seen = judge(quote, now=NOW, limits=LIMITS, reference=Reference(reference))
    assert seen.good == (seen.code is None)
    assert seen.text
    if seen.good:
        assert bid.is_finite()
        assert 0 < bid <= ask


@pytest.mark.parametrize(
    ("average_range", "good"),
    [
        (None, True),  # 3.05 beside 2.90: five percent, and nothing known of how far bars reach
        (Decimal("0.02"), True),  # seven and a half ranges
        (Decimal("0.01"), False),  # fifteen
        (Decimal("NaN"), True),
        (Decimal(-1), True),
    ],
)
def test_a_jump_is_measured_in_average_ranges_too(average_range, good):
    """Twelve average true ranges from the reference are too far, however few percent that is."""
    assert verdict(reference=Decimal("2.90"), average_range=average_range).good is good


def test_half_a_percent_is_no_jump_in_the_stillest_market():
    """Bars that hardly reach anywhere do not make an ordinary step unbelievable."""
    assert verdict(reference=Decimal("3.06"), average_range=Decimal(0)).good


@pytest.mark.parametrize(
    ("seen", "code"), [("3.06", None), ("3.20", "quote_jump"), ("1.00", "quote_jump"), ("NaN", "quote_jump")]
)
def test_a_second_provider_makes_a_jump_believable(seen, code):
    """Two providers within a percent of each other have seen the same market."""
    witness = GOOD._replace(bid=Decimal(seen), ask=Decimal(seen), provider="another")
    assert verdict(reference=Decimal(1), witness=witness).code == code


@pytest.mark.parametrize(
    ("feed", "allowed", "code"),
    [
        (FeedClass.REAL_TIME, False, None),
        (FeedClass.SIMULATED, False, None),
        (FeedClass.RECORDED, False, None),
        (FeedClass.DELAYED, False, "quote_delayed"),
        (FeedClass.DELAYED, True, None),
        (FeedClass.INDICATIVE, True, "quote_not_tradable"),
        (FeedClass.END_OF_DAY, True, "quote_not_tradable"),
    ],
)
def test_entries_are_made_on_prices_of_this_moment(feed, allowed, code):
    """Delayed prices only where the book allows them, indicative ones and yesterday's never."""
    fault = timeliness_fault(GOOD._replace(feed=feed), delayed_allowed=allowed)
    assert (None if fault is None else fault.code) == code
