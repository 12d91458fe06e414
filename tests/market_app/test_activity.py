"""Open interest and volume: who tells them, from when on they are known, and what is said where there is none."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.symbols.occ import Right
from market_app import services
from market_app.interface import Activity
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.lean_files import open_interest_row, trade_rows
from market_app.providers.simulated import Simulated

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
MARKET = Simulated(seed=7)


class Silent(Simulated):
    """As a provider is that knows prices only."""

    name = "silent"
    activity = None  # type: ignore[assignment]


def test_the_recorded_morning_is_read_completely(lean: Lean):
    """2,058 contracts of GOOG with 179,502 open among them, all of them listed that day."""
    now = datetime(2015, 12, 24, 17, tzinfo=UTC)
    found = lean.activity("GOOG", now=now)
    held = [seen.open_interest for seen in found.values() if seen.open_interest is not None]
    assert (len(held), sum(held)) == (2_058, 179_502)
    assert set(found) == {contract.symbol for contract in lean.chain("GOOG", now=now)}


def test_open_interest_is_known_from_its_publication_on(lean: Lean):
    """At 06:00 New York nothing of that day is known, at 07:00 all of it."""
    six = datetime(2015, 12, 24, 11, tzinfo=UTC)
    assert {seen.open_interest for seen in lean.activity("GOOG", now=six).values()} == {None}
    seven = lean.activity("GOOG", now=six + timedelta(hours=1))
    assert sum(seen.open_interest is not None for seen in seven.values()) == 2_058


def test_volume_is_of_the_minutes_that_have_ended(lean: Lean):
    """The file's trade rows of a contract, added up by hand; a contract that did not trade has 0, not nothing."""
    opened = datetime(2015, 12, 24, 14, 30, tzinfo=UTC)
    symbol = "GOOG151224C00750000"
    rows = trade_rows(_trade_file(lean, "20151224_goog_minute_trade_american_call_7500000_20151224.csv"))
    for minutes in (0, 1, 30, 31, 150, 210):
        ended = rows[rows[:, 0] + 60_000 <= (570 + minutes) * 60_000]
        found = lean.activity("GOOG", now=opened + timedelta(minutes=minutes))
        assert found[symbol].volume == ended[:, 5].sum()
    assert found["GOOG180119C01140000"].volume == 0
    assert sum(seen.volume for seen in found.values()) == 7_471


def test_a_trade_within_the_running_minute_is_not_known(lean: Lean):
    """Its bar ends with the minute."""
    first = trade_rows(_trade_file(lean, "20151224_goog_minute_trade_american_call_7500000_20151224.csv"))[0]
    started = datetime(2015, 12, 24, 5, tzinfo=UTC) + timedelta(milliseconds=int(first[0]))
    volumes = [
        lean.activity("GOOG", now=started + timedelta(seconds=seconds))["GOOG151224C00750000"].volume
        for seconds in (59, 60)
    ]
    assert volumes == [0, first[5]]


def _trade_file(lean: Lean, name: str) -> bytes:
    with zipfile.ZipFile(lean.folder / "option/usa/minute/goog/20151224_trade_american.zip") as archive:
        return archive.read(name)


def test_a_day_without_the_file_is_named(lean: Lean):
    """Never zero: what was not recorded is not nothing."""
    with pytest.raises(
        MarketDataUnavailable, match="lean has no data of GOOG open interest and volume on 2015-12-28"
    ) as refused:
        lean.activity("GOOG", now=datetime(2015, 12, 28, 17, tzinfo=UTC))
    assert refused.value.code == "no_market_data"


def test_its_row_is_a_time_and_a_number():
    """With the line end of any system."""
    assert open_interest_row(b"23460000,52\r\n") == (23_460_000, 52)


def test_simulated_open_interest_is_the_same_all_day_and_another_with_another_seed():
    """It covers the chain, and depends on seed and day only."""
    found = held(MARKET, NOW)
    assert set(found) == {contract.symbol for contract in MARKET.chain("AAPL", now=NOW)}
    assert found == held(Simulated(seed=7), NOW + timedelta(hours=3))
    assert found != held(Simulated(seed=8), NOW)


