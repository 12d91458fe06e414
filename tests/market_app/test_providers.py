"""Which provider is asked, and what it costs to have one."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import MarketDataUnavailable, RuleBroken
from market_app import providers
from market_app.memory import Memory
from market_app.providers.simulated import Simulated
from market_app.providers.yahoo import Yahoo


def test_the_setting_chooses_and_the_choice_is_kept(settings):
    """The same settings give the same provider, so that its memory lasts; another seed gives another."""
    settings.MARKET_PROVIDER, settings.SIMULATED_SEED = "simulated", 41
    first = providers.current()
    assert isinstance(first, Simulated)
    assert providers.current() is first
    settings.SIMULATED_SEED = 42
    assert providers.current() is not first
    settings.MARKET_PROVIDER = "yfinance"
    assert isinstance(providers.current(), Yahoo)


def test_lean_without_its_folder_says_which_setting_is_wrong(settings, tmp_path):
    """The refusal names the folder and LEAN_DATA_DIR."""
    settings.MARKET_PROVIDER, settings.LEAN_DATA_DIR = "lean", tmp_path
    with pytest.raises(MarketDataUnavailable, match="LEAN_DATA_DIR"):
        providers.current()


def test_lean_reads_the_folder_of_the_settings(settings, recorded):
    """A path and its text are the same folder."""
    settings.MARKET_PROVIDER, settings.LEAN_DATA_DIR = "lean", recorded
    first = providers.current()
    settings.LEAN_DATA_DIR = str(recorded)
    assert providers.current() is first
    assert first.folder == Path(recorded)


def test_an_unknown_name_is_refused(settings):
    """No default stands in for a typing error."""
    settings.MARKET_PROVIDER = "bloomberg"
    with pytest.raises(RuleBroken, match="simulated, lean, yfinance") as refused:
        providers.current()
    assert refused.value.code == "unknown_provider"


def test_use_provider_holds_inside_its_block_and_nests():
    """The one before comes back, after an error too."""
    outer, inner = Simulated(1), Simulated(2)
    with providers.use_provider(outer):
        with pytest.raises(ZeroDivisionError), providers.use_provider(inner):
            assert providers.current() is inner
            _ = 1 / 0
        assert providers.current() is outer
    assert providers.current() is not outer


def test_use_provider_reaches_other_threads_only_when_told():
    """A replay that serves requests in threads says so."""
    chosen = Simulated(3)
    with ThreadPoolExecutor(1) as threads:
        with providers.use_provider(chosen):
            assert threads.submit(providers.current).result() is not chosen
        with providers.use_provider(chosen, all_threads=True):
            assert threads.submit(providers.current).result() is chosen
        assert threads.submit(providers.current).result() is not chosen


def test_a_memory_forgets_the_least_recently_used():
    """It stays as small as it was made."""
    from datetime import UTC, datetime, timedelta

    now, provider, built = datetime(2026, 1, 1, tzinfo=UTC), Simulated(1), []

    def ask(key):
        return memory.get(provider, key, at=now, keep=timedelta(minutes=1), build=lambda: built.append(key) or key)

    memory = Memory(entries=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert ask(key) == key
    assert built == ["a", "b", "c", "b"]


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import market_app.services, market_app.admin, market_app.sessions", {"numpy", "pandas", "yfinance"}),
        ("import market_app.providers as p; p.current()", {"pandas", "yfinance", "exchange_calendars"}),
        ("import market_app.providers.yahoo, market_app.providers.lean", {"pandas", "yfinance"}),
    ],
)
def test_heavy_libraries_stay_out_until_they_are_needed(code, absent):
    """A web process imports no numpy for the market's sake, and no process imports pandas before asking Yahoo."""
    script = f"import sys, django; django.setup()\n{code}\nprint(' '.join({absent!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []
