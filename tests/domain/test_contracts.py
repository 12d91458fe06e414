"""Which listed contract a policy means."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contracts import ContractPolicy, choose, is_adjusted
from domain.errors import OrderDenied, RuleBroken
from domain.symbols.occ import OptionContract, Right

CALL, PUT = Right.CALL, Right.PUT
TODAY = date(2015, 12, 24)
SOON, WEEKLY, MONTHLY = date(2015, 12, 24), date(2015, 12, 31), date(2016, 1, 15)


def contract(strike: str, right: Right = CALL, expiration: date = WEEKLY, root: str = "GOOG", **more: int):
    return OptionContract(root, expiration, right, Decimal(strike), **more)


CHAIN = [
    contract(strike, right, expiration)
    for expiration in (MONTHLY, SOON, WEEKLY)
    for right in (PUT, CALL)
    for strike in ("755", "740", "745", "752.5", "750")
]


def chosen(right: Right = CALL, spot: str = "749.4", chain=CHAIN, delta_of=None, **policy: object) -> str:
    found = choose(
        chain, right=right, spot=Decimal(spot), today=TODAY, policy=ContractPolicy(**policy), delta_of=delta_of
    )
    return found.symbol


def refusal(**asked: object) -> str:
    with pytest.raises(OrderDenied) as denied:
        chosen(**asked)
    assert denied.value.code == "no_listed_contract"
    return denied.value.message


@pytest.mark.parametrize(
    ("min_days", "expiration"), [(0, "151224"), (1, "151231"), (2, "151231"), (7, "151231"), (8, "160115")]
)
def test_the_nearest_expiry_at_least_so_many_days_ahead(min_days, expiration):
    """Only listed ones: eight days ahead is the monthly."""
    assert chosen(min_days=min_days) == f"GOOG{expiration}C00750000"


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
def test_the_strike_is_at_the_money_or_listed_steps_beyond(right, policy, strike):
    """Calls go up and puts go down from the strike nearest to the spot."""
    assert chosen(right, **policy) == f"GOOG151231{right}{strike}"


def test_of_two_equally_near_strikes_the_lower_is_taken():
    """The choice does not depend on the order of the chain."""
    assert chosen(spot="747.5") == chosen(spot="747.5", chain=CHAIN[::-1]) == "GOOG151231C00745000"


def test_the_delta_nearest_to_the_wanted_one():
    """Puts have negative deltas; None and NaN are passed over, equal distances go to the lower strike."""
    deltas = {"740": -0.1, "745": -0.35, "750": -0.45, "752.5": None, "755": float("nan")}
    by_delta = {Decimal(strike): delta for strike, delta in deltas.items()}
    asked = {"right": PUT, "strike": "delta", "delta_of": lambda c: by_delta[c.strike]}
    assert chosen(**asked) == "GOOG151231P00745000"
    assert chosen(**asked, delta=Decimal("0.44")) == "GOOG151231P00750000"


def test_a_chain_without_deltas_is_refused_under_a_delta_policy():
    """With figures: how many there are and for which expiry."""
    text = "none of 5 contracts expiring 2015-12-31 has a delta to choose 0.40 by"
    assert refusal(strike="delta") == refusal(strike="delta", delta_of=lambda c: None) == text


def test_adjusted_contracts_are_never_chosen():
    """They deliver something else than 100 shares; a chain of them alone is no chain."""
    minis, adjusted = contract("750", root="GOOG7", multiplier=10), contract("750", root="GOOG1")
    odd = contract("750", multiplier=150)
    assert all(is_adjusted(c) for c in (minis, adjusted, odd))
    assert chosen(chain=[minis, adjusted, odd, contract("740")]) == "GOOG151231C00740000"
    assert refusal(chain=[minis, adjusted]) == "of 2 listed contracts none is one of the normal calls"


def test_a_strike_listed_under_two_roots_counts_once():
    """SPX before SPXW; two steps are two strikes."""
    twice = [contract(s, root=root) for root in ("SPXW", "SPX") for s in ("750", "755", "760")]
    assert chosen(chain=twice) == "SPX151231C00750000"
    assert chosen(chain=twice, strike="otm", otm_steps=2) == "SPX151231C00760000"


def test_nothing_listed_is_a_refusal_with_figures():
    """The reader sees how many there are and how far they reach."""
    assert (
        refusal(min_days=60)
        == "of 15 listed calls none expires 60 days or more after 2015-12-24; the last on 2016-01-15"
    )
    assert refusal(chain=[], right=PUT) == "of 0 listed contracts none is one of the normal puts"
    text = "2 strikes are listed out of the money of GOOG151231C00750000, the policy asks for 3"
    assert refusal(strike="otm", otm_steps=3) == text


def test_a_saturday_expiry_counts_from_its_friday():
    """Before 2015 monthly contracts carried the Saturday after their last trading day."""
    saturday = [contract("70", expiration=date(2014, 6, 7), root="TWX"), contract("70", expiration=date(2014, 6, 21))]
    policy = ContractPolicy(min_days=2)
    found = choose(saturday, right=CALL, spot=Decimal(70), today=date(2014, 6, 5), policy=policy)
    assert found.expiration == date(2014, 6, 21)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"strike": "itm"}, "strike 'itm' is none of atm, otm, delta"),
        ({"min_days": -1}, "-1 days ahead is before today"),
        ({"otm_steps": 0}, "0 steps out of the money is not at least 1"),
        ({"delta": Decimal(1)}, "delta 1 is not between 0 and 1"),
        ({"delta": Decimal("NaN")}, "delta NaN is not between 0 and 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(policy, text):
    """Its code is bad_policy and the message names the value."""
    with pytest.raises(RuleBroken) as broken:
        ContractPolicy(**policy)
    assert (broken.value.code, broken.value.message) == ("bad_policy", text)


listed = st.builds(
    contract,
    st.integers(700, 800).map(str),
    st.sampled_from([CALL, PUT]),
    st.integers(0, 40).map(lambda days: TODAY + timedelta(days=days)),
    st.sampled_from(["GOOG", "GOOG1"]),
)


@given(
    chain=st.lists(listed, max_size=40),
    right=st.sampled_from([CALL, PUT]),
    spot=st.decimals("650", "850", places=2),
    min_days=st.integers(0, 30),
    strike=st.sampled_from(["atm", "otm", "delta"]),
    steps=st.integers(1, 4),
)
def test_what_is_chosen_is_always_listed_normal_and_far_enough(chain, right, spot, min_days, strike, steps):
    """Or it is refused; nothing else can happen."""
    policy = ContractPolicy(min_days=min_days, strike=strike, otm_steps=steps)
    try:
        found = choose(chain, right=right, spot=spot, today=TODAY, policy=policy, delta_of=lambda c: 0.5)
    except OrderDenied:
        return
    assert found in chain
    assert (found.right, found.root) == (right, "GOOG")
    # A Saturday's contract trades for the last time a day before it.
    assert found.expiration >= TODAY + timedelta(days=min_days)
