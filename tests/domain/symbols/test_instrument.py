"""What a symbol names, and its other names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.symbols.instrument import AssetClass, BadSymbol, Instrument, classify, option_on
from domain.symbols.occ import Right


@pytest.mark.parametrize(
    ("text", "symbol", "kind", "exchange"),
    [
        ("TSLA", "TSLA", "equity", None),
        (" tsla ", "TSLA", "equity", None),
        ("NASDAQ:TSLA", "TSLA", "equity", "NASDAQ"),
        ("BATS:TSLA", "TSLA", "equity", "BATS"),
        ("NYSE_DLY:F", "F", "equity", "NYSE"),
        ("NYSE:BF.B", "BF.B", "equity", "NYSE"),
        ("BF-B", "BF.B", "equity", None),
        ("BRK/B", "BRK.B", "equity", None),
        ("NYSE:BAC.PRL", "BAC.PRL", "equity", "NYSE"),
        ("CBOE:VIXY", "VIXY", "equity", "CBOE"),
        ("BINANCE:ETHUSDT", "ETHUSDT", "crypto", "BINANCE"),
        ("BINANCE:1000PEPEUSDT", "1000PEPEUSDT", "crypto", "BINANCE"),
        ("KRAKEN:FOOEUR", "FOOEUR", "crypto", "KRAKEN"),
        ("SOLUSD", "SOLUSD", "crypto", None),
        ("ETHBTC", "ETHBTC", "crypto", None),
        ("BTCFDUSD", "BTCFDUSD", "crypto", None),
        ("ETH/USD", "ETHUSD", "crypto", None),
        ("eth-usdt", "ETHUSDT", "crypto", None),
        ("OANDA:BTCUSD", "BTCUSD", "crypto", "OANDA"),
        ("BYBIT:ETHUSDT.P", "ETHUSDT.P", "crypto_perpetual", "BYBIT"),
        ("BTCUSD.P", "BTCUSD.P", "crypto_perpetual", None),
        ("ETHUSDTPERP", "ETHUSDTPERP", "crypto_perpetual", None),
        ("BTC-PERP", "BTC-PERP", "crypto_perpetual", None),
        ("BTC-USDT-SWAP", "BTCUSDT.P", "crypto_perpetual", None),
        ("GBPJPY", "GBPJPY", "forex", None),
        ("EUR/USD", "EURUSD", "forex", None),
        ("EUR_USD", "EURUSD", "forex", None),
        ("FX:XAUUSD", "XAUUSD", "forex", "FX"),
        ("SPX", "SPX", "index", None),
        ("SP:SPX", "SPX", "index", "SP"),
        ("TVC:DXY", "DXY", "index", "TVC"),
        ("TVC:US10Y", "US10Y", "index", "TVC"),
        ("CBOE:VIX9D", "VIX9D", "index", "CBOE"),
        ("^GSPC", "SPX", "index", None),
        ("NQ1!", "NQ1!", "continuous_future", None),
        ("NYMEX_DL:CL2!", "CL2!", "continuous_future", "NYMEX"),
        ("ESZ2026", "ESZ2026", "future", None),
        ("CME_MINI:NQH27", "NQH27", "future", "CME_MINI"),
        ("NYSE:F/NYSE:GM", "NYSE:F/NYSE:GM", "spread", None),
        ("F-GM", "F-GM", "spread", None),
        ("TSLA*2", "TSLA*2", "spread", None),
        ("1/EURUSD", "1/EURUSD", "spread", None),
        ("LSE:VOD", "VOD", "unknown", "LSE"),
        ("NSE:SBIN", "SBIN", "unknown", "NSE"),
        ("OANDA:SPX500USD", "SPX500USD", "unknown", "OANDA"),
        ("GOOGLE", "GOOGLE", "unknown", None),
        ("TSLA.US", "TSLA.US", "unknown", None),
        ("BINANCE:BTC", "BTC", "unknown", "BINANCE"),
    ],
)
def test_a_symbol_is_of_one_kind(text: str, symbol: str, kind: str, exchange: str | None) -> None:
    """By venue where there is one, by form and known names where there is none; what is not known is unknown."""
    found = classify(text)

    assert (found.symbol, found.asset_class, found.exchange) == (symbol, kind, exchange)


def test_only_what_an_order_could_name_is_tradable() -> None:
    """Indices, futures, spreads and unknown names are not."""
    tradable = {kind for kind in AssetClass if Instrument("X", kind).tradable}

    assert tradable == {"equity", "option", "crypto", "crypto_perpetual", "forex"}


@pytest.mark.parametrize(
    ("text", "symbol", "underlying"),
    [
        ("SPY270115C00700000", "SPY270115C00700000", "SPY"),
        ("SPY   270115C00700000", "SPY270115C00700000", "SPY"),
        ("spy 270115c700", "SPY270115C00700000", "SPY"),
        ("SPY 270115P92.14", "SPY270115P00092140", "SPY"),
        ("OPRA:SPY270115C700.0", "SPY270115C00700000", "SPY"),
        ("O:SPXW270115P06000000", "SPXW270115P06000000", "SPXW"),
        (".TSLA270115C250", "TSLA270115C00250000", "TSLA"),
        ("BRK.B 270115C500", "BRKB270115C00500000", "BRK.B"),
        ("AAPL1270115C00092140", "AAPL1270115C00092140", "AAPL1"),
    ],
)
def test_every_form_of_an_option_is_one_contract(text: str, symbol: str, underlying: str) -> None:
    """Compact, padded, spaced, and the forms of chart and data vendors."""
    found = classify(text)

    assert (found.symbol, found.asset_class, found.underlying) == (symbol, "option", underlying)
    assert found.option is not None and found.option.symbol == symbol


@pytest.mark.parametrize(
    "text",
    ["", " ", ":", "NASDAQ:", ":TSLA", "TS LA", "TSLA;", "TSLA'--", "TSLÄ", "Ｔ", "A" * 70, "BYBI_USDT_SOL", "...",
     "=TSLA", "SPY271332C00200000", "SPY 270115C0", "SPY 270115C99999.9999", "SPY270115C00000000", "9NASDAQ:TSLA"],
)  # fmt: skip
def test_what_cannot_be_a_symbol_is_refused(text: str) -> None:
    """Also an option with a date or strike that cannot be."""
    with pytest.raises(BadSymbol):
        classify(text)


def test_the_venue_may_stand_beside_the_symbol() -> None:
    """A prefix of the symbol's own wins; a venue that is no name is refused."""
    assert classify("VOD", "LSE").asset_class == "unknown"
    assert classify("NASDAQ:VOD", "LSE").exchange == "NASDAQ"
    assert classify("TSLA", " nyse arca ").exchange == "NYSEARCA"
    assert classify("TSLA", "").exchange is None
    with pytest.raises(BadSymbol, match="exchange"):
        classify("TSLA", "N;")


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("BF.B", {"alpaca": "BF.B", "yahoo": "BF-B", "massive": "BF.B", "occ_root": "BFB"}),
        ("BAC.PRL", {"alpaca": "BAC.PRL", "yahoo": "BAC-PL", "massive": "BACpL"}),
        ("SPX", {"yahoo": "^GSPC", "massive": "I:SPX"}),
        ("TVC:DXY", {"yahoo": "DX-Y.NYB", "massive": "I:DXY"}),
        ("ETHUSD", {"alpaca": "ETH/USD", "yahoo": "ETH-USD", "massive": "X:ETHUSD"}),
        ("EURUSD", {"yahoo": "EURUSD=X", "massive": "C:EURUSD"}),
        ("RUT", {"massive": "I:RUT", "yahoo": "^RUT"}),
        ("TVC:US10Y", {"massive": "I:US10Y", "yahoo": "^US10Y"}),
        ("F 270115P9.5", {"alpaca": "F270115P00009500", "yahoo": "F270115P00009500", "massive": "O:F270115P00009500",
                          "occ_root": "F"}),
        ("ES1!", {}),
        ("BTCUSDT.P", {}),
    ],
)  # fmt: skip
def test_each_provider_has_its_own_spelling(text: str, spellings: dict[str, str]) -> None:
    """Only where the provider has the thing at all."""
    assert classify(text).spellings() == spellings


def test_an_option_is_made_from_its_parts() -> None:
    """On the underlying's own name, refused when it cannot be written."""
    share = classify("NYSE:BRK.B")
    option = option_on(share, date(2027, 1, 15), Right.PUT, Decimal("512.5"))

    assert (option.symbol, option.underlying, option.exchange) == ("BRKB270115P00512500", "BRK.B", "NYSE")
    with pytest.raises(BadSymbol):
        option_on(share, date(2027, 1, 15), Right.PUT, Decimal("0.0001"))


@given(st.text(max_size=40) | st.from_regex(r"[A-Z0-9:./ !-]{1,30}", fullmatch=True), st.none() | st.text(max_size=12))
def test_any_text_is_classified_or_refused(text: str, exchange: str | None) -> None:
    """And a normal name is its own normal form."""
    try:
        found = classify(text, exchange)
    except BadSymbol:
        return
    if found.asset_class is not AssetClass.SPREAD:
        assert classify(found.symbol, found.exchange).symbol == found.symbol
