"""Open interest: who tells it, from when on it is known, and what is said where there is none."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.symbols.occ import Right
from market_app import services
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.lean_files import open_interest_row
from market_app.providers.simulated import Simulated
from market_app.providers.yahoo import Yahoo

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
MARKET = Simulated(seed=7)


def test_the_recorded_morning_is_read_completely(lean: Lean):
    """2,058 contracts of GOOG with 179,502 open among them, all of them listed that day."""
    now = datetime(2015, 12, 24, 17, tzinfo=UTC)
    found = lean.open_interest("GOOG", now=now)
    assert (len(found), sum(found.values())) == (2_058, 179_502)
    assert set(found) <= {contract.symbol for contract in lean.chain("GOOG", now=now)}


def test_open_interest_is_known_from_its_publication_on(lean: Lean):
    """At 06:00 New York nothing of that day is known, at 07:00 all of it."""
    six = datetime(2015, 12, 24, 11, tzinfo=UTC)
    with pytest.raises(MarketDataUnavailable, match="GOOG open interest"):
        lean.open_interest("GOOG", now=six)
    assert len(lean.open_interest("GOOG", now=six + timedelta(hours=1))) == 2_058


def test_a_day_without_the_file_is_named(lean: Lean):
    """Never zero: what was not recorded is not nothing."""
    with pytest.raises(MarketDataUnavailable, match="lean has no data of GOOG open interest on 2015-12-28") as refused:
        lean.open_interest("GOOG", now=datetime(2015, 12, 28, 17, tzinfo=UTC))
    assert refused.value.code == "no_market_data"


def test_its_row_is_a_time_and_a_number():
    """With the line end of any system."""
    assert open_interest_row(b"23460000,52\r\n") == (23_460_000, 52)


def test_simulated_open_interest_is_the_same_all_day_and_another_with_another_seed():
    """It covers the chain, and depends on seed and day only."""
    found = MARKET.open_interest("AAPL", now=NOW)
    assert set(found) == {contract.symbol for contract in MARKET.chain("AAPL", now=NOW)}
    assert found == Simulated(seed=7).open_interest("AAPL", now=NOW + timedelta(hours=3))
    assert found != Simulated(seed=8).open_interest("AAPL", now=NOW)


def test_simulated_open_interest_is_shaped_like_a_market():
    """Most around the money, hardly any far away, calls above the puts, more on round strikes."""
    chain, found = MARKET.chain("SPY", now=NOW), MARKET.open_interest("SPY", now=NOW)
    spot = float(MARKET.quotes(["SPY"], now=NOW)["SPY"].mid)
    held, by_right, each = [0, 0], defaultdict(list), defaultdict(list)
    for contract in chain:
        distance, count = abs(float(contract.strike) / spot - 1), found[contract.symbol]
        held[distance > 0.1] += count
        by_right[contract.right] += [float(contract.strike)] * count
        if distance < 0.03:
            each[contract.strike % 10 == 0].append(count)
    assert held[0] > 3 * held[1]
    middle = {right: sum(strikes) / len(strikes) for right, strikes in by_right.items()}
    assert middle[Right.CALL] > middle[Right.PUT]
    assert sum(each[True]) / len(each[True]) > 1.5 * sum(each[False]) / len(each[False])


def test_a_provider_without_open_interest_says_so():
    """The refusal names the provider and those that could answer."""
    with (
        use_provider(Yahoo()),
        pytest.raises(MarketDataUnavailable, match="yfinance tells no open interest") as refused,
    ):
        services.open_interest("SPY", now=NOW)
    assert refused.value.code == "no_market_data"


def test_the_service_asks_at_the_clocks_time():
    """So that a recorded day sees its own morning."""
    with use_provider(MARKET), clock.running_on(lambda: NOW):
        assert services.open_interest("SPY") == MARKET.open_interest("SPY", now=NOW)


def test_a_zip_without_members_is_no_open_interest(recorded, tmp_path):
    """An empty archive is refused like a missing one."""
    place = tmp_path / "option/usa/minute/goog"
    place.mkdir(parents=True)
    zipfile.ZipFile(place / "20151224_openinterest_american.zip", "w").close()
    (tmp_path / "market-hours").symlink_to(recorded / "market-hours")
    with pytest.raises(MarketDataUnavailable, match="open interest"):
        Lean(tmp_path).open_interest("GOOG", now=datetime(2015, 12, 24, 17, tzinfo=UTC))
