"""What holds of every selection, whatever the chain."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import TradingError
from domain.options.expiry import days_to_expiration
from domain.selection.policy import Weights
from domain.symbols.occ import OptionContract
from tests.domain.selection.builders import CALL, PUT, TODAY, contract, policy, quote, selected, sight

listed = st.builds(
    contract,
    st.integers(720, 780).map(str),
    st.sampled_from([CALL, PUT]),
    st.integers(0, 20).map(lambda days: TODAY + timedelta(days=days)),
    st.sampled_from(["GOOG", "GOOG", "GOOG", "GOOGW", "GOOG1"]),
)
chains = st.lists(listed, unique=True, max_size=40)
facts_of_one = st.fixed_dictionaries(
    {
        "fault": st.sampled_from([None, None, None, "quote_stale"]),
        "delta": st.sampled_from([None, 0.1, 0.3, 0.39, 0.4, 0.41, 0.55, 0.8]),
        "theta": st.sampled_from([None, -0.1, -0.6]),
        "quote": st.builds(
            quote, st.just("x"), st.just("5.00"), st.sampled_from(["5.05", "5.20", "5.50", "6.20"]), st.just((10, 10))
        ),
    }
)
policies = st.fixed_dictionaries(
    {
        "strike": st.sampled_from(["delta", "delta", "atm", "otm"]),
        "min_open_interest": st.sampled_from([0, 10]),
        "max_spread_ticks": st.sampled_from([3, 20]),
    }
)
worlds = st.dictionaries(st.integers(720, 780), facts_of_one)


def choice(chain: list[OptionContract], world: dict[int, dict[str, Any]], **values: Any):
    """Facts depend on the strike, so that both rights and every expiration meet all of them."""
    activity = {c.symbol: (int(c.strike) % 30, None) for c in chain}
    return selected(
        chain, facts=lambda c: world.get(int(c.strike), {}), seen=sight(CALL, activity=activity), by=policy(**values)
    )


def symbol(selection) -> str | None:
    return None if selection.winner is None else selection.winner.candidate.contract.symbol


@given(chain=chains, world=worlds, values=policies)
def test_every_listed_contract_is_kept_or_counted_once(chain, world, values):
    """kept + removed = listed."""
    found = choice(chain, world, **values)
    assert found.listed == len(chain)
    assert found.passed + sum(found.removed.values()) == found.listed
    assert min(found.removed.values()) >= 0


@given(chain=chains, world=worlds, values=policies)
def test_what_is_chosen_passes_every_filter(chain, world, values):
    """Listed, standard, of the right, in the window, quoted, tight, liquid and, where one is known, of the delta band."""
    found, by = choice(chain, world, **values), policy(**values)
    if found.winner is None:
        assert isinstance(found.refusal, TradingError)
        return
    won = found.winner.candidate
    assert won.contract in chain
    assert (won.contract.right, won.contract.root[-1].isdigit(), won.fault) == (CALL, False, None)
    assert by.min_days <= days_to_expiration(won.contract.expiration, TODAY) <= by.max_days
    assert won.open_interest is None or won.open_interest >= by.min_open_interest
    assert won.spread <= by.max_spread
    assert won.spread_ticks <= by.max_spread_ticks
    if by.strike == "delta":
        assert by.delta_min <= Decimal(str(won.delta)) <= by.delta_max


@given(chain=chains, world=worlds, values=policies)
def test_a_nearest_strike_stands_in_only_where_no_delta_is_known(chain, world, values):
    """Then nothing is chosen by delta, and what stands in is counted and explained as any choice is."""
    found = choice(chain, world, **values)
    instead = found.stand_in
    if instead is None:
        return
    assert (found.winner, found.policy.strike, instead.stand_in) == (None, "delta", None)
    assert instead.winner is not None and instead.winner.candidate.delta is None
    assert instead.passed + sum(instead.removed.values()) == instead.listed == found.listed
    assert instead.passed == found.removed["delta"]


@given(
    chain=chains,
    world=worlds,
    values=policies,
    more=listed,
    why=st.sampled_from(
        [{"fault": "quote_wide"}, {"quote": quote("x", "5.00", "9.00")}, {"quote": quote("x", "2.50", "2.75")}]
    ),
)
def test_a_contract_that_fails_a_filter_changes_nothing(chain, world, values, more, why):
    """Neither what is chosen nor its score: no term looks at other contracts."""
    free = [strike for strike in range(700, 720) if strike not in world]
    bad = contract(str(free[0]), more.right, more.expiration, more.root)
    before = choice(chain, world, **values)
    after = choice([*chain, bad], world | {free[0]: {"delta": 0.4} | why}, **values)
    assert after.listed == before.listed + 1
    assert symbol(after) == symbol(before)
    assert after.winner is None or after.winner.score == before.winner.score


@given(
    chain=chains,
    world=worlds,
    weights=st.lists(st.integers(0, 10), min_size=6, max_size=6).filter(any),
    scale=st.sampled_from(["0.1", "0.25", "3", "7", "10"]),
)
def test_the_scale_of_the_weights_does_not_matter(chain, world, weights, scale):
    """Only their proportions do."""
    small = dict(zip(Weights._fields, map(Decimal, weights), strict=True))
    large = {term: weight * Decimal(scale) for term, weight in small.items()}
    first, second = choice(chain, world, weights=small), choice(chain, world, weights=large)
    assert [row.candidate for row in first.best] == [row.candidate for row in second.best]


@given(chain=chains, world=worlds, values=policies, random=st.randoms(use_true_random=False))
def test_the_order_of_the_chain_changes_nothing(chain, world, values, random):
    """Ties have an order of their own."""
    shuffled = list(chain)
    random.shuffle(shuffled)
    assert choice(chain, world, **values).best == choice(shuffled, world, **values).best
