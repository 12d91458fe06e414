"""One symbol in the spelling of each provider, and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import OptionContract, Right
from domain.symbols.roots import is_adjusted, root_of, ticker_of
from domain.symbols.spelling import Dialect, read, spelled

D = Dialect
_CONTRACTS = st.builds(
    OptionContract,
    root=st.from_regex(r"[A-Z][A-Z0-9]{0,5}", fullmatch=True),
    expiration=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    right=st.sampled_from(Right),
    strike=st.integers(1, 99_999_999).map(lambda thousandths: Decimal(thousandths) / 1000),
)
_SHARES = st.from_regex(r"[A-Z]{1,5}(\.[A-Z]|\.PR[A-Z]|\.WS)?", fullmatch=True)
_INDICES = st.sampled_from(["SPX", "NDX", "IXIC", "RUT", "DJI", "VIX", "XSP", "OEX", "DXY"])
_PAIRS = st.sampled_from(["BTCUSD", "ETHUSDT", "SOLUSDC", "ETHBTC", "EURUSD", "GBPJPY", "XAUUSD"])
_OURS = _SHARES | _INDICES | _PAIRS | _CONTRACTS.map(lambda contract: contract.symbol)


@pytest.mark.parametrize(
    ("symbol", "spellings"),
    [
        ("SPY", dict.fromkeys(Dialect, "SPY")),
        ("BRK.B", dict.fromkeys(Dialect, "BRK.B") | {D.YAHOO: "BRK-B", D.ALPHAVANTAGE: "BRK-B"}),
        ("BAC.PRL", {D.TRADINGVIEW: "BAC/PL", D.ALPACA: "BAC.PRL", D.YAHOO: "BAC-PL", D.MASSIVE: "BACpL",
                     D.MARKETDATA: "BACpL", D.ALPHAVANTAGE: "BAC-P-L"}),
        ("XYZ.WS", {D.TRADINGVIEW: "XYZ/W", D.ALPACA: "XYZ.WS", D.YAHOO: "XYZ-WT", D.MASSIVE: "XYZ.WS",
                    D.ALPHAVANTAGE: "XYZ-WS"}),
        ("SPX", {D.TRADINGVIEW: "SPX", D.YAHOO: "^SPX", D.MASSIVE: "I:SPX", D.MARKETDATA: "SPX", D.TWELVEDATA: "SPX",
                 D.FINNHUB: "^GSPC", D.CBOE: "_SPX"}),
        ("IXIC", {D.TRADINGVIEW: "IXIC", D.YAHOO: "^IXIC", D.MASSIVE: "I:COMP", D.MARKETDATA: "IXIC",
                  D.TWELVEDATA: "IXIC", D.FINNHUB: "^IXIC", D.CBOE: "_IXIC"}),
        ("BTCUSD", {D.TRADINGVIEW: "BTCUSD", D.ALPACA: "BTC/USD", D.YAHOO: "BTC-USD", D.MASSIVE: "X:BTCUSD",
                    D.TWELVEDATA: "BTC/USD", D.FINNHUB: "COINBASE:BTC-USD"}),
        ("EURUSD", {D.TRADINGVIEW: "EURUSD", D.YAHOO: "EURUSD=X", D.MASSIVE: "C:EURUSD", D.TWELVEDATA: "EUR/USD",
                    D.FINNHUB: "OANDA:EUR_USD"}),
        ("BRKB270115C00512500",
         {dialect: "BRKB270115C00512500" for dialect in Dialect if dialect is not D.TWELVEDATA}
         | {D.TRADINGVIEW: "OPRA:BRKB270115C512.5", D.MASSIVE: "O:BRKB270115C00512500"}),
        ("AAPL7150117P00092140",
         {dialect: "AAPL7150117P00092140" for dialect in Dialect if dialect is not D.TWELVEDATA}
         | {D.TRADINGVIEW: "OPRA:AAPL7150117P92.14", D.MASSIVE: "O:AAPL7150117P00092140"}),
        ("SPXW270115C99999999",
         {dialect: "SPXW270115C99999999" for dialect in Dialect if dialect is not D.TWELVEDATA}
         | {D.TRADINGVIEW: "OPRA:SPXW270115C99999.999", D.MASSIVE: "O:SPXW270115C99999999"}),
    ],
)  # fmt: skip
def test_each_provider_has_its_spelling_and_gives_ours_back(symbol: str, spellings: dict[Dialect, str]) -> None:
    """A provider without a name for the thing refuses it; every name there is reads back as what it was."""
    for dialect in Dialect:
        if dialect in spellings:
            assert spelled(symbol, dialect) == spellings[dialect]
            assert read(spellings[dialect], dialect) == symbol
        else:
            with pytest.raises(BadSymbol, match=f"{dialect} has no name for {symbol}"):
                spelled(symbol, dialect)


@given(_OURS, st.sampled_from(Dialect))
def test_what_is_written_reads_back(symbol: str, dialect: Dialect) -> None:
    """For every symbol and provider, where it has a name at all."""
    try:
        theirs = spelled(symbol, dialect)
    except BadSymbol:
        return
    assert read(theirs, dialect) == symbol


@given(st.text(max_size=30) | st.from_regex(r"[A-Zp0-9:./^_=-]{1,24}", fullmatch=True), st.sampled_from(Dialect))
def test_any_text_is_read_or_refused(text: str, dialect: Dialect) -> None:
    """What is read can be written again and then reads the same."""
    try:
        ours = read(text, dialect)
    except BadSymbol:
        return
    assert read(spelled(ours, dialect), dialect) == ours


@pytest.mark.parametrize(
    ("text", "dialect", "symbol"),
    [
        ("^GSPC", D.YAHOO, "SPX"),
        ("DX-Y.NYB", D.YAHOO, "DXY"),
        ("SPY   270115C00700000", D.ALPACA, "SPY270115C00700000"),
        ("NYSE:BRK.B", D.TRADINGVIEW, "BRK.B"),
        ("NYSE:BAC/PL", D.TRADINGVIEW, "BAC.PRL"),
        ("CBOE:VIX", D.TRADINGVIEW, "VIX"),
        ("OPRA:SPY270115C700.0", D.TRADINGVIEW, "SPY270115C00700000"),
    ],
)
def test_other_forms_that_a_provider_uses_are_read_too(text: str, dialect: Dialect, symbol: str) -> None:
    """Venues in front, padded options, second names of an index."""
    assert read(text, dialect) == symbol


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("BRK-B", D.ALPACA), ("BRK.B", D.YAHOO), ("^GSPC", D.ALPACA), ("I:SPX", D.YAHOO), ("SPX", D.CBOE),
        ("O:SPY270115C00700000", D.ALPACA), ("O:SPY270230C00700000", D.MASSIVE), ("SPY270115C00000000", D.YAHOO),
        ("BTCUSD", D.ALPACA), ("BTC/USD", D.YAHOO), ("spy", D.ALPACA), ("", D.MASSIVE), ("SPY ", D.MARKETDATA),
        ("CME:ES1!", D.TRADINGVIEW), ("NYSE:F/NYSE:GM", D.TRADINGVIEW), ("LSE:VOD", D.TRADINGVIEW),
    ],
)  # fmt: skip
def test_what_a_provider_would_not_write_is_refused(text: str, dialect: Dialect) -> None:
    """Another provider's spelling, an impossible contract, or a thing that is not quoted here."""
    with pytest.raises(BadSymbol):
        read(text, dialect)


