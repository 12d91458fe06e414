"""Gamma exposure of a chain: which quotes count, what is left out and why, and the figures of a recorded noon."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options import bsm
from domain.options.expiry import years_until
from domain.quotes import FeedClass, Quote
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app.analysis import DealerGamma, dealer_gamma
from market_app.analysis.document import document
from market_app.interface import Activity, Calendar, Hours
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.simulated import Simulated
from market_app.sessions import NEW_YORK

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # a Friday, 12:00 in New York
OPEN = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
TODAY, LATER = date(2026, 11, 20), date(2026, 12, 18)
SPOT, VOL, RATE = 100.0, 0.25, 0.04


class Desk(Simulated):
    """A market of a few contracts: what is quoted, held and traded is set by each test."""

    name = "desk"

    def __init__(self) -> None:
        super().__init__(1)
        self.rows: dict[OptionContract, tuple[tuple[float | None, float | None], Activity]] = {}
        self.ages: dict[str, timedelta] = {}
        self.spot_feed = FeedClass.REAL_TIME

    def lists(
        self,
        strike: int,
        right: Right,
        *,
        held: int | None = 100,
        traded: int | None = 0,
        day: date = LATER,
        quote: tuple[float | None, float | None] | None = None,
        age: timedelta = timedelta(),
    ) -> OptionContract:
        """Quoted a cent to both sides of its value at 25 percent, unless told otherwise."""
        contract = OptionContract("SPY", day, right, Decimal(strike))
        sign = 1 if right is Right.CALL else -1
        closes = datetime.combine(day, time(16), NEW_YORK)
        value = float(bsm.price(sign, SPOT, strike, years_until(closes, NOW), RATE, 0.0, VOL))
        self.rows[contract] = (quote or (value - 0.01, value + 0.01), Activity(held, traded))
        self.ages[contract.symbol] = age
        return contract

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        return sorted(self.rows)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        return {contract.symbol: seen for contract, (_, seen) in self.rows.items()}

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        found = {contract.symbol: sides for contract, (sides, _) in self.rows.items()}
        found["SPY"] = (SPOT - 0.01, SPOT + 0.01)
        return {symbol: self._made(symbol, *found[symbol], now=now) for symbol in symbols if symbol in found}

    def calendar(self, product: Product) -> Calendar:
        def hours(day: date) -> Hours | None:
            if day.weekday() >= 5:
                return None
            return Hours(*(datetime.combine(day, at, NEW_YORK).astimezone(UTC) for at in (time(9, 30), time(16))))

        return Calendar("desk", NEW_YORK, hours)

    def _made(self, symbol: str, bid: float | None, ask: float | None, *, now: datetime) -> Quote:
        sides = (None if side is None else Decimal(repr(side)) for side in (bid, ask))
        feed = self.spot_feed if symbol == "SPY" else FeedClass.REAL_TIME
        return Quote(symbol, *sides, 1, 1, now - self.ages.get(symbol, timedelta()), now, self.name, feed)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with use_provider(Desk()) as market, clock.running_on(lambda: NOW):
        assert isinstance(market, Desk)
        yield market


def looked(**options: float) -> DealerGamma:
    return dealer_gamma("SPY", **{"rate": RATE, **options})


def left_out(found: DealerGamma) -> dict[str, tuple[int, int]]:
    return {out.why: (out.contracts, out.open_interest) for out in found.left_out}


def test_two_contracts_add_up_to_what_the_definition_says(desk: Desk):
    """Calls plus, puts minus: gamma of one share, times contracts, hundred shares, spot squared, a hundredth."""
    desk.lists(105, Right.CALL, held=300)
    desk.lists(95, Right.PUT, held=200)
    found = looked()
    years = years_until(datetime.combine(LATER, time(16), NEW_YORK), NOW)
    call, put = (
        float(bsm.greeks(sign, SPOT, strike, years, RATE, 0.0, VOL).gamma) for sign, strike in ((1, 105), (-1, 95))
    )
    assert found.whole.calls == pytest.approx(call * 300 * 100 * SPOT * SPOT * 0.01, rel=1e-6)
    assert found.whole.puts == pytest.approx(-put * 200 * 100 * SPOT * SPOT * 0.01, rel=1e-6)
    assert (found.whole.call_wall, found.whole.put_wall) == (105.0, 95.0)
    assert [(row.expiration, row.used, len(row.strikes)) for row in found.expirations] == [(LATER, 2, 2)]


def test_a_wide_quote_counts_here(desk: Desk):
    """The trading gate refuses it; left out it would take its open interest with it."""
    desk.lists(100, Right.CALL, quote=(1.0, 5.0))
    assert (looked().used, left_out(looked())) == (1, {})


def test_a_quote_of_this_session_is_not_too_old(desk: Desk):
    """A side holds until it changes; what stood before the open is another day's."""
    since_open = NOW - OPEN
    desk.lists(100, Right.CALL, age=since_open)
    desk.lists(101, Right.CALL, age=since_open + timedelta(seconds=1))
    found = looked()
    assert (found.used, left_out(found)) == (1, {"quote refused: quote_stale": (1, 100)})
    assert (found.oldest_quote, found.newest_quote) == (OPEN, OPEN)


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        ((2.0, 2.0), "quote refused: bid and ask are the same price"),
        ((2.1, 2.0), "quote refused: quote_crossed"),
        ((None, 2.0), "quote refused: quote_one_sided"),
        ((2.0, None), "quote refused: quote_one_sided"),
        ((-1.0, 2.0), "quote refused: quote_not_positive"),
        ((float("nan"), 2.0), "quote refused: quote_not_a_number"),
        ((0.01, 0.02), "no volatility gives its middle price"),
    ],
)
def test_a_quote_that_says_no_price_is_left_out_and_counted(desk: Desk, quote: tuple[float, float], why: str):
    """Each by its reason, with the open interest that is missing from the total."""
    desk.lists(100, Right.CALL)
    desk.lists(90, Right.CALL, held=77, quote=quote)
    found = looked()
    assert (found.used, left_out(found)) == (1, {why: (1, 77)})


