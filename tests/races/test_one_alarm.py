"""One outage that many processes see in all kinds of data at the same moment."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from books_app.models import AuditEvent
from domain.feeds import FeedHealth, FeedState
from domain.quotes import FeedClass
from market_app.capabilities import Capability
from market_app.chain.health import record
from tests.races.starting_gun import at_once

SEERS = 3  # processes that see each kind of data
GOOD = FeedHealth(FeedState.HEALTHY, "first", FeedClass.REAL_TIME, "")
GONE = FeedHealth(FeedState.FALLBACK, "second", FeedClass.REAL_TIME, "first: provider_timed_out", "first")


@pytest.mark.django_db(transaction=True)
def test_an_outage_is_one_alarm_and_one_audit_row_for_each_kind_of_data() -> None:
    """Whoever is second waits for the first one's row, and finds that somebody has been called already."""
    for capability in Capability:
        record(capability, GOOD, seen_for=timedelta())
    with capture_logs() as logs:
        at_once([partial(record, capability, GONE, seen_for=timedelta()) for capability in Capability] * SEERS)

    told = [entry["log_level"] for entry in logs if entry["event"] == "market_data_state"]
    assert sorted(told) == ["error", *["warning"] * (len(Capability) - 1)]
    assert AuditEvent.objects.filter(entity="market_data").count() == len(Capability)
