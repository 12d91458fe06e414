"""A resend is one signal, two genuine fills are two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import Alert, dedupe_key, dedupe_slot_s
from domain.alerts.dedupe import normalised
from domain.alerts.meaning import Intent
from domain.symbols.instrument import AssetClass

AT = datetime(2026, 11, 12, 17, 0, tzinfo=UTC)
ALERT = Alert("F", AssetClass.EQUITY, Intent.REDUCE_LONG, quantity=Decimal(5), alert_time=AT, order_id="TP 1")
HASH, OTHER_HASH = "a" * 64, "b" * 64


def key(alert: Alert, body: str = HASH, after_s: int = 0) -> str:
    return dedupe_key(alert, body, AT + timedelta(seconds=after_s))


def test_a_key_is_64_hex_digits() -> None:
    """It fits the column whatever the alert holds."""
    assert len(key(ALERT)) == 64
    int(key(replace(ALERT, order_id="\ud800" * 200)), 16)


@pytest.mark.parametrize(
    "same",
    [
        {"quantity": Decimal("5.000")},
        {"quantity": Decimal("0.5E1")},
        {"order_id": " tp  1 "},
        {"order_id": "\uff34\uff30 1"},
        {"alert_time": AT.astimezone().replace(microsecond=0)},
        {"signal_price": Decimal(3)},
        {"exchange": "NYSE"},
    ],
)
def test_spelling_does_not_make_another_alert(same: dict[str, object]) -> None:
    """Numbers, letter case, widths, spaces and zones are normalised; other bytes or a later arrival do not count."""
    assert key(replace(ALERT, **same), OTHER_HASH, after_s=15) == key(ALERT)


@pytest.mark.parametrize(
    "other",
    [
        {"symbol": "GM"},
        {"intent": Intent.FLATTEN},
        {"quantity": Decimal(6)},
        {"quantity": None},
        {"quantity_type": "percent_of_position"},
        {"order_id": "TP 2"},
        {"order_id": None},
        {"alert_time": AT + timedelta(seconds=1)},
        {"target_position": Decimal(5)},
    ],
)
def test_another_fill_is_another_alert(other: dict[str, object]) -> None:
    """Any part of the rule that differs makes two signals."""
    assert key(replace(ALERT, **other)) != key(ALERT)


def test_the_comment_stands_in_for_a_missing_order_id() -> None:
    """Two legs of one second may differ in their comments only."""
    legs = [replace(ALERT, order_id=None, comment=comment) for comment in ("TP1", "TP2")]

    assert key(legs[0]) != key(legs[1])


def test_without_a_time_the_body_counts_within_the_interval() -> None:
    """The same order id comes back tomorrow, so it cannot tell a resend from a repetition."""
    alert = replace(ALERT, alert_time=None, interval_s=900)

    assert key(alert) == key(alert, HASH.upper(), after_s=899)
    assert key(alert) != key(alert, after_s=900)
    assert key(alert) != key(alert, OTHER_HASH)


@pytest.mark.parametrize(("interval", "slot"), [(None, 300), ("1 month", 300), (1, 60), (60, 60), (3600, 3600)])
def test_a_slot_is_never_shorter_than_the_resends(interval: int | str | None, slot: int) -> None:
    """A failed delivery is repeated for fifteen seconds, also on a one-second chart."""
    assert dedupe_slot_s(replace(ALERT, interval_s=interval)) == slot


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    """Equal means equal by one rule."""
    once = normalised(text)
    assert normalised(once) == once