def test_what_nobody_holds_and_what_is_not_told_are_two_things(desk: Desk):
    """Neither adds anything."""
    desk.lists(100, Right.CALL)
    desk.lists(101, Right.CALL, held=0)
    desk.lists(102, Right.CALL, held=None)
    assert left_out(looked()) == {"open interest is zero": (1, 0), "no open interest was published": (1, 0)}


def test_without_any_open_interest_there_is_no_exposure(desk: Desk):
    """A total of nothing would look like a flat market."""
    desk.lists(100, Right.CALL, held=None, traded=5)
    with pytest.raises(MarketDataUnavailable, match="1: no open interest was published") as refused:
        looked()
    assert refused.value.code == "no_market_data"


def test_todays_contracts_are_told_apart(desk: Desk):
    """Total less today's expiration is the total without it."""
    desk.lists(100, Right.CALL, day=TODAY)
    desk.lists(100, Right.CALL)
    found = looked()
    assert found.later.total == pytest.approx(found.expirations[1].calls)
    assert found.whole.total - found.later.total == pytest.approx(found.expirations[0].calls)


def test_flow_counts_what_has_no_open_interest_too(desk: Desk):
    """Volume by side, premium at the middle, the ratio, and what is unusual."""
    desk.lists(100, Right.CALL, traded=10, quote=(2.0, 3.0))
    desk.lists(101, Right.CALL, held=0, traded=60, quote=(None, 1.0))
    desk.lists(99, Right.PUT, traded=35)
    found = looked().flow
    assert found is not None
    assert (found.calls.volume, found.calls.unpriced, found.puts.volume) == (70, 60, 35)
    assert found.calls.premium == pytest.approx(10 * 2.5 * 100)
    assert found.put_call_ratio == 0.5
    assert [(row.contract.strike, row.ratio) for row in found.unusual] == [(101, None)]


