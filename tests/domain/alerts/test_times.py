"""Times, intervals and freshness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.alerts import Alert, interpret, own_time, read_document
from domain.alerts.times import parse_interval, parse_time
from domain.errors import AlertRefused
from tests.domain.alerts.reading import NOON, alert_of, as_body, normal, refusal_of

MOMENT = datetime(2026, 11, 12, 16, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-12T16:59:58Z",
        "2026-11-12T16:59:58",
        "2026-11-12 16:59:58",
        " 2026-11-12t16:59:58z ",
        "2026-11-12T16:59:58.000Z",
        "2026-11-12T16:59:58,0+00:00",
        "2026-11-12T11:59:58-05:00",
        "2026-11-12T22:29:58+0530",
        "2026-11-12 16:59:58 UTC",
        "2026-11-12 16:59:58 +00:00",
        Decimal(1794502798),
        "1794502798",
        "1794502798.0",
        Decimal(1794502798000),
        "1794502798000",
        "1794502798000000",
        "1794502798000000000",
    ],
)
def test_one_moment_has_many_spellings(written: object) -> None:
    """ISO with any offset, without one as UTC, and unix time in any unit."""
    assert parse_time(written) == MOMENT


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2026-02-30T00:00:00Z", "12/11/2026", "2026-11-12T25:00:00Z", "1999-12-31T23:59:59Z", Decimal(0),
     Decimal(-5), Decimal(17945), "1e300", True, None, [], "2100-01-01", "9" * 30, "2026-11-12T16:59:58+25:00"],
)  # fmt: skip
def test_what_is_not_a_time_is_refused(written: object) -> None:
    """Nothing is guessed from a date in a local order or a number of no known unit."""
    with pytest.raises(AlertRefused, match="bad_time"):
        parse_time(written)


def test_a_fraction_of_a_second_is_kept() -> None:
    """Milliseconds tell two alerts of one second apart."""
    assert parse_time("1794502798123").microsecond == 123_000
    assert parse_time("2026-11-12T16:59:58.25Z").microsecond == 250_000
    assert parse_time("2026-11-12T16:59:58.123456789Z").microsecond == 123_456


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("5", 300), (Decimal(5), 300), (Decimal("5.0"), 300), ("5m", 300), ("5 min", 300), ("15MIN", 900),
        ("60", 3600), ("1h", 3600), ("1H", 3600), ("hour", 3600), ("4H", 14_400), ("240", 14_400),
        ("D", 86_400), ("1D", 86_400), ("d", 86_400), ("daily", 86_400), ("1 day", 86_400), ("1440", 86_400),
        ("W", 604_800), ("weekly", 604_800), ("2W", 1_209_600),
        ("M", "1 month"), ("1M", "1 month"), ("monthly", "1 month"), ("3M", "3 months"), ("12M", "12 months"),
        ("m", 60), ("1m", 60), ("1Y", "12 months"),
        ("S", 1), ("30S", 30), ("15s", 15), ("M5", 300), ("H4", 14_400), ("D1", 86_400), ("MN1", "1 month"),
        ("10R", "10 range"), ("1T", "1 tick"), ("100 ticks", "100 tick"),
    ],
)  # fmt: skip
def test_intervals_become_seconds(written: object, interval: int | str) -> None:
    """M is a month and m a minute; what has no fixed length stays a text."""
    assert parse_interval(written) == interval


@pytest.mark.parametrize(
    "written", ["0", "-5", "1.5", "fortnight", "5x", "15M", "999999", "1000D", True, [], "M0", "5 5"]
)
def test_what_is_not_an_interval_is_refused(written: object) -> None:
    """Fifteen months are not a chart interval: who wrote 15M meant minutes, and must say so."""
    with pytest.raises(AlertRefused, match="bad_interval"):
        parse_interval(written)


@pytest.mark.parametrize(
    ("age_s", "fields", "code"),
    [
        (0, {}, "accepted"),
        (300, {}, "accepted"),
        (301, {}, "stale_alert"),
        (-60, {}, "accepted"),
        (-61, {}, "future_alert"),
        (60, {"max_lag": "60"}, "accepted"),
        (61, {"max_lag": "60"}, "stale_alert"),
        (301, {"max_lag": 900}, "stale_alert"),
        (0, {"max_lag": "soon"}, "bad_max_lag"),
        (0, {"max_lag": 0}, "bad_max_lag"),
        (0, {"max_lag": -1}, "bad_max_lag"),
        (0, {"max_lag": ""}, "accepted"),
    ],
)
def test_an_alert_must_be_of_now(age_s: int, fields: dict[str, object], code: str) -> None:
    """Both limits count, the stricter wins, and a sender's clock may run a minute ahead."""
    sent_at = (NOON - timedelta(seconds=age_s)).isoformat()

    assert refusal_of({"ticker": "TSLA", "action": "buy", "time": sent_at, **fields}) == code


def test_the_freshness_is_the_callers() -> None:
    """A strategy may allow more or less than five minutes."""
    document = read_document(as_body({"ticker": "TSLA", "action": "buy", "time": NOON.isoformat()}))

    assert isinstance(interpret(document, NOON + timedelta(hours=1), timedelta(hours=2)), Alert)
    with pytest.raises(AlertRefused, match="stale_alert"):
        interpret(document, NOON + timedelta(seconds=11), timedelta(seconds=10))


def test_the_time_of_firing_comes_before_that_of_the_bar() -> None:
    """timenow is when the alert fired, time may be the start of its bar."""
    told = normal(action="buy", time="2026-11-12T16:00:00Z", timenow="2026-11-12T17:00:00Z", interval="60")

    assert told["alert_time"] == "2026-11-12T17:00:00Z"
    assert told["fields"] == {"time": "2026-11-12T16:00:00Z"}


def test_the_bar_inside_has_a_time_of_its_own() -> None:
    """The time of a nested bar is not that of the alert."""
    alert = alert_of({"ticker": "TSLA", "action": "buy", "bar": {"time": "2026-11-12T10:00:00Z", "close": 5}})

    assert alert.alert_time is None
    assert alert.fields == {"bar.time": "2026-11-12T10:00:00Z"}


@pytest.mark.parametrize(
    ("body", "moment"),
    [
        ({"ticker": "TSLA", "timestamp": 1794502798}, MOMENT),
        ([{"ticker": "TSLA", "time": "2026-11-12T16:59:58Z"}, {"ticker": "TSLA"}], MOMENT),
        ({"time": "2026-11-12T16:59:58Z", "orders": [{"ticker": "TSLA"}]}, MOMENT),
        ("token-123,buy,TSLA,time=1794502798", MOMENT),
        ({"ticker": "TSLA"}, None),
        ({"time": "never"}, None),
        ([], None),
        ([5], None),
        ("TSLA crossing 250", None),
        ("buy,TSLA,a=1,a=2", None),
    ],
)
def test_a_document_tells_its_own_time(body: object, moment: datetime | None) -> None:
    """Of its first alert, and None when there is none to be read."""
    assert own_time(read_document(as_body(body))) == moment