def held(market: Simulated, now: datetime) -> dict[str, int | None]:
    return {symbol: seen.open_interest for symbol, seen in market.activity("AAPL", now=now).items()}


def test_simulated_volume_begins_at_nothing_and_never_falls():
    """Through a whole UTC day, each contract for itself; some trade more than was open."""
    midnight = NOW.replace(hour=0, minute=0, second=0)
    before = dict.fromkeys(held(MARKET, midnight), 0)
    assert {seen.volume for seen in MARKET.activity("AAPL", now=midnight).values()} == {0}
    for hours in range(1, 24, 3):
        found = MARKET.activity("AAPL", now=midnight + timedelta(hours=hours))
        volumes = {symbol: seen.volume for symbol, seen in found.items()}
        assert all(volumes[symbol] >= before[symbol] for symbol in volumes)
        before = volumes
    assert any(seen.volume > seen.open_interest > 100 for seen in found.values())
    assert sum(before.values()) > 0


def test_simulated_open_interest_is_shaped_like_a_market():
    """Most around the money, hardly any far away, calls above the puts, more on round strikes."""
    chain, found = MARKET.chain("SPY", now=NOW), MARKET.activity("SPY", now=NOW)
    spot = float(MARKET.quotes(["SPY"], now=NOW)["SPY"].mid)
    near_and_far, by_right, each = [0, 0], defaultdict(list), defaultdict(list)
    for contract in chain:
        distance, count = abs(float(contract.strike) / spot - 1), found[contract.symbol].open_interest
        near_and_far[distance > 0.1] += count
        by_right[contract.right] += [float(contract.strike)] * count
        if distance < 0.03:
            each[contract.strike % 10 == 0].append(count)
    assert near_and_far[0] > 3 * near_and_far[1]
    middle = {right: sum(strikes) / len(strikes) for right, strikes in by_right.items()}
    assert middle[Right.CALL] > middle[Right.PUT]
    assert sum(each[True]) / len(each[True]) > 1.5 * sum(each[False]) / len(each[False])


def test_a_provider_without_either_says_so():
    """The refusal names it."""
    with (
        use_provider(Silent()),
        pytest.raises(MarketDataUnavailable, match="silent tells neither open interest nor volume") as refused,
    ):
        services.activity("SPY", now=NOW)
    assert refused.value.code == "no_market_data"


def test_the_service_asks_at_the_clocks_time():
    """So that a recorded day sees its own morning."""
    with use_provider(MARKET), clock.running_on(lambda: NOW):
        assert services.activity("SPY") == MARKET.activity("SPY", now=NOW)


class Counting(Simulated):
    """Counts the questions that reach it."""

    asked = 0

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        self.asked += 1
        return super().activity(underlying, now=now)


def test_the_service_asks_once_in_two_minutes_of_a_day():
    """Another moment of them is the same answer; the next day, and what lies before, are asked for anew."""
    with use_provider(Counting(7)) as market:
        for seconds in (0, 30, 119):
            services.activity("SPY", now=NOW + timedelta(seconds=seconds))
        assert market.asked == 1
        services.activity("SPY", now=NOW + timedelta(seconds=120))
        services.activity("SPY", now=NOW - timedelta(seconds=1))
        services.activity("AAPL", now=NOW)
        assert market.asked == 4


def test_a_zip_without_members_is_no_open_interest(recorded, tmp_path):
    """An empty archive is refused like a missing one."""
    place = tmp_path / "option/usa/minute/goog"
    place.mkdir(parents=True)
    zipfile.ZipFile(place / "20151224_openinterest_american.zip", "w").close()
    (tmp_path / "market-hours").symlink_to(recorded / "market-hours")
    with pytest.raises(MarketDataUnavailable, match="open interest"):
        Lean(tmp_path).activity("GOOG", now=datetime(2015, 12, 24, 17, tzinfo=UTC))
