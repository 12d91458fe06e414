"""Gamma exposure, walls, zero gamma and max pain: chains small enough to be worked out by hand, and brute force."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.options import bsm
from domain.options.exposure import (
    DealerPosition,
    OpenContracts,
    dealer_position,
    exposures,
    gamma_exposure,
    max_pain,
    profile,
    put_call_ratio,
    sign_changes,
    total_exposures,
    zero_gamma_levels,
)

CALL, PUT = 1.0, -1.0


def contracts(*rows, years=0.1, vol=0.2):
    """Of (sign, strike, weight) or (sign, strike, weight, expiration)."""
    sign, strike, weight, expiration = zip(*((*row, 1)[:4] for row in rows), strict=True)
    return OpenContracts(
        sign=np.array(sign, dtype=float),
        strike=np.array(strike, dtype=float),
        years=np.full(len(rows), years),
        vol=np.full(len(rows), vol),
        weight=np.array(weight, dtype=float),
        multiplier=np.full(len(rows), 100.0),
        expiration=np.array(expiration, dtype=np.int64),
    )


def none_at_all():
    return contracts((CALL, 100, 1)).where(np.array([False]))


chains = st.lists(
    st.tuples(st.sampled_from([CALL, PUT]), st.integers(60, 140), st.integers(0, 5_000), st.integers(1, 4)),
    min_size=1,
    max_size=30,
).map(lambda rows: contracts(*rows))


def test_exposure_is_what_the_formula_says():
    """Gamma 0.05, ten contracts, spot 100: 0.05 * 10 * 100 * 100 * 100 / 100 = 5,000 dollars, minus for a put."""
    assert gamma_exposure([CALL, PUT], 0.05, 10, 100.0).tolist() == pytest.approx([5_000.0, -5_000.0])
    assert float(gamma_exposure(CALL, 0.05, 10, 100.0, multiplier=10)) == pytest.approx(500.0)


def test_exposure_is_the_change_of_delta_for_one_percent():
    """Dollars of delta after a rise of a hundredth of a percent, a hundred times."""
    spot, chain = 100.0, contracts((CALL, 103, 7))

    def delta_dollars(at):
        return float(bsm.greeks(CALL, at, 103, 0.1, 0.01, 0.0, 0.2).delta) * spot * 7 * 100

    measured = (delta_dollars(spot * 1.0001) - delta_dollars(spot * 0.9999)) / 2 * 100
    assert profile(chain, spot, rate=0.01).total == pytest.approx(measured, rel=1e-6)


def test_a_chain_adds_up_by_strike_and_by_expiration():
    """Two expirations of one strike are one line by strike, and two lines by expiration."""
    seen = profile(contracts((CALL, 100, 1, 7), (CALL, 100, 2, 8), (PUT, 90, 4, 8)), 100.0, rate=0.0)
    each = float(gamma_exposure(CALL, bsm.greeks(CALL, 100, 100, 0.1, 0.0, 0.0, 0.2).gamma, 1, 100))

    assert [row.key for row in seen.strikes] == [90, 100]
    assert seen.strikes[1].calls == pytest.approx(3 * each)
    assert seen.strikes[1].puts == 0.0
    assert [row.key for row in seen.expirations] == [7, 8]
    assert seen.expirations[0].net == pytest.approx(each)
    assert seen.expirations[1].calls == pytest.approx(2 * each)
    assert seen.expirations[1].puts == pytest.approx(seen.puts)


@given(chains)
def test_every_way_to_add_up_gives_the_same_total(chain):
    """Over strikes, over expirations, and calls with puts."""
    seen = profile(chain, 100.0, rate=0.03)
    for rows in (seen.strikes, seen.expirations):
        assert sum(row.net for row in rows) == pytest.approx(seen.total, abs=1e-6 * (seen.calls - seen.puts) + 1e-9)
    assert seen.calls >= 0 >= seen.puts


@given(chains, st.floats(-0.01, 0.05), st.floats(0.0, 0.04))
def test_totals_on_a_grid_are_the_sums_of_the_exposures(chain, rate, held):
    """The fast way over many levels and the plain one give the same, level by level."""
    levels = np.linspace(70.0, 130.0, 7)
    each = exposures(chain, levels[:, None], rate=rate, dividend_yield=held)
    totals = total_exposures(chain, levels, rate=rate, dividend_yield=held)
    assert totals == pytest.approx(each.sum(axis=1), abs=1e-11 * float(np.abs(each).sum(axis=1).max()))


def test_a_chain_too_large_for_the_cache_is_summed_in_blocks():
    """Twenty thousand contracts at five levels: the same totals."""
    chain = contracts(*((CALL if n % 2 else PUT, 80 + n % 41, n % 7) for n in range(20_000)))
    levels = np.linspace(80.0, 120.0, 5)
    expected = exposures(chain, levels[:, None], rate=0.02).sum(axis=1)
    assert total_exposures(chain, levels, rate=0.02) == pytest.approx(expected, rel=1e-9)


@given(chains)
def test_calls_for_puts_turn_every_sign(chain):
    """Gamma does not know the right, so the mirrored chain has the opposite total, the other wall, the same levels."""
    seen = profile(chain, 100.0, rate=0.03)
    mirrored = OpenContracts(
        -chain.sign, chain.strike, chain.years, chain.vol, chain.weight, chain.multiplier, chain.expiration
    )
    other = profile(mirrored, 100.0, rate=0.03)

    assert other.total == pytest.approx(-seen.total)
    assert (other.call_wall, other.put_wall) == (seen.put_wall, seen.call_wall)
    assert other.zero_levels == pytest.approx(seen.zero_levels)


@given(chains, st.floats(0.5, 20))
def test_in_another_currency_it_is_the_same_chain(chain, factor):
    """Spot and strikes in other units scale dollars and levels alike."""
    scaled = OpenContracts(
        chain.sign, chain.strike * factor, chain.years, chain.vol, chain.weight, chain.multiplier, chain.expiration
    )
    seen, other = profile(chain, 100.0, rate=0.03), profile(scaled, 100.0 * factor, rate=0.03)
    assert other.calls == pytest.approx(seen.calls * factor)
    assert other.puts == pytest.approx(seen.puts * factor)


def test_walls_are_the_strikes_of_the_largest_exposure():
    """Of calls the most positive, of puts the most negative, each over all expirations."""
    seen = profile(
        contracts((CALL, 105, 6, 1), (CALL, 105, 6, 2), (CALL, 103, 8), (PUT, 95, 9), (PUT, 97, 1)), 100, rate=0
    )
    assert (seen.call_wall, seen.put_wall) == (105, 95)


def test_a_side_that_nobody_holds_has_no_wall():
    """And calls alone have no level of zero gamma."""
    seen = profile(contracts((CALL, 105, 6), (PUT, 95, 0)), 100.0, rate=0.0)
    assert (seen.call_wall, seen.put_wall) == (105, None)
    assert seen.zero_levels == ()
    assert seen.zero_gamma is None


def test_an_empty_chain_adds_up_to_nothing():
    """As a chain is that only has contracts of today, once they are taken out."""
    seen = profile(none_at_all(), 100.0, rate=0.0)
    assert (len(none_at_all()), seen.total, seen.position) == (0, 0.0, DealerPosition.NEUTRAL)
    assert (seen.call_wall, seen.put_wall, seen.zero_levels, seen.strikes) == (None, None, (), ())


@pytest.mark.parametrize(
    ("calls", "puts", "position"),
    [
        (100.0, -50.0, DealerPosition.LONG_GAMMA),
        (50.0, -100.0, DealerPosition.SHORT_GAMMA),
        (100.0, -100.0, DealerPosition.NEUTRAL),
        (100.0, -98.1, DealerPosition.NEUTRAL),
        (100.0, -97.9, DealerPosition.LONG_GAMMA),
        (0.0, 0.0, DealerPosition.NEUTRAL),
    ],
)
def test_dealers_are_neutral_below_a_hundredth_of_what_they_hold(calls, puts, position):
    """Otherwise the sign of the balance says which they are."""
    assert dealer_position(calls, puts) is position


@pytest.mark.parametrize(("low", "high", "vol"), [(95, 105, 0.2), (90, 105, 0.3), (97, 112, 0.25)])
def test_zero_gamma_of_a_put_below_and_a_call_above_is_known(low, high, vol):
    """Equal gammas of unequal strikes need opposite d1, which without interest is at sqrt(K1 K2) exp(-vol^2 T / 2)."""
    chain = contracts((PUT, low, 10), (CALL, high, 10), years=0.1, vol=vol)
    known = math.sqrt(low * high) * math.exp(-vol * vol * 0.1 / 2)

    (level,) = zero_gamma_levels(chain, 100.0, rate=0.0)

    assert level == pytest.approx(known, abs=0.02)
    (finer,) = zero_gamma_levels(chain, 100.0, rate=0.0, points=6_000)
    assert finer == pytest.approx(known, abs=1e-5)


def test_there_may_be_several_levels_and_the_nearest_is_named():
    """Puts on both sides of a call: short, long and short again."""
    chain = contracts((PUT, 88, 10), (CALL, 100, 10), (PUT, 112, 10), years=0.02)
    seen = profile(chain, 101.0, rate=0.0)
    assert len(seen.zero_levels) == 2
    assert seen.zero_gamma == seen.zero_levels[1]
    assert seen.zero_levels[0] < 100 < seen.zero_levels[1]


def test_a_level_out_of_reach_is_not_told():
    """What lies beyond a fifth of spot is found only when looked for."""
    chain = contracts((PUT, 70, 10), (CALL, 80, 10))
    assert zero_gamma_levels(chain, 100.0, rate=0.0) == ()
    assert len(zero_gamma_levels(chain, 100.0, rate=0.0, reach=0.3)) == 1


@pytest.mark.parametrize(
    ("totals", "found"),
    [
        ([-1.0, 3.0, 4.0, 5.0], (1.25,)),
        ([-1.0, 0.0, 4.0, 5.0], (2.0,)),
        ([-1.0, 0.0, 0.0, 5.0], (2.5,)),
        ([1.0, 0.0, 4.0, 5.0], ()),
        ([0.0, 0.0, 0.0, 0.0], ()),
        ([0.0, 1.0, -1.0, 1.0], (2.5, 3.5)),
    ],
)
def test_only_a_change_of_sign_is_a_crossing(totals, found):
    """Touching zero is none, and passing through a stretch of zeros is one."""
    assert sign_changes(np.array([1.0, 2.0, 3.0, 4.0]), np.array(totals)) == found


def test_max_pain_by_hand():
    """Ten calls at 90 and ten puts at 110: everywhere between them holders get the same, at 100 too, nearest to spot."""
    sign, strike, weight = np.array([CALL, PUT, CALL]), np.array([90.0, 110.0, 100.0]), np.array([10.0, 10.0, 0.0])
    assert max_pain(sign, strike, weight, spot=101.0) == 100.0
    assert max_pain(sign, strike, weight, spot=89.0) == 90.0
    weight[1] = 20.0
    assert max_pain(sign, strike, weight, spot=89.0) == 110.0


@pytest.mark.parametrize("seed", range(20))
def test_max_pain_by_brute_force(seed):
    """Each listed strike tried, what every holder would get counted one by one."""
    draw = random.Random(seed)
    rows = [(draw.choice([CALL, PUT]), 5.0 * draw.randint(10, 30), draw.randint(0, 900)) for _ in range(40)]
    spot = draw.uniform(60, 140)

    def paid(at):
        return sum(weight * max(sign * (at - strike), 0.0) for sign, strike, weight in rows)

    expected = min({strike for _, strike, _ in rows}, key=lambda at: (paid(at), abs(at - spot)))
    sign, strike, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assert max_pain(sign, strike, weight, spot=spot) == expected


def test_without_open_interest_there_is_no_pain_and_no_ratio():
    """None, never a number made of nothing; puts alone have no ratio to calls either."""
    sign, strike = np.array([CALL, PUT]), np.array([90.0, 100.0])
    assert max_pain(sign, strike, np.zeros(2), spot=100.0) is None
    assert put_call_ratio(sign, np.zeros(2)) is None
    assert put_call_ratio(sign, np.array([0.0, 5.0])) is None
    assert put_call_ratio(sign, np.array([4.0, 6.0])) == 1.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strike": np.array([100.0, 101.0])}, "same shape"),
        ({"vol": np.array([math.nan])}, "vol"),
        ({"years": np.array([0.0])}, "years"),
        ({"weight": np.array([-1.0])}, "weight"),
        ({"sign": np.array([0.5])}, "sign"),
    ],
)
def test_contracts_that_cannot_be_are_refused(change, said):
    """A volatility that is missing must be left out by the caller, not carried into a sum."""
    good = contracts((CALL, 100, 1))
    fields = {name: getattr(good, name) for name in OpenContracts.__slots__}
    with pytest.raises(ValueError, match=said):
        OpenContracts(**{**fields, **change})
