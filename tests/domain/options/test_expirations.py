"""A provider's expirations against the rules of listing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.options.expirations import (
    Cadence,
    Doubt,
    Expiration,
    ExpirationKind,
    cadence_of,
    judge,
    judged,
    third_friday,
)

K = ExpirationKind
HOLIDAYS = {
    date(2008, 3, 21), date(2014, 4, 18), date(2025, 4, 18), date(2026, 1, 19), date(2026, 4, 3), date(2026, 5, 25),
    date(2026, 6, 19), date(2026, 11, 11), date(2026, 11, 26), date(2027, 6, 18), date(2025, 7, 4), date(2025, 12, 25),
}  # fmt: skip


def trading(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def kind_of(day: str, cadence: Cadence = Cadence.FRIDAYS, today: date | None = None) -> ExpirationKind | Doubt | None:
    at = date.fromisoformat(day)
    found = judge(at, cadence=cadence, today=today or at, is_trading_day=trading)
    return found.doubt or found.kind


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-04-17", K.MONTHLY),  # Good Friday
        ("2025-04-18", Doubt.HOLIDAY),
        ("2026-06-18", K.MONTHLY),  # Juneteenth
        ("2026-06-19", Doubt.HOLIDAY),
        ("2027-06-17", K.MONTHLY),  # Juneteenth, observed
        ("2026-11-20", K.MONTHLY),
        ("2026-11-19", Doubt.WEEKDAY),  # a Thursday before a Friday that trades
        ("2026-11-27", K.WEEKLY),  # a half day is a day
        ("2026-04-02", K.WEEKLY),  # Good Friday 2026 is not a third Friday
        ("2026-04-03", Doubt.HOLIDAY),
        ("2026-11-24", Doubt.WEEKDAY),
        ("2026-09-30", K.QUARTER_END),
        ("2026-11-30", K.MONTH_END),
        ("2026-12-31", K.QUARTER_END),
        ("2026-07-31", K.WEEKLY),  # a Friday that ends its month
        ("2015-01-17", K.SATURDAY),
        ("2014-04-19", K.SATURDAY),
        ("2014-04-17", K.MONTHLY),  # the day on which those stopped trading
        ("2015-01-24", Doubt.SATURDAY_NOT_MONTHLY),
        ("2015-02-21", Doubt.SATURDAY_AFTER_2015),
        ("2015-02-20", K.MONTHLY),
        ("2026-11-21", Doubt.SATURDAY_AFTER_2015),
        ("2014-01-19", Doubt.WEEKEND),
        ("2026-11-22", Doubt.WEEKEND),
    ],
)
def test_a_class_of_fridays(day: str, expected: ExpirationKind | Doubt) -> None:
    """Third Fridays and weeklies with their holidays, ends of months and quarters, old Saturdays; the rest is doubted."""
    assert kind_of(day) is expected


@pytest.mark.parametrize(
    ("day", "cadence", "expected"),
    [
        ("2026-02-02", Cadence.MONDAY_WEDNESDAY_FRIDAY, K.MONDAY),
        ("2026-02-04", Cadence.MONDAY_WEDNESDAY_FRIDAY, K.WEDNESDAY),
        ("2026-01-28", Cadence.MONDAY_WEDNESDAY_FRIDAY, Doubt.WEEKDAY),  # before there were any
        ("2026-02-03", Cadence.MONDAY_WEDNESDAY_FRIDAY, Doubt.WEEKDAY),
        ("2026-05-26", Cadence.MONDAY_WEDNESDAY_FRIDAY, K.MONDAY),  # Memorial Day moves it to Tuesday
        ("2026-11-10", Cadence.MONDAY_WEDNESDAY_FRIDAY, K.WEDNESDAY),  # this calendar's Veterans Day moves it back
        ("2026-11-24", Cadence.DAILY, K.DAILY),
        ("2026-11-25", Cadence.DAILY, K.WEDNESDAY),  # though the Thursday after it is a holiday
        ("2026-06-30", Cadence.DAILY, K.QUARTER_END),
        ("2026-11-30", Cadence.DAILY, K.MONTH_END),
        ("2026-11-30", Cadence.MONDAY_WEDNESDAY_FRIDAY, K.MONDAY),
        ("2026-11-23", Cadence.DAILY, K.MONDAY),
        ("2026-11-26", Cadence.DAILY, Doubt.HOLIDAY),
        ("2026-11-20", Cadence.DAILY, K.MONTHLY),
        ("2026-06-18", Cadence.DAILY, K.MONTHLY),
    ],
)
def test_classes_with_more_days(day: str, cadence: Cadence, expected: ExpirationKind | Doubt) -> None:
    """Mondays move forward over a holiday, Wednesdays and Fridays back."""
    assert kind_of(day, cadence) is expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2028-01-21", K.LEAPS), ("2028-06-16", K.LEAPS), ("2028-03-17", K.MONTHLY), ("2027-06-17", K.MONTHLY),
     ("2027-12-17", K.LEAPS), ("2028-01-14", K.WEEKLY)],
)  # fmt: skip
def test_far_januaries_junes_and_decembers_are_leaps(day: str, expected: ExpirationKind) -> None:
    """More than a year from today."""
    assert kind_of(day, today=date(2026, 11, 20)) is expected


@pytest.mark.parametrize(
    ("day", "kind", "doubt"),
    [
        ("2028-01-21", K.LEAPS, Doubt.BEYOND_CALENDAR),
        ("2028-06-15", K.LEAPS, Doubt.BEYOND_CALENDAR),  # a Thursday: its Friday may be a holiday
        ("2028-01-19", None, Doubt.WEEKDAY),  # two days before: no
        ("2028-02-29", K.MONTH_END, Doubt.BEYOND_CALENDAR),
    ],
)
def test_beyond_the_calendar_a_date_is_named_by_its_weekday(
    day: str, kind: ExpirationKind | None, doubt: Doubt
) -> None:
    """And doubted, for a holiday cannot be ruled out."""
    at, today = date.fromisoformat(day), date(2026, 11, 20)
    assert judge(at, cadence=Cadence.FRIDAYS, today=today, is_trading_day=lambda _: None) == Expiration(at, kind, doubt)


def test_a_list_is_judged_in_order_each_date_once() -> None:
    """Providers repeat and shuffle; what is over is said."""
    today, friday = date(2026, 11, 20), date(2026, 11, 27)
    found = judged(
        [friday, today, friday, today - timedelta(days=7)], cadence=Cadence.FRIDAYS, today=today, is_trading_day=trading
    )
    assert found == [
        Expiration(date(2026, 11, 13), None, Doubt.PAST), Expiration(today, K.MONTHLY), Expiration(friday, K.WEEKLY)
    ]  # fmt: skip


@pytest.mark.parametrize("year", range(2000, 2030))
def test_the_third_friday_is_a_friday_from_the_15th_to_the_21st(year: int) -> None:
    """In every month."""
    for month in range(1, 13):
        day = third_friday(year, month)
        assert (day.weekday(), day.month) == (4, month) and 15 <= day.day <= 21


@pytest.mark.parametrize(
    ("underlying", "cadence"),
    [
        ("SPY", Cadence.DAILY),
        ("SPXW", Cadence.DAILY),
        ("NVDA", Cadence.MONDAY_WEDNESDAY_FRIDAY),
        ("F", Cadence.FRIDAYS),
    ],
)
def test_a_class_has_its_cadence(underlying: str, cadence: Cadence) -> None:
    """Broad indices and their ETFs daily, nine shares three times a week."""
    assert cadence_of(underlying) is cadence
