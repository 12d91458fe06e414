"""Recorded days, from files written by the test itself: what is known at which moment."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.errors import MarketDataUnavailable
from domain.quotes import FeedClass
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app.providers.lean import HOURS_FILE, Lean
from market_app.providers.lean_files import MarketHours, contract_of, dollars, quote_rows

DAY = date(2015, 12, 24)  # an early close: 09:30 to 13:00 New York, 14:30 to 18:00 UTC
OPEN_MS = 34_200_000
CALL = OptionContract("ACME", date(2015, 12, 31), Right.CALL, Decimal("52.5"))
GONE = OptionContract("ACME", date(2015, 12, 18), Right.CALL, Decimal(50))


def at(hour, minute=0, second=0, day=DAY):
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


def write(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in members.items():
            archive.writestr(name, "\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path):
    hours = {"entries": {"Equity-usa-[*]": {"holidays": ["12/25/2015"], "earlyCloses": {"12/24/2015": "13:00:00"}}}}
    (tmp_path / HOURS_FILE).parent.mkdir(parents=True)
    (tmp_path / HOURS_FILE).write_text(json.dumps(hours))
    shares, options = tmp_path / "equity/usa/minute/acme", tmp_path / "option/usa/minute/acme"
    quotes = [
        f"{OPEN_MS - 60_000},400000,400000,400000,400000,9,600000,600000,600000,600000,9",  # wild, before the open
        f"{OPEN_MS},500000,500500,499900,500100,3,501000,501000,500200,500300,4",
        f"{OPEN_MS + 180_000},,,,,0,500300,500400,500200,500250,7",
    ]
    write(shares / "20151224_quote.zip", {"20151224_acme_minute_quote.csv": quotes})
    trades = [
        f"{OPEN_MS - 60_000},550000,550000,550000,550000,99",
        f"{OPEN_MS},500000,500900,499900,500100,1000",
        f"{OPEN_MS + 60_000},500100,501900,500100,501500,500",
        f"{OPEN_MS + 300_000},501500,501500,501000,501000,10",
        f"{OPEN_MS + 209 * 60_000},501000,502500,501000,502000,10",  # the last minute before 13:00
        f"{OPEN_MS + 210 * 60_000},590000,590000,590000,590000,10",  # after the close
    ]
    write(shares / "20151224_trade.zip", {"20151224_acme_minute_trade.csv": trades})
    option_rows = [
        f"{OPEN_MS + 60_000},,,,,0,15000,15000,14500,14500,11",
        f"{OPEN_MS + 120_000},13000,13500,13000,13250,5,,,,,0",
        f"{OPEN_MS + 240_000},,,,,0,14400,14400,14400,14400,2",
    ]
    write(
        options / "20151224_quote_american.zip",
        {
            "20151224_acme_minute_quote_american_call_525000_20151231.csv": option_rows,
            "20151224_acme_minute_quote_american_put_500000_20160115.csv": option_rows,
            "20151224_acme_minute_quote_american_call_500000_20151218.csv": option_rows,
        },
    )
    write(
        options / "20151224_trade_american.zip",
        {
            "20151224_acme_minute_trade_american_call_525000_20151231.csv": [
                f"{OPEN_MS + 120_000},14000,14000,14000,14000,1"
            ]
        },
    )
    return tmp_path


@pytest.fixture
def market(folder):
    return Lean(folder)


def sides(market, symbol, now):
    quote = market.quotes([symbol], now=now)[symbol]
    return quote.bid, quote.bid_size, quote.ask, quote.ask_size


def test_a_bar_is_known_only_when_its_minute_is_over(market):
    """The bar labelled 09:30 is unknown at 09:30:59 and known at 09:31:00."""
    assert market.quotes(["ACME"], now=at(14, 30, 59)) == {}
    assert sides(market, "ACME", at(14, 31)) == (Decimal("50.01"), 3, Decimal("50.03"), 4)


def test_what_was_quoted_before_the_open_is_never_seen(market):
    """A wild pre-market quote is not carried into the session."""
    assert market.quotes(["ACME"], now=at(14, 29, 59)) == {}
    assert market.quotes(["ACME"], now=at(14, 30)) == {}


def test_each_side_is_carried_forward_by_itself(market):
    """A row without a bid keeps the old bid with its size and takes the new ask with its own."""
    assert sides(market, "ACME", at(14, 33, 59)) == (Decimal("50.01"), 3, Decimal("50.03"), 4)
    assert sides(market, "ACME", at(14, 34)) == (Decimal("50.01"), 3, Decimal("50.025"), 7)
    assert sides(market, CALL.symbol, at(14, 32)) == (None, None, Decimal("1.45"), 11)
    assert sides(market, CALL.symbol, at(14, 33)) == (Decimal("1.325"), 5, Decimal("1.45"), 11)
    assert sides(market, CALL.symbol, at(14, 35)) == (Decimal("1.325"), 5, Decimal("1.44"), 2)


def test_a_minute_without_a_row_still_confirms_the_quote(market):
    """Provider time is the end of the last completed minute; when something changed is told separately."""
    quote = market.quotes(["ACME"], now=at(15, 10, 42))["ACME"]
    assert quote.provider_time == at(15, 10)
    assert quote.received_at == at(15, 10, 42)
    assert quote.feed is FeedClass.RECORDED
    assert market.changed_at("ACME", now=at(15, 10, 42)) == at(14, 34)
    assert market.changed_at("ACME", now=at(14, 30)) is None


def test_outside_the_session_there_are_no_quotes(market):
    """The early close ends them at 13:00 New York, to the second."""
    assert set(market.quotes(["ACME", CALL.symbol], now=at(17, 59, 59))) == {"ACME", CALL.symbol}
    assert market.quotes(["ACME", CALL.symbol], now=at(18)) == {}
    assert market.quotes(["ACME"], now=at(14, 20)) == {}


def test_the_last_trade_known_is_on_the_quote(market):
    """A trade of the future is not; an option that has not traded has none."""
    assert market.quotes(["ACME"], now=at(14, 31))["ACME"].last == Decimal("50.01")
    assert market.quotes(["ACME"], now=at(14, 32))["ACME"].last == Decimal("50.15")
    assert market.quotes([CALL.symbol], now=at(14, 32, 59))[CALL.symbol].last is None
    assert market.quotes([CALL.symbol], now=at(14, 33))[CALL.symbol].last == Decimal("1.40")


def test_shares_without_recorded_quotes_fall_back_to_their_dated_trades(folder):
    """Both sides are the last trade, and its own minute is the quote's time: trades are never carried."""
    (folder / "equity/usa/minute/acme/20151224_quote.zip").unlink()
    quote = Lean(folder).quotes(["ACME"], now=at(15, 0))["ACME"]
    assert (quote.bid, quote.ask, quote.bid_size) == (Decimal("50.10"), Decimal("50.10"), None)
    assert quote.provider_time == at(14, 36)


