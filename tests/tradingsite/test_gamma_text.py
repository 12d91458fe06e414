"""The picture and the tables of a gamma exposure, from figures made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.options.exposure import DealerPosition, GammaProfile, Sums
from domain.quotes import FeedClass, Quote
from market_app.analysis import DealerGamma, Expiration
from market_app.analysis.moves import Moves
from tradingsite.management.gamma_text import BAR, bar, pages, picture

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
STRIKES = (Sums(95.0, 1e6, -5e6), Sums(100.0, 9e6, -1e6), Sums(105.0, 3e6, -1e6), Sums(200.0, 99e6, 0.0))


def found(*levels: float) -> DealerGamma:
    profile = GammaProfile(
        spot=101.0,
        calls=112e6,
        puts=-7e6,
        position=DealerPosition.LONG_GAMMA,
        call_wall=100.0,
        put_wall=95.0,
        zero_levels=levels,
        strikes=STRIKES,
        expirations=(),
    )
    day = Expiration(
        expiration=date(2026, 12, 18),
        years=0.1,
        used=4,
        call_interest=5,
        put_interest=4,
        put_call_ratio=0.8,
        call_volume=0,
        put_volume=0,
        calls=112e6,
        puts=-7e6,
        max_pain=100.0,
        atm_vol=None,
        expected_move=None,
        strikes=STRIKES[:1],
    )
    quote = Quote("SPY", Decimal(101), Decimal(101), 1, 1, NOW, NOW, "desk", FeedClass.REAL_TIME)
    return DealerGamma(
        underlying="SPY",
        at=NOW,
        quote=quote,
        spot=101.0,
        rate=0.04,
        listed=8,
        used=4,
        oldest_quote=NOW,
        newest_quote=NOW,
        interest_day=date(2026, 11, 19),
        whole=profile,
        later=profile,
        put_call_ratio=0.8,
        flow=None,
        moves=Moves(None, None, None, None),
        expirations=(day,),
        left_out=(),
        warnings=(),
    )


@pytest.mark.parametrize(
    ("length", "drawn"),
    [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.125, "▌"), (1 / 32, "▏"), (2.0, "████"), (-1.0, "")],
)
def test_a_bar_is_as_long_as_it_is_told(length: float, drawn: str):
    """In eighths of a column, never longer than its place, padded to it."""
    assert bar(length, width=4) == drawn.ljust(4)


def test_the_nearest_strikes_are_drawn_highest_first():
    """With spot and zero gamma between them, and the names of the strikes; what is far away sets no scale."""
    lines = picture(found(97.5), strikes=3).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["105", "101.00", "100", "97.50", "95"]
    assert lines[1].endswith("+2.00 (+3.00, -1.00)")
    assert lines[2].endswith("spot")
    assert "│" + "█" * BAR in lines[3] and lines[3].endswith("+8.00 (+9.00, -1.00) call wall, max pain")
    assert lines[4].endswith("zero gamma")
    assert "█" * (BAR // 2) + "│" in lines[5] and lines[5].endswith("put wall")
    assert len({line.index("│" if "│" in line else "┼") for line in lines[1:]}) == 1


def test_a_level_outside_the_picture_is_not_drawn():
    """Nor a chain's levels beside one expiration's strikes."""
    assert "zero gamma" not in picture(found(80.0), strikes=3)
    one = found(97.5)
    assert "zero gamma" not in picture(one, strikes=3, chosen=one.expirations[0])
    assert "2026-12-18" in picture(one, strikes=3, chosen=one.expirations[0])


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ((), "none within 20%"),
        ((97.5,), "97.50"),
        ((90.0, 97.5), "97.50, one of several: 90.00, 97.50"),
    ],
)
def test_how_many_zero_levels_there_are_is_said(levels: tuple[float, ...], told: str):
    """The nearest to spot first."""
    rows = [line for page in pages(found(*levels), strikes=3) for line in page.splitlines() if "zero gamma," in line]
    assert rows[0].split("  ", 1)[1].strip().startswith(told)


def test_what_is_unknown_is_said_to_be_none():
    """Volatility, moves and a ratio of nothing."""
    text = "\n".join(pages(found(), strikes=3))
    for name in ("volatility at the money", "expected move of a day", "expected move to the close", "traded puts"):
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert "none" in line
    assert "traded today" not in text


def test_a_warning_stands_at_the_top():
    """Where it is read."""
    warned = replace(found(), warnings=("the feed is indicative",))
    assert "Warning: the feed is indicative." in next(pages(warned, strikes=3))
