"""Whether a market is open: rows, overrides, and what happens where there are no rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from domain.errors import MarketDataUnavailable
from domain.sessions import Phase, Product
from market_app import sessions
from market_app.interface import Calendar
from market_app.models import SessionOverride, TradingSession

pytestmark = pytest.mark.django_db
EQUITY = sessions.exchange_calendar(Product.EQUITY)


def utc(day, hour, minute=0):
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


def seeded(start, end):
    return sessions.seed_sessions(date.fromisoformat(start), date.fromisoformat(end), today=date(2026, 11, 21))


def state(at, product=Product.EQUITY):
    return sessions.state(product, at=at, calendar=sessions.exchange_calendar(product))


@pytest.fixture
def christmas():
    """Two weeks around an early close, a holiday and two weekends."""
    seeded("2015-12-14", "2016-01-15")


def override(**fields):
    row = SessionOverride(**{"reason": "drill", "date": date(2015, 12, 23), **fields})
    row.full_clean()
    row.save()
    return row


# ---------------------------------------------------------------- the calendar


@pytest.mark.parametrize(
    ("at", "opened", "note"),
    [
        (utc("2015-12-23", 14, 29), False, ""),
        (utc("2015-12-23", 14, 30), True, ""),
        (utc("2015-12-23", 20, 59), True, ""),
        (utc("2015-12-23", 21, 0), False, "early close at 13:00 New York"),  # of the next one
        (utc("2015-12-24", 17, 59), True, "early close at 13:00 New York"),
        (utc("2015-12-24", 18, 0), False, "early close at 13:00 New York"),
        (utc("2015-12-25", 15, 0), False, "holiday"),
        (utc("2015-12-26", 15, 0), False, "weekend"),
        (utc("2015-12-27", 4, 0), False, "weekend"),  # still Saturday in New York
    ],
)
def test_shares_trade_by_the_exchange_calendar(christmas, at, opened, note):
    """Open, early close, holiday and weekend, to the minute."""
    found = state(at)
    assert (found.open, found.note) == (opened, note)


def test_while_closed_the_next_session_is_told(christmas):
    """From Thursday's early close the next is Monday's."""
    found = state(utc("2015-12-24", 18))
    assert (found.opens_at, found.closes_at) == (utc("2015-12-28", 14, 30), utc("2015-12-28", 21))


def test_the_clock_change_moves_the_session_in_utc():
    """09:30 New York is 13:30 UTC in summer and 14:30 in winter."""
    seeded("2026-10-26", "2026-11-06")
    assert state(utc("2026-10-30", 13, 30)).open
    assert not state(utc("2026-11-02", 14, 29)).open
    assert state(utc("2026-11-02", 14, 30)).open


@pytest.mark.parametrize(
    ("product", "at", "opened"),
    [
        (Product.EQUITY_OPTION, utc("2015-12-23", 21, 5), False),
        (Product.ETF_OPTION, utc("2015-12-23", 21, 14), True),
        (Product.INDEX_OPTION, utc("2015-12-23", 21, 15), False),
        (Product.ETF_OPTION, utc("2015-12-24", 18, 14), True),
        (Product.ETF_OPTION, utc("2015-12-24", 18, 15), False),
        (Product.CRYPTO, utc("2015-12-25", 3), True),
    ],
)
def test_each_product_has_its_own_hours(christmas, product, at, opened):
    """ETF and index options trade fifteen minutes longer, on early closes too; crypto never closes."""
    assert state(at, product).open is opened


def test_seeding_covers_2013_to_a_year_ahead_and_twice_adds_nothing():
    """manage.py seed may run any number of times; known early closes and one-off closures are right."""
    today = date(2026, 11, 21)
    added = sessions.seed_sessions(today=today)
    assert added > 2 * 250 * 14
    assert sessions.seed_sessions(today=today) == 0
    rows = TradingSession.objects.filter(calendar="XNYS")
    assert rows.order_by("date").first().date == date(2013, 1, 2)
    assert rows.order_by("-date").first().date == date(2027, 11, 19)
    closed = [date(2025, 1, 9), date(2018, 12, 5), date(2026, 7, 3), date(2015, 12, 25)]  # mourning days, holidays
    assert not rows.filter(date__in=closed).exists()
    assert rows.get(date=date(2015, 12, 24)).closes_at == utc("2015-12-24", 18)
    assert rows.get(date=date(2026, 11, 27)).note == "early close at 13:00 New York"


@pytest.mark.parametrize(
    ("day", "closes", "note"),
    [
        ("2012-10-26", (20, 0), ""),
        ("2012-10-29", None, "holiday"),  # the storm Sandy, two days
        ("2012-10-30", None, "holiday"),
        ("2012-10-31", (20, 0), ""),
        ("2018-12-05", None, "holiday"),  # mourning President Bush
        ("2025-01-09", None, "holiday"),  # and President Carter
        ("2025-07-03", (17, 0), "early close at 13:00 New York"),
        ("2025-07-04", None, "holiday"),
        ("2026-03-06", (21, 0), ""),  # the clocks go forward on the 8th
        ("2026-03-09", (20, 0), ""),
        ("2026-07-03", None, "holiday"),  # the 4th is a Saturday
        ("2026-10-30", (20, 0), ""),  # and back on November 1st
        ("2026-11-02", (21, 0), ""),
        ("2026-11-26", None, "holiday"),
        ("2026-11-27", (18, 0), "early close at 13:00 New York"),
        ("2026-11-28", None, "weekend"),
    ],
)
def test_days_that_are_known_are_as_they_were(day, closes, note):
    """Storm, mourning, half days, changes of the clock: open or closed at noon, and until when."""
    middle = date.fromisoformat(day)
    sessions.seed_sessions(middle - timedelta(days=7), middle + timedelta(days=7), today=middle)
    found = state(utc(day, 17) - timedelta(minutes=30))

    assert (found.open, found.note) == (closes is not None, note)
    if closes is not None:
        assert found.closes_at == utc(day, *closes)
        assert found.seconds_to_close == (found.closes_at - found.at).total_seconds() > 0


# ---------------------------------------------------------------- parts of the day


@pytest.fixture
def thanksgiving():
    """A week of 2026 with a holiday and a half day; New York is five hours behind."""
    seeded("2026-11-16", "2026-12-04")


def part(at, product=Product.EQUITY):
    return sessions.phase(product, at=at, calendar=sessions.exchange_calendar(product))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (utc("2026-11-24", 8, 59), Phase.OVERNIGHT),
        (utc("2026-11-24", 9, 0), Phase.PRE),
        (utc("2026-11-24", 14, 29), Phase.PRE),
        (utc("2026-11-24", 14, 30), Phase.REGULAR),
        (utc("2026-11-24", 20, 59), Phase.REGULAR),
        (utc("2026-11-24", 21, 0), Phase.POST),
        (utc("2026-11-25", 0, 59), Phase.POST),
        (utc("2026-11-25", 1, 0), Phase.OVERNIGHT),
        (utc("2026-11-26", 0, 59), Phase.POST),
        (utc("2026-11-26", 1, 0), Phase.CLOSED),  # the eve of the holiday
        (utc("2026-11-26", 16, 0), Phase.CLOSED),
        (utc("2026-11-27", 1, 0), Phase.OVERNIGHT),  # the eve of the half day
        (utc("2026-11-27", 17, 59), Phase.REGULAR),
        (utc("2026-11-27", 18, 0), Phase.POST),
        (utc("2026-11-27", 21, 59), Phase.POST),
        (utc("2026-11-27", 22, 0), Phase.CLOSED),
        (utc("2026-11-28", 15, 0), Phase.CLOSED),
        (utc("2026-11-30", 0, 59), Phase.CLOSED),
        (utc("2026-11-30", 1, 0), Phase.OVERNIGHT),  # Sunday evening
    ],
)
def test_shares_trade_before_and_after_the_session_too(thanksgiving, at, expected):
    """From 04:00 to 20:00, to 17:00 on a half day, and overnight on the eve of a session."""
    assert part(at) is expected


def test_pre_market_keeps_new_york_time_over_the_change_of_the_clock():
    """04:00 is 09:00 UTC before the second Sunday of March and 08:00 after it."""
    seeded("2026-03-02", "2026-03-13")
    assert [part(utc("2026-03-06", 8)), part(utc("2026-03-06", 9))] == [Phase.OVERNIGHT, Phase.PRE]
    assert [part(utc("2026-03-09", 7, 59)), part(utc("2026-03-09", 8))] == [Phase.OVERNIGHT, Phase.PRE]


@pytest.mark.parametrize(
    ("product", "at", "expected"),
    [
        (Product.EQUITY_OPTION, utc("2026-11-24", 21, 0), Phase.CLOSED),
        (Product.ETF_OPTION, utc("2026-11-24", 21, 14), Phase.REGULAR),
        (Product.ETF_OPTION, utc("2026-11-24", 21, 15), Phase.CLOSED),
        (Product.INDEX_OPTION, utc("2026-11-27", 18, 14), Phase.REGULAR),
        (Product.EQUITY_OPTION, utc("2026-11-27", 18, 0), Phase.CLOSED),
        (Product.INDEX_OPTION, utc("2026-11-24", 12, 0), Phase.CLOSED),
        (Product.CRYPTO, utc("2026-11-28", 3, 0), Phase.REGULAR),
    ],
)
def test_options_have_their_regular_session_only(thanksgiving, product, at, expected):
    """To 16:15 for ETFs and indices, 13:15 on a half day; crypto has nothing else."""
    assert part(at, product) is expected


def test_the_parts_of_a_day_obey_overrides(thanksgiving):
    """Closed by hand there is neither pre nor post; an early close by hand ends post at 17:00; so does the eve."""
    row = override(date=date(2026, 11, 24), closed=True)
    assert [part(utc("2026-11-24", hour)) for hour in (1, 10, 15, 22)] == [Phase.CLOSED] * 4
    row.closed, row.closes_at = False, time(12, 0)
    row.save()
    assert [part(utc("2026-11-24", hour)) for hour in (16, 17, 22)] == [Phase.REGULAR, Phase.POST, Phase.CLOSED]


def test_without_rows_no_part_of_the_day_is_open():
    """An empty calendar never reads as pre-market."""
    assert part(utc("2026-11-24", 10)) is Phase.CLOSED
    seeded("2026-11-16", "2026-11-24")
    assert part(utc("2026-11-25", 1)) is Phase.CLOSED  # the next day is not known


# ---------------------------------------------------------------- failing closed


def test_without_rows_the_market_is_closed_and_says_why():
    """An empty calendar never reads as open."""
    found = state(utc("2015-12-23", 15))
    assert not found.open
    assert found.note == "XNYS has no rows for 2015-12-23: run manage.py seed"


def test_beyond_the_last_row_and_before_the_first_the_market_is_closed(christmas):
    """A calendar that was not seeded far enough is noticed, not guessed."""
    assert "run manage.py seed" in state(utc("2016-02-01", 15)).note
    assert "run manage.py seed" in state(utc("2012-12-03", 15)).note


def test_rows_seeded_later_are_seen_at_once():
    """A worker that found nothing asks again."""
    assert not state(utc("2015-12-23", 15)).open
    seeded("2015-12-14", "2015-12-31")
    assert state(utc("2015-12-23", 15)).open


def test_rows_are_read_once_a_month_and_overrides_at_every_question(christmas, django_assert_num_queries):
    """A decision costs one query for its session when the month is known."""
    state(utc("2015-12-21", 15))
    with django_assert_num_queries(1):
        state(utc("2015-12-22", 15))


def test_kept_rows_are_read_again_after_a_minute(christmas, monkeypatch):
    """A row changed by hand counts within a minute, also in a process that runs for weeks."""
    assert state(utc("2015-12-23", 15)).open
    TradingSession.objects.filter(date=date(2015, 12, 23)).delete()
    assert state(utc("2015-12-23", 15)).open
    monkeypatch.setattr(sessions, "monotonic", lambda: float("inf"))
    assert not state(utc("2015-12-23", 15)).open


# ---------------------------------------------------------------- overrides


def test_an_override_closes_the_day_from_the_next_question_on(christmas):
    """No memory stands between the row and the decision, in either direction."""
    at = utc("2015-12-23", 15)
    assert state(at).open
    row = override(closed=True)
    found = state(at)
    assert (found.open, found.note) == (False, "closed by override: drill")
    assert found.opens_at == utc("2015-12-24", 14, 30)
    row.delete()
    assert state(at).open


def test_an_override_changes_hours_in_new_york_time(christmas):
    """Only the time that is given changes; the note says so while open."""
    override(closes_at=time(12, 0))
    found = state(utc("2015-12-23", 16, 59))
    assert (found.open, found.closes_at, found.note) == (True, utc("2015-12-23", 17), "hours by override: drill")
    assert not state(utc("2015-12-23", 17)).open


def test_an_override_for_one_product_goes_before_one_for_all(christmas):
    """All closed but ETF options: those keep the hours of their own row."""
    override(closed=True)
    override(product=Product.ETF_OPTION, opens_at=time(10, 0))
    assert not state(utc("2015-12-23", 16), Product.EQUITY).open
    assert state(utc("2015-12-23", 16), Product.ETF_OPTION).open
    assert not state(utc("2015-12-23", 14, 45), Product.ETF_OPTION).open


def test_an_override_can_open_a_holiday_if_it_gives_both_times(christmas):
    """One time alone leaves no session, and says so."""
    row = override(date=date(2015, 12, 25), opens_at=time(9, 30), closes_at=time(13, 0))
    assert state(utc("2015-12-25", 15)).open
    row.closes_at = None
    row.save()
    assert state(utc("2015-12-25", 15)).note == "override leaves no session: drill"


def test_an_override_with_both_times_stands_beyond_the_calendar():
    """An operator can open a day that no row reaches; without both times it stays closed."""
    row = override(opens_at=time(9, 30), closes_at=time(16, 0))
    assert state(utc("2015-12-23", 15)).open
    row.closes_at = None
    row.save()
    assert not state(utc("2015-12-23", 15)).open


def test_a_close_before_the_calendars_open_leaves_no_session(christmas):
    """08:00 as the close of a day that opens at 09:30 closes the day."""
    override(closes_at=time(8, 0))
    assert state(utc("2015-12-23", 15)).note == "override leaves no session: drill"


def test_the_always_open_market_obeys_overrides_on_utc_days():
    """The simulated market can be closed by hand as well."""
    calendar = sessions.always_open("simulated", "simulated market, always open")
    at = utc("2015-12-23", 3)
    found = sessions.state(Product.EQUITY, at=at, calendar=calendar)
    assert (found.open, found.opens_at, found.closes_at) == (True, utc("2015-12-23", 0), utc("2015-12-24", 0))
    assert found.note == "simulated market, always open"
    override(closed=True)
    assert not sessions.state(Product.EQUITY, at=at, calendar=calendar).open


def test_a_fortnight_of_overrides_is_not_searched_for_ever(christmas):
    """Closed for as far as one looks ahead: closed, with today's cause."""
    for offset in range(20):
        override(date=date(2015, 12, 23) + timedelta(days=offset), closed=True)
    assert state(utc("2015-12-23", 15)).note == "closed by override: drill"