def test_the_chain_is_what_was_recorded_and_has_not_expired(market):
    """Contracts come from the file names; one whose last trading day is over is not listed."""
    chain = market.chain("ACME", now=at(15))
    assert CALL in chain
    assert OptionContract("ACME", date(2016, 1, 15), Right.PUT, Decimal(50)) in chain
    assert GONE not in chain
    assert chain == sorted(chain)


def test_a_saturday_expiration_is_listed_on_its_friday_and_not_on_the_saturday():
    """Monthly contracts before 2015 carry the Saturday in the file name."""
    contract = contract_of("20140605_twx_minute_quote_american_put_700000_20140621.csv")
    assert contract == OptionContract("TWX", date(2014, 6, 21), Right.PUT, Decimal(70))


@pytest.mark.parametrize(
    "ask",
    [
        lambda market: market.quotes(["MSFT"], now=at(15, 40)),
        lambda market: market.chain("MSFT", now=at(15, 40)),
        lambda market: market.bars("MSFT", interval_s=300, count=10, now=at(15, 40)),
        lambda market: market.bars("MSFT", interval_s=86_400, count=10, now=at(15, 40)),
        lambda market: market.closing_price("MSFT", day=DAY, now=at(19)),
    ],
)
def test_a_symbol_or_day_that_was_not_recorded_is_named(market, ask):
    """MSFT on the GOOG day: refused with symbol and date."""
    with pytest.raises(MarketDataUnavailable, match=r"MSFT.* on 2015-12-24") as refused:
        ask(market)
    assert refused.value.code == "no_market_data"


def test_an_unrecorded_symbol_does_not_spoil_a_batch(market):
    """The others are answered."""
    assert set(market.quotes(["MSFT", "ACME", GONE.symbol.replace("ACME", "MSFT")], now=at(15))) == {"ACME"}


@pytest.mark.parametrize("symbol", ["../acme", "..", "ACME/../ACME", "", "a\x00b"])
def test_a_symbol_cannot_leave_the_folder(market, symbol):
    """Symbols become part of a path, so only names are looked for."""
    with pytest.raises(MarketDataUnavailable) as refused:
        market.quotes([symbol], now=at(15))
    assert refused.value.code == "no_market_data"


def test_bars_are_counted_from_the_open_and_only_told_when_complete(market):
    """Five-minute bars of trades: the first is complete at 09:35, empty ones are left out."""
    assert market.bars("ACME", interval_s=300, count=10, now=at(14, 34, 59)) == []
    (first,) = market.bars("ACME", interval_s=300, count=10, now=at(14, 35))
    assert (first.start, first.volume) == (at(14, 30), 1500)
    assert (first.open, first.high, first.low, first.close) == (
        Decimal("50.00"),
        Decimal("50.19"),
        Decimal("49.99"),
        Decimal("50.15"),
    )
    bars = market.bars("ACME", interval_s=300, count=10, now=at(18))
    assert [bar.start for bar in bars] == [at(14, 30), at(14, 35), at(17, 55)]