@pytest.mark.parametrize("symbol", ["ES1!", "F-GM", "BTCUSDT.P", "LSE:VOD", "?"])
@pytest.mark.parametrize("dialect", Dialect)
def test_nobody_is_asked_for_what_is_not_quoted_here(symbol: str, dialect: Dialect) -> None:
    """Futures, spreads, perpetuals and unknown venues have no spelling."""
    with pytest.raises(BadSymbol):
        spelled(symbol, dialect)


@pytest.mark.parametrize(
    ("root", "ticker", "adjusted"),
    [("SPY", "SPY", False), ("BRKB", "BRK.B", False), ("BFB", "BF.B", False), ("SPXW", "SPX", False),
     ("NDXP", "NDX", False), ("RUTW", "RUT", False), ("AAPL1", "AAPL", True), ("AAPL7", "AAPL", True),
     ("T1", "T", True), ("BRKB1", "BRK.B", True)],
)  # fmt: skip
def test_a_root_names_its_ticker(root: str, ticker: str, adjusted: bool) -> None:
    """Through the dot of a class, a weekly's letter, and the digit of a changed contract."""
    assert (ticker_of(root), is_adjusted(root)) == (ticker, adjusted)


def test_a_ticker_names_the_root_of_its_standard_contracts() -> None:
    """The dot goes; an index keeps its name."""
    assert [root_of(ticker) for ticker in ("BRK.B", "SPY", "SPX")] == ["BRKB", "SPY", "SPX"]


def test_an_index_root_is_spelled_as_its_index() -> None:
    """SPXW has no quote of its own."""
    assert spelled("SPXW", D.YAHOO) == spelled("SPX", D.YAHOO)
