"""Greeks of held contracts: with the rate of the market they are held in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.options import bsm
from domain.options.expiry import years_until
from market_app.providers import use_provider
from market_app.providers.simulated import Simulated
from positions_app.services.greeks import greeks_of
from positions_app.services.held import Held

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=180)


def held(mark: str | None, right: str = "C", *, good: bool = True) -> Held:
    fields = dict.fromkeys(Held._fields)
    return Held(
        **fields
        | {
            "underlying": "ACME",
            "right": right,
            "strike": 100.0,
            "mark": None if mark is None else Decimal(mark),
            "quote_good": good,
            "expires_at": EXPIRES,
        }
    )


@pytest.mark.parametrize("rate", [-0.01, 0.0, 0.02, 0.08])
def test_the_rate_is_the_one_everything_else_discounts_with(settings, rate: float) -> None:
    """A price made at that rate and a volatility of thirty percent is read back with both."""
    settings.RISK_FREE_RATE = rate
    years = years_until(EXPIRES, NOW)
    price = float(bsm.price(1, 101.0, 100.0, years, rate, 0.0, 0.30))
    with use_provider(Simulated(7)):
        [found] = greeks_of([held(str(price))], {"ACME": Decimal(101)}, NOW)
    expected = bsm.greeks(1, 101.0, 100.0, years, rate, 0.0, 0.30)
    assert found is not None
    assert found.iv == pytest.approx(0.30, abs=1e-9)
    assert found.delta == pytest.approx(float(expected.delta), abs=1e-9)
    assert found.theta == pytest.approx(float(expected.theta), abs=1e-9)


def test_where_something_is_missing_there_are_none() -> None:
    """No mark, a bad quote, no spot, or a price that no volatility gives; the others are not disturbed."""
    asked = [held(None), held("45", good=False), held("39"), held("45")]
    with use_provider(Simulated(7)):
        assert [found is None for found in greeks_of(asked, {"ACME": Decimal(140)}, NOW)] == [True, True, True, False]
        assert greeks_of(asked, {}, NOW) == [None] * 4