@pytest.mark.parametrize(
    "fields",
    [
        {"closed": True, "opens_at": time(9, 30)},
        {"closed": False},
        {"opens_at": time(16, 0), "closes_at": time(9, 30)},
        {"opens_at": time(9, 30), "closes_at": time(9, 30)},
        {"closed": True, "product": "bonds"},
    ],
)
def test_a_senseless_override_is_refused_in_the_form_and_by_the_database(fields):
    """Neither the admin nor an UPDATE by hand can store it."""
    row = SessionOverride(**{"reason": "drill", "date": date(2015, 12, 23), **fields})
    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_session_that_closes_before_it_opens_cannot_be_stored():
    """The constraint is the database's."""
    row = TradingSession(
        calendar="XNYS", date=date(2015, 12, 23), opens_at=utc("2015-12-23", 15), closes_at=utc("2015-12-23", 15)
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


# ---------------------------------------------------------------- arithmetic


def test_trading_days_between_leave_out_weekends_and_holidays(christmas):
    """From the 23rd to the 29th there are three: the 24th, the 28th and the 29th."""
    assert sessions.trading_days_between(date(2015, 12, 23), date(2015, 12, 29), EQUITY) == 3
    assert sessions.trading_days_between(date(2015, 12, 23), date(2015, 12, 23), EQUITY) == 0
    assert sessions.trading_days_between(date(2015, 12, 29), date(2015, 12, 23), EQUITY) == 0


def test_the_nearest_session_on_either_side_of_a_day(christmas):
    """The day itself if it has one; Christmas 2015 was a Friday."""
    christmas_day, monday = date(2015, 12, 25), date(2015, 12, 28)
    assert sessions.session_on_or_before(christmas_day, EQUITY) == date(2015, 12, 24)
    assert sessions.session_on_or_after(christmas_day, EQUITY) == monday
    assert sessions.session_on_or_before(monday, EQUITY) == sessions.session_on_or_after(monday, EQUITY) == monday
    answers = [sessions.is_trading_day(day, EQUITY) for day in (monday, christmas_day, date(2016, 3, 1))]
    assert answers == [True, False, None]


def test_a_session_beyond_the_calendar_is_an_error(christmas):
    """The Friday before the first row may have been a session or not."""
    for ask, day in (
        (sessions.session_on_or_before, date(2015, 12, 13)),
        (sessions.session_on_or_after, date(2016, 1, 16)),
    ):
        with pytest.raises(MarketDataUnavailable, match=r"run manage\.py seed"):
            ask(day, EQUITY)


def test_a_calendar_without_sessions_is_searched_for_a_fortnight():
    """And no longer."""
    never = Calendar("never", sessions.NEW_YORK, lambda day: None)
    with pytest.raises(MarketDataUnavailable, match="never has no session within 14 days of 2015-12-25"):
        sessions.session_on_or_after(date(2015, 12, 25), never)


def test_hours_of_several_days(christmas):
    """Both ends included, days without a session left out."""
    found = sessions.hours_between(date(2015, 12, 23), date(2015, 12, 28), EQUITY)
    assert [hours.closes_at for hours in found] == [
        utc("2015-12-23", 21), utc("2015-12-24", 18), utc("2015-12-28", 21)
    ]  # fmt: skip


def test_next_open_and_close(christmas):
    """Inside a session the next open is the following one's; outside it is the coming one's."""
    inside, outside = utc("2015-12-24", 15), utc("2015-12-25", 15)
    assert sessions.next_close(Product.EQUITY, at=inside, calendar=EQUITY) == utc("2015-12-24", 18)
    assert sessions.next_open(Product.EQUITY, at=inside, calendar=EQUITY) == utc("2015-12-28", 14, 30)
    assert sessions.next_open(Product.EQUITY, at=outside, calendar=EQUITY) == utc("2015-12-28", 14, 30)
    assert sessions.next_close(Product.EQUITY, at=outside, calendar=EQUITY) == utc("2015-12-28", 21)


def test_next_open_without_a_calendar_is_an_error():
    """A time that is not known is not made up."""
    with pytest.raises(MarketDataUnavailable, match=r"run manage\.py seed"):
        sessions.next_open(Product.EQUITY, at=utc("2015-12-24", 15), calendar=EQUITY)


def test_texts_of_rows():
    """What the admin shows of a row."""
    assert str(TradingSession(calendar="XNYS", date=date(2015, 12, 24))) == "XNYS 2015-12-24"
    assert str(SessionOverride(product="all", date=date(2015, 12, 24), closed=True)) == "2015-12-24 all: closed"
    assert str(SessionOverride(date=date(2015, 12, 24), closes_at=time(12))) == "2015-12-24 all: … to 12:00:00"