def test_the_days_last_bar_ends_with_the_session(market):
    """An hour that began at 12:30 is complete at the early close, and nothing after it counts."""
    bars = market.bars("ACME", interval_s=3600, count=10, now=at(18))
    assert bars[-1].start == at(17, 30)
    assert bars[-1].high == Decimal("50.25")
    assert len(market.bars("ACME", interval_s=3600, count=10, now=at(17, 59, 59))) == len(bars) - 1


def test_bars_reach_back_into_the_recorded_day_before_but_not_into_the_next(folder):
    """Yesterday's bars come first; a week-old day, and tomorrow's, do not come at all."""
    for stamp in ("20151223", "20151210", "20151228"):
        rows = [f"{OPEN_MS},480000,480000,480000,480000,7"]
        write(
            folder / f"equity/usa/minute/acme/{stamp}_trade.zip",
            {f"{stamp}_acme_minute_trade.csv": rows},
        )
    bars = Lean(folder).bars("ACME", interval_s=300, count=10, now=at(15))
    assert [bar.start for bar in bars] == [at(14, 30, day=date(2015, 12, 23)), at(14, 30), at(14, 35)]
    assert len(Lean(folder).bars("ACME", interval_s=300, count=1, now=at(15))) == 1


def test_daily_bars_end_with_yesterday(folder):
    """Today's daily bar is the state at the end of today."""
    rows = [f"201512{day:02} 00:00,{day}0000,{day}5000,{day}0000,{day}1000,100" for day in (22, 23, 24, 28)]
    write(folder / "equity/usa/daily/acme.zip", {"acme.csv": rows})
    bars = Lean(folder).bars("ACME", interval_s=86_400, count=10, now=at(20))
    assert [bar.close for bar in bars] == [Decimal("22.10"), Decimal("23.10")]
    assert Lean(folder).bars("ACME", interval_s=86_400, count=1, now=at(20)) == bars[-1:]


@pytest.mark.parametrize("interval_s", [1, 59, 90, 2 * 86_400])
def test_intervals_that_minutes_cannot_make_are_refused(market, interval_s):
    """Neither seconds nor weeks were recorded."""
    with pytest.raises(MarketDataUnavailable) as refused:
        market.bars("ACME", interval_s=interval_s, count=1, now=at(15))
    assert refused.value.code == "interval_not_served"


def test_the_closing_price_is_the_last_regular_trade_and_not_told_before_the_close(market):
    """12:59's trade is the close, 13:00's print is not; and not one second early."""
    assert market.closing_price("ACME", day=DAY, now=at(18)) == Decimal("50.20")
    with pytest.raises(MarketDataUnavailable):
        market.closing_price("ACME", day=DAY, now=at(17, 59, 59))


def test_the_calendar_is_the_recordings_own(market):
    """Weekends and holidays are closed, an early close says so, crypto never closes."""
    hours = market.calendar(Product.EQUITY_OPTION).hours
    assert hours(DAY).closes_at == at(18)
    assert hours(DAY).note == "early close at 13:00 New York"
    assert hours(date(2015, 12, 25)) is None
    assert hours(date(2015, 12, 26)) is None
    assert hours(date(2015, 6, 1)).opens_at == at(13, 30, day=date(2015, 6, 1))
    assert market.calendar(Product.CRYPTO).hours(date(2015, 12, 26)) is not None


def test_load_all_reads_every_contract(market):
    """The eager form parses what the lazy one would on demand."""
    assert market.load_all("ACME", DAY) == 9


def test_a_folder_without_market_hours_is_told(tmp_path):
    """A wrong LEAN_DATA_DIR is named with the file that was looked for."""
    with pytest.raises(MarketDataUnavailable, match="LEAN_DATA_DIR"):
        Lean(tmp_path)


def test_prices_are_exact():
    """Deci-cents become decimals without a float in between; two places, four where needed."""
    assert [str(dollars(number)) for number in (21_500, 13_250, 1, 7_483_900)] == ["2.15", "1.3250", "0.0001", "748.39"]


def test_rows_with_line_ends_of_windows_are_read():
    """And a missing newline at the end is no row less."""
    row = b"1,2,3,4,5,6,7,8,9,10,11"
    assert len(quote_rows(row + b"\r\n" + row)) == 2
    assert quote_rows(b"1,,,,,0,7,8,9,10,11").tolist() == [[1, -1, 0, 10, 11]]


def test_hours_of_the_real_database(recorded):
    """The shipped market hours know the early closes and holidays of the recorded days."""
    hours = MarketHours(recorded / HOURS_FILE).hours
    assert hours(date(2015, 12, 24)).closes_at == at(18)
    assert hours(date(2014, 6, 5)).closes_at == at(20, day=date(2014, 6, 5))
    assert hours(date(2015, 12, 25)) is None
    assert hours(date(2015, 12, 24)).closes_at - hours(date(2015, 12, 24)).opens_at == timedelta(hours=3.5)
