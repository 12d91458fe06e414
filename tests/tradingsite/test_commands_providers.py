"""``providers`` and the doctor's word about them: who is asked for what, with which key, and what is spent."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import call_command

from books_app.redis import detached
from market_app import roster
from market_app.capabilities import Capability
from market_app.chain import guard, order, shared
from market_app.chain.budget import Budget
from market_app.chain.fallback import Fallback
from market_app.chain.order import terms_of
from market_app.defaults import seed_providers
from market_app.models import Provider, ProviderUse
from market_app.providers import use_provider
from tests.market_app.chain.making import a_use, fails
from tradingsite.doctor import examine
from tradingsite.findings import Level

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def seeded(redis_client: redis.Redis, settings: Any) -> None:
    """Only Massive has a key."""
    accounts = {name: {**account, "key": ""} for name, account in settings.MARKET_ACCOUNTS.items()}
    settings.MARKET_ACCOUNTS = {**accounts, "massive": {**accounts["massive"], "key": "a-key"}}
    for module in (guard, order, shared):
        module.forget()
    seed_providers()


def told() -> dict[str, Any]:
    order.forget()
    out = StringIO()
    call_command("providers", "--json", stdout=out)
    return {row["provider"]: row for row in json.loads(out.getvalue())["providers"]}


def test_every_provider_is_listed_with_what_it_offers_and_its_place() -> None:
    """The roster in its order; each kind of data has places from 1, without a gap."""
    found = told()

    assert list(found) == list(roster.ROSTER)
    for capability in Capability:
        places = sorted(row["used_for"][capability] for row in found.values() if capability in row["used_for"])
        assert places == list(range(1, len(places) + 1))
        assert len(places) >= 2  # something stands in for every first one
    assert found["massive"]["has_key"] and not found["alpaca"]["has_key"]
    assert found["alphavantage"]["calls_per_day"] == 25


def test_what_was_spent_and_who_is_left_alone_is_shown() -> None:
    """Three calls counted, and a breaker opened by five failures with its cause."""
    Budget("massive", lambda: terms_of("massive")).spend(3)
    use = a_use("massive", Capability.QUOTES, rest_s=60)
    for _ in range(5):
        with pytest.raises(guard.ProviderTrouble):
            guard.guarded(use, fails())

    found = told()["massive"]
    assert found["spent"] == {"minute": 3, "day": 3}
    assert found["left_alone"] == ["quotes: somebody: market_data_failed"]


def test_without_redis_it_says_that_it_does_not_know() -> None:
    """No count and no breaker are invented."""
    with detached():
        found = told()["massive"]
    assert found["spent"] is None and found["left_alone"] is None


def test_rows_change_order_limits_and_use() -> None:
    """What an operator sets is what counts: a rank, a limit, a switch."""
    Provider.objects.filter(name="massive").update(calls_per_minute=77)
    ProviderUse.objects.filter(provider__name="cboe", capability="chain").update(rank=1)
    ProviderUse.objects.filter(provider__name="alpaca", capability="chain").update(enabled=False)
    Provider.objects.filter(name="yfinance").update(enabled=False)
    found = told()

    assert found["massive"]["calls_per_minute"] == 77
    assert found["cboe"]["used_for"]["chain"] == 1
    assert "chain" not in found["alpaca"]["used_for"]
    assert not found["yfinance"]["used_for"]
    assert [use.provider for use in order.uses_of(Capability.CHAIN)][:2] == ["cboe", "massive"]


def test_seeding_again_leaves_what_an_operator_changed() -> None:
    """Only providers that are new get rows."""
    ProviderUse.objects.filter(provider__name="cboe").delete()
    assert seed_providers() == 0
    assert not ProviderUse.objects.filter(provider__name="cboe").exists()


def test_the_doctor_names_who_has_no_key() -> None:
    """A provider without its key is left out, and the finding says how to mend it."""
    with use_provider(Fallback(lambda capability, health: None, lambda capability: [])):
        found = {finding.subject: finding for finding in examine()}

    assert (found["provider alpaca"].level, found["provider massive"].level) == (Level.WARN, Level.OK)
    assert "no key" in found["provider alpaca"].text and ".env" in found["provider alpaca"].fix
    assert found["provider cboe"].level is Level.OK