def test_a_source_without_volume_has_no_flow(desk: Desk):
    """None, which is not zero."""
    desk.lists(100, Right.CALL, traded=None)
    assert looked().flow is None
    told = document(looked())
    assert (told["flow"], told["put_call_volume_ratio"]) == (None, None)


def test_expected_moves_follow_from_the_volatility_at_the_money(desk: Desk):
    """25 % of 100: by the day over the root of 252, to the close by the part of the session that is left, 4 of 6.5 hours."""
    for strike in (95, 105):
        desk.lists(strike, Right.CALL)
        desk.lists(strike, Right.PUT)
    moves = looked().moves
    assert (moves.vol, moves.near_vol) == (pytest.approx(VOL, abs=1e-6), pytest.approx(VOL, abs=1e-6))
    assert moves.day == pytest.approx(25 / 252**0.5, rel=1e-5)
    assert moves.to_close == pytest.approx(25 * (4 / 6.5 / 252) ** 0.5, rel=1e-5)


def test_the_options_that_end_today_tell_the_move_to_the_close(desk: Desk):
    """Four hours of a year of 365 days; a day's move is still that of the next expiration."""
    for day in (TODAY, LATER):
        desk.lists(100, Right.PUT, day=day)
        desk.lists(100, Right.CALL, day=day)
    moves = looked().moves
    assert moves.to_close == pytest.approx(25 * (4 / 24 / 365) ** 0.5, rel=1e-3)
    assert moves.day == pytest.approx(25 / 252**0.5, rel=1e-3)


def test_without_strikes_around_spot_no_move_is_told(desk: Desk):
    """None rather than a guess."""
    desk.lists(105, Right.CALL)
    moves = looked().moves
    assert (moves.vol, moves.near_vol, moves.day, moves.to_close) == (None, None, None, None)


def test_open_interest_is_that_of_the_session_before(desk: Desk):
    """Thursday's on a Friday; over a weekend Friday's."""
    desk.lists(100, Right.CALL)
    assert looked().interest_day == date(2026, 11, 19)
    with clock.running_on(lambda: NOW + timedelta(days=3)):
        assert looked().interest_day == date(2026, 11, 20)


def test_an_indicative_feed_is_warned_of(desk: Desk):
    """Its quotes are not those of the market."""
    desk.lists(100, Right.CALL)
    assert looked().warnings == ()
    desk.spot_feed = FeedClass.INDICATIVE
    assert "indicative" in document(looked())["warnings"][0]


@pytest.fixture
def noon(lean: Lean) -> Iterator[None]:
    with use_provider(lean), clock.running_on(lambda: datetime(2015, 12, 24, 17, tzinfo=UTC)):
        yield


@pytest.mark.usefixtures("noon")
def test_the_recorded_noon_keeps_its_figures():
    """What GOOG's chain said at 12:00; a change here is a change of the method and has to be meant."""
    found = dealer_gamma("GOOG")
    assert (found.listed, found.used, found.rate, found.spot) == (2_192, 1_097, 0.01, 750.845)
    assert found.whole.total == pytest.approx(147.614e6, abs=1e3)
    assert found.later.total == pytest.approx(64.710e6, abs=1e3)
    assert (found.whole.call_wall, found.whole.put_wall) == (750.0, 750.0)
    assert found.whole.zero_levels == (pytest.approx(739.605, abs=1e-3),)
    pains = [745.0, 742.5, 742.5, 690.0, 740.0, 750.0, None, 800.0, 720.0, 720.0, 680.0, 1140.0]
    assert [row.max_pain for row in found.expirations] == pains
    assert left_out(found)["quote refused: bid and ask are the same price"] == (2, 972)
    assert found.interest_day == date(2015, 12, 23)


def test_a_minute_later_at_half_a_percent_it_is_the_published_figure(lean: Lean):
    """144 million: another calculation of this day takes the quotes of the minute from 12:00 and that rate."""
    with use_provider(lean), clock.running_on(lambda: datetime(2015, 12, 24, 17, 1, tzinfo=UTC)):
        assert dealer_gamma("GOOG", rate=0.005).whole.total == pytest.approx(144.36e6, abs=0.01e6)
