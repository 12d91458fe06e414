"""Whether an alert is of now: neither too old to act on nor from a clock that runs ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.alerts.numbers import as_decimal, shown
from domain.errors import AlertRefused

_LONGEST_LAG: Final = Decimal(7 * 86_400)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a delivery reached us (UTC), how old its alerts may be, and how far ahead the sender's clock may run."""

    received_at: datetime
    freshness: timedelta
    future_tolerance: timedelta

    def judge(self, alert_time: datetime | None, max_lag: object) -> int | None:
        """The sender's own limit in seconds, if any. Raises AlertRefused: bad_max_lag, stale_alert, future_alert."""
        max_lag_s = _lag(max_lag)
        if alert_time is None:
            return max_lag_s
        age = self.received_at - alert_time
        limit = self.freshness if max_lag_s is None else min(self.freshness, timedelta(seconds=max_lag_s))
        if age > limit:
            raise AlertRefused("stale_alert", f"it is {_seconds(age)} s old, {_seconds(limit)} s are allowed")
        if -age > self.future_tolerance:
            allowed = _seconds(self.future_tolerance)
            raise AlertRefused("future_alert", f"its time is {_seconds(-age)} s ahead of ours, {allowed} s are allowed")
        return max_lag_s


def _lag(value: object) -> int | None:
    if value is None or value == "":
        return None
    number = as_decimal(value)
    if number is None or not 1 <= number <= _LONGEST_LAG:
        raise AlertRefused("bad_max_lag", f"max_lag is {shown(value)}, not between 1 and {_LONGEST_LAG} seconds")
    return int(number)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
