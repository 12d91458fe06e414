"""Snapshots: what a row keeps, that it is kept once, how it is found again, ranked and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.selection import VolatilityRange
from market_app.analysis import dealer_gamma
from market_app.models import GammaSnapshot
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.simulated import Simulated
from market_app.selecting import history_of
from market_app.snapshots import forget_snapshots, iv_rank, latest_snapshot, record_snapshot, volatility_range

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
FIRST_DAY = date(2026, 1, 1)


@pytest.fixture
def market() -> Iterator[Simulated]:
    with use_provider(Simulated(7)) as provider, clock.running_on(lambda: NOW):
        assert isinstance(provider, Simulated)
        yield provider


def a_snapshot(at: datetime, atm_iv: str | None = "0.2", **columns: Any) -> GammaSnapshot:
    """A row with nothing remarkable about it but what is named."""
    facts: dict[str, Any] = {
        "underlying": "SPY",
        "provider": "test",
        "feed": "real_time",
        "spot": 100,
        "rate": "0.04",
        "contracts_listed": 2,
        "contracts_used": 1,
        "total": 1,
        "calls": 2,
        "puts": -1,
        "total_later": 1,
        "dealers": "long gamma",
        "oldest_quote": at,
        "newest_quote": at,
        "spot_at": at,
    }
    told = {"day": at.date(), "open_interest_day": at.date() - timedelta(days=1), "atm_iv": atm_iv and Decimal(atm_iv)}
    return GammaSnapshot.objects.create(at=at, **{**facts, **told, **columns})


def noons(count: int, *, before: datetime = NOW) -> list[datetime]:
    """So many days that end with this one, newest first."""
    return [before - timedelta(days=back) for back in range(count)]


def test_a_row_holds_what_was_computed(market: Simulated):
    """Every figure, the times of its inputs, and the documents by strike and expiration."""
    found = dealer_gamma("SPY")
    row = GammaSnapshot.objects.get(pk=record_snapshot("SPY").pk)
    assert (row.underlying, row.at, row.day) == ("SPY", NOW, NOW.date())
    assert (row.provider, row.feed) == ("simulated", "simulated")
    assert float(row.total) == pytest.approx(found.whole.total, abs=0.01)
    assert float(row.total_later) == pytest.approx(found.later.total, abs=0.01)
    assert float(row.calls + row.puts) == pytest.approx(found.whole.total, abs=0.02)
    assert (float(row.call_wall), float(row.put_wall)) == (found.whole.call_wall, found.whole.put_wall)
    assert float(row.zero_gamma) == pytest.approx(found.whole.zero_gamma, abs=1e-4)
    assert float(row.max_pain) == found.expirations[0].max_pain
    assert row.max_pain_expiration == found.expirations[0].expiration
    assert float(row.atm_iv) == pytest.approx(found.moves.vol, abs=1e-6)
    assert (row.rate, row.oldest_quote, row.newest_quote) == (Decimal("0.04"), NOW, NOW)
    assert (row.contracts_listed, row.contracts_used) == (found.listed, found.used)
    assert row.open_interest_day == date(2026, 11, 19)
    assert sum(strike["net"] for strike in row.strikes) == pytest.approx(float(row.total), abs=len(row.strikes) * 0.02)
    assert [day["expiration"] for day in row.expirations] == [str(day.expiration) for day in found.expirations]
    assert row.flow["calls"]["volume"] == found.flow.calls.volume


def test_the_recorded_noon_as_a_row(lean: Lean):
    """With the rate, the quotes' minute and the open interest's day of then."""
    with use_provider(lean), clock.running_on(lambda: datetime(2015, 12, 24, 17, tzinfo=UTC)):
        row = record_snapshot("GOOG")
    assert (row.total / 1_000_000).quantize(Decimal("0.01")) == Decimal("147.61")
    assert (row.rate, row.feed, row.open_interest_day) == (Decimal("0.01"), "recorded", date(2015, 12, 23))
    assert (row.call_wall, row.put_wall, row.max_pain) == (750, 750, 745)


def test_one_moment_is_kept_once(market: Simulated):
    """The second attempt gets the first one's row; another underlying or moment has its own."""
    first, again = record_snapshot("SPY"), record_snapshot("SPY")
    assert first.pk == again.pk
    with clock.running_on(lambda: NOW + timedelta(seconds=1)):
        record_snapshot("SPY")
    record_snapshot("AAPL")
    assert GammaSnapshot.objects.count() == 3


def test_what_cannot_be_computed_leaves_no_row(market: Simulated):
    """The refusal is the caller's to tell."""
    with pytest.raises(MarketDataUnavailable):
        record_snapshot("NOPE")
    assert not GammaSnapshot.objects.exists()


def test_a_snapshot_costs_four_statements(market: Simulated, django_assert_num_queries: Any):
    """Looking, a savepoint around the insert, and nothing for each strike or contract."""
    with django_assert_num_queries(4):
        record_snapshot("SPY")
    with django_assert_num_queries(1):
        latest_snapshot("SPY", timedelta(minutes=1))
    with django_assert_num_queries(2):
        iv_rank("SPY")


@pytest.mark.parametrize(
    "broken",
    [
        {"puts": 1},
        {"calls": -1},
        {"atm_iv": Decimal("5.1")},
        {"dealers": "unsure"},
        {"contracts_used": 3},
        {"contracts_used": 0},
        {"open_interest_day": NOW.date()},
        {"oldest_quote": NOW + timedelta(seconds=1)},
        {"max_pain": 100},
        {"zero_gamma": -1},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_what_cannot_be_is_refused_by_the_database(broken: dict[str, Any]):
    """Bounds on both sides, so that NaN does not pass either."""
    with pytest.raises(IntegrityError), transaction.atomic():
        a_snapshot(NOW, **broken)


@pytest.mark.parametrize("column", ["total", "spot", "call_wall", "atm_iv", "put_call_volume"])
def test_no_figure_can_be_nan(column: str):
    """PostgreSQL would keep it and sort it above all; Django is not asked here."""
    row = a_snapshot(NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE market_app_gammasnapshot SET {column} = 'NaN' WHERE id = %s", [row.pk])


def test_the_latest_is_the_youngest_that_is_not_too_old():
    """And not from later than now."""
    rows = [a_snapshot(NOW - timedelta(minutes=minutes)) for minutes in (40, 20)]
    a_snapshot(NOW + timedelta(minutes=1))
    a_snapshot(NOW, underlying="QQQ")
    assert latest_snapshot("SPY", timedelta(minutes=30), now=NOW) == rows[1]
    assert latest_snapshot("SPY", timedelta(minutes=20), now=NOW) == rows[1]
    assert latest_snapshot("SPY", timedelta(minutes=19), now=NOW) is None


def test_rank_is_the_place_between_lowest_and_highest():
    """24 days from 0.20 up to 0.43, and today's 0.25 among them."""
    for place, at in enumerate(noons(24, before=NOW - timedelta(days=1))):
        a_snapshot(at, str(Decimal("0.20") + Decimal(place) / 100))
    a_snapshot(NOW, "0.25")
    assert iv_rank("SPY", now=NOW) == Decimal("0.2174")


def test_each_day_counts_by_its_last_snapshot():
    """What was higher in the morning does not."""
    for place, at in enumerate(noons(21)):
        a_snapshot(at - timedelta(hours=2), "0.90")
        a_snapshot(at, "0.30" if place == 0 else "0.40" if place == 1 else "0.20")
        a_snapshot(at + timedelta(seconds=1), None)
    assert iv_rank("SPY", now=NOW) == Decimal("0.5")


def test_only_so_many_days_count():
    """The highest of all is one day too old; the future does not count at all."""
    for place, at in enumerate(noons(31)):
        a_snapshot(at, {0: "0.25", 30: "0.90"}.get(place, str(Decimal("0.20") + Decimal(place) / 1000)))
    a_snapshot(NOW + timedelta(days=1), "4")
    assert iv_rank("SPY", days=30, now=NOW) == 1
    assert iv_rank("SPY", days=31, now=NOW) == Decimal("0.0701")


def test_the_range_of_the_days_is_what_a_contract_is_ranked_in():
    """The same days as the rank's; kept for an hour by whoever chooses contracts."""
    for place, at in enumerate(noons(21)):
        a_snapshot(at, str(Decimal("0.20") + Decimal(place) / 100))
    assert volatility_range("SPY", now=NOW) == VolatilityRange(0.20, 0.40)
    with use_provider(Simulated(7)), clock.running_on(lambda: NOW):
        assert history_of("SPY") == VolatilityRange(0.20, 0.40)
        GammaSnapshot.objects.all().delete()
        assert history_of("SPY") is not None
    assert volatility_range("SPY", now=NOW) is None


@pytest.mark.parametrize("days", [0, 1, 19])
def test_too_few_days_have_no_rank(days: int):
    """None with fewer than twenty."""
    for place, at in enumerate(noons(days)):
        a_snapshot(at, str(Decimal("0.2") + Decimal(place) / 100))
    assert iv_rank("SPY", now=NOW) is None


def test_equal_days_have_no_rank():
    """Nothing lies between the lowest and the highest then."""
    for at in noons(25):
        a_snapshot(at, "0.2")
    assert iv_rank("SPY", now=NOW) is None


def test_invented_volatilities_are_not_ranked_among_real_ones():
    """Twenty-five simulated days are none for a market that has just become real."""
    for place, at in enumerate(noons(25, before=NOW - timedelta(days=1))):
        a_snapshot(at, str(Decimal("0.2") + Decimal(place) / 100), feed="simulated")
    assert iv_rank("SPY", now=NOW) == 0
    a_snapshot(NOW, "0.3", feed="delayed")
    assert iv_rank("SPY", now=NOW) is None


def test_old_snapshots_are_forgotten_but_for_each_days_last():
    """After a month the intraday ones, after 400 days all; recorded days stay, as somebody asked for them."""
    fresh = a_snapshot(NOW - timedelta(days=29))
    month = [a_snapshot(NOW - timedelta(days=31, hours=hours)) for hours in (2, 1, 0)]
    a_snapshot(NOW - timedelta(days=401))
    recorded = a_snapshot(NOW - timedelta(days=4_000), feed="recorded")
    assert forget_snapshots(now=NOW) == 3
    assert set(GammaSnapshot.objects.all()) == {fresh, month[-1], recorded}
    assert forget_snapshots(now=NOW) == 0


def test_people_read_snapshots_and_write_none(market: Simulated, admin_client: Any):
    """The list without its documents, the page with all of it, and neither adding, changing nor deleting."""
    row = record_snapshot("SPY")
    listed = admin_client.get(reverse("admin:market_app_gammasnapshot_changelist"))
    page = admin_client.get(reverse("admin:market_app_gammasnapshot_change", args=[row.pk]))
    assert (listed.status_code, page.status_code) == (200, 200)
    assert "SPY" in listed.content.decode() and "long gamma" in page.content.decode()
    for name, arguments in (("add", []), ("delete", [row.pk])):
        assert admin_client.get(reverse(f"admin:market_app_gammasnapshot_{name}", args=arguments)).status_code == 403
    changed = admin_client.post(reverse("admin:market_app_gammasnapshot_change", args=[row.pk]), {"total": 1})
    assert changed.status_code == 403
