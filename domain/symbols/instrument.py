"""What a symbol names: a share, an option, a coin, or something that cannot be traded here.

Nothing is guessed: a symbol of a form or a venue that is not known comes back as ``AssetClass.UNKNOWN``, never as the
nearest thing that could be traded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from domain.errors import RuleBroken
from domain.symbols.dialects import Dialect, written
from domain.symbols.kinds import TRADABLE, AssetClass
from domain.symbols.occ import CENTURY, BadOptionSymbol, OptionContract, Right
from domain.symbols.roots import root_of
from domain.symbols.tables import (
    COINS,
    CRYPTO_EXCHANGES,
    CRYPTO_QUOTES,
    FIAT,
    FOREX_EXCHANGES,
    FUTURES_EXCHANGES,
    INDEX_EXCHANGES,
    INDICES,
    STABLE_COINS,
    US_EXCHANGES,
    YAHOO_INDICES,
)

__all__ = ["AssetClass", "BadSymbol", "Instrument", "classify", "normal_exchange", "option_on"]

_ALLOWED = re.compile(r"[A-Za-z0-9^.][A-Za-z0-9 :._!/*+^()-]{0,63}", re.ASCII)
_NAME = re.compile(r"[A-Z0-9][A-Z0-9.!]{0,23}", re.ASCII)
_EXCHANGE = re.compile(r"[A-Z][A-Z0-9_ ]{0,23}", re.ASCII)
_OPTION = re.compile(
    r"(?:OPRA:|O:|\.)?(?P<root>[A-Z][A-Z0-9]{0,5}(?:\.[A-Z])?) *(?P<date>\d{6})(?P<right>[CP])"
    r"(?P<strike>\d{8}|\d{1,5}(?:\.\d{1,3})?)",
    re.ASCII,
)
_PAIR = re.compile(r"(?P<base>[A-Z0-9]{2,10})[-/_](?P<quote>[A-Z]{3,5})(?P<perpetual>\.P|-SWAP|-PERP)?", re.ASCII)
_CLASS_SHARE = re.compile(r"(?P<root>[A-Z]{1,5})[-/.](?P<letter>[A-Z])", re.ASCII)
_EQUITY = re.compile(r"[A-Z]{1,5}(?:\.(?:[A-Z]|PR[A-Z]|WS|WT|RT|UN))?", re.ASCII)
_OPTIONABLE = re.compile(r"[A-Z]{1,5}(?:\.[A-Z])?", re.ASCII)  # preferred shares and warrants have no options
_CONTINUOUS = re.compile(r"[A-Z0-9]{1,8}\d!", re.ASCII)
_DATED = re.compile(r"[A-Z0-9]{1,5}[FGHJKMNQUVXZ]20\d\d", re.ASCII)
_SPREAD = re.compile(r"[/*+()^-]|:.*:")
_PERPETUAL = re.compile(r"(?P<pair>[A-Z0-9]{4,15})(?:\.P|PERP)|(?P<coin>[A-Z0-9]{2,10})-PERP", re.ASCII)
_DELAYED = ("_DLY", "_DL")
_STRIKE_UNIT = 1000


A = AssetClass


class BadSymbol(RuleBroken):
    """A text that cannot be a symbol at all."""

    def __init__(self, message: str, **figures: object) -> None:
        super().__init__("bad_symbol", message, **figures)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing a chart can show, under its normal name. base and quote are set for pairs, option for options.

    underlying is the option's, as the symbol spelled it (BRK.B for the root BRKB).
    """

    symbol: str
    asset_class: AssetClass
    exchange: str | None = None
    base: str | None = None
    quote: str | None = None
    option: OptionContract | None = None
    underlying: str | None = None

    @property
    def tradable(self) -> bool:
        """Whether any broker could take an order for it; whether ours does is decided where orders are made."""
        return self.asset_class in TRADABLE

    def spelled_for(self, dialect: Dialect) -> str | None:
        """The name that a provider has for it, None where it has none."""
        return written(self, dialect)

    def spellings(self) -> dict[str, str]:
        """The name elsewhere: alpaca, yahoo (as its charts say), massive and occ_root, each only where there is one."""
        names = {
            dialect.value: self.spelled_for(dialect) for dialect in (Dialect.ALPACA, Dialect.YAHOO, Dialect.MASSIVE)
        }
        if self.symbol in INDICES:
            names["yahoo"] = INDICES[self.symbol]
        if self.option is not None:
            names["occ_root"] = self.option.root
        elif self.asset_class is A.EQUITY and _OPTIONABLE.fullmatch(self.symbol):
            names["occ_root"] = root_of(self.symbol)
        return {place: name for place, name in names.items() if name is not None}


@lru_cache(maxsize=2048)
def classify(text: str, exchange: str | None = None) -> Instrument:
    """Say what a symbol names. exchange is used when the symbol has no prefix of its own. Raises BadSymbol.

    >>> classify("NYSE:BRK.B").spellings()["yahoo"]
    'BRK-B'
    """
    text = text.strip()
    if not _ALLOWED.fullmatch(text):
        raise BadSymbol(f"{text[:40]!r} is not a symbol")
    text = text.upper()
    venue = normal_exchange(exchange)
    if option := _OPTION.fullmatch(text):
        return _option(option, venue)
    prefix, colon, name = text.rpartition(":")
    if colon and ":" not in prefix and not _SPREAD.search(prefix):
        venue, text = normal_exchange(prefix), name
    return _pair_or_spread(text, venue) or _single(text, venue)


def normal_exchange(name: str | None) -> str | None:
    """A venue's name without the mark of delayed data: NYMEX_DL is NYMEX. Raises BadSymbol."""
    if name is None or not name.strip():
        return None
    name = name.strip().upper()
    if not _EXCHANGE.fullmatch(name):
        raise BadSymbol(f"{name[:40]!r} is not the name of an exchange")
    for mark in _DELAYED:
        name = name.removesuffix(mark)
    return name.replace(" ", "")


def _option(found: re.Match[str], venue: str | None) -> Instrument:
    stamp, strike, underlying = found["date"], Decimal(found["strike"]), found["root"]
    try:
        expiration = date(CENTURY + int(stamp[:2]), int(stamp[2:4]), int(stamp[4:]))
        scaled = strike / _STRIKE_UNIT if len(found["strike"]) == 8 and "." not in found["strike"] else strike
        contract = OptionContract(underlying.replace(".", ""), expiration, Right(found["right"]), scaled)
    except ValueError:
        raise BadSymbol(f"{stamp} in {found[0][:40]!r} is not a date YYMMDD") from None
    except BadOptionSymbol as e:
        raise BadSymbol(e.message) from e
    return Instrument(contract.symbol, A.OPTION, venue, option=contract, underlying=underlying)


def option_on(underlying: Instrument, expiration: date, right: Right, strike: Decimal) -> Instrument:
    """The option on a share or index that an alert describes by its parts. Raises BadSymbol."""
    try:
        contract = OptionContract(underlying.symbol.replace(".", ""), expiration, right, strike)
    except BadOptionSymbol as e:
        raise BadSymbol(e.message) from e
    return Instrument(contract.symbol, A.OPTION, underlying.exchange, option=contract, underlying=underlying.symbol)


def _pair_or_spread(text: str, venue: str | None) -> Instrument | None:
    """BTC/USD, EUR-USD and BRK-B are one instrument written with an operator; anything else with one is a spread."""
    if text in YAHOO_INDICES:
        return Instrument(YAHOO_INDICES[text], A.INDEX, venue)
    if not _SPREAD.search(text) and "_" not in text:
        return None
    if share := _CLASS_SHARE.fullmatch(text):
        return _single(f"{share['root']}.{share['letter']}", venue)
    if perpetual := _PERPETUAL.fullmatch(text):
        return Instrument(text, A.CRYPTO_PERPETUAL, venue, base=perpetual["coin"])
    if pair := _PAIR.fullmatch(text):
        base, quote = pair["base"], pair["quote"]
        if base in FIAT and quote in FIAT and not pair["perpetual"]:
            return Instrument(base + quote, A.FOREX, venue, base, quote)
        if _is_coin_pair(base, quote, venue):
            kind = A.CRYPTO_PERPETUAL if pair["perpetual"] else A.CRYPTO
            return Instrument(base + quote + (".P" if pair["perpetual"] else ""), kind, venue, base, quote)
    if not _SPREAD.search(text):
        raise BadSymbol(f"{text[:40]!r} is not a symbol")
    return Instrument(text, A.SPREAD)


def _single(name: str, venue: str | None) -> Instrument:
    if not _NAME.fullmatch(name):
        raise BadSymbol(f"{name[:40]!r} is not a symbol")
    if _CONTINUOUS.fullmatch(name):
        return Instrument(name, A.CONTINUOUS_FUTURE, venue)
    if (found := _PERPETUAL.fullmatch(name)) and (pair := _coin_pair(found["pair"], venue)):
        return Instrument(name, A.CRYPTO_PERPETUAL, venue, *pair)
    if venue in FUTURES_EXCHANGES or _DATED.fullmatch(name):
        return Instrument(name, A.FUTURE, venue)
    if venue in INDEX_EXCHANGES:
        return Instrument(name, A.INDEX, venue)
    if venue is None or venue in US_EXCHANGES:
        return _american(name, venue)
    return _elsewhere(name, venue)


def _american(name: str, venue: str | None) -> Instrument:
    if name in INDICES or (venue == "CBOE" and name.startswith("VIX") and len(name) > 4):
        return Instrument(name, A.INDEX, venue)
    if venue is None:
        if len(name) == 6 and name[:3] in FIAT and name[3:] in FIAT:
            return Instrument(name, A.FOREX, venue, name[:3], name[3:])
        if pair := _coin_pair(name, venue):
            return Instrument(name, A.CRYPTO, venue, *pair)
    return Instrument(name, A.EQUITY if _EQUITY.fullmatch(name) else A.UNKNOWN, venue)


def _elsewhere(name: str, venue: str) -> Instrument:
    """A venue that is neither American nor a futures exchange: a share there is not the share of that name here."""
    if venue in FOREX_EXCHANGES and len(name) == 6 and name[:3] in FIAT and name[3:] in FIAT:
        return Instrument(name, A.FOREX, venue, name[:3], name[3:])
    if pair := _coin_pair(name, venue):
        return Instrument(name, A.CRYPTO, venue, *pair)
    return Instrument(name, A.UNKNOWN, venue)


def _coin_pair(name: str, venue: str | None) -> tuple[str, str] | None:
    """Base and quote of a joined name. Off a coin exchange the base must be known, or the quote a stable coin."""
    for quote in CRYPTO_QUOTES:
        base = name.removesuffix(quote)
        if base != name and len(base) >= 2 and base.isalnum() and _is_coin_pair(base, quote, venue):
            return base, quote
    return None


def _is_coin_pair(base: str, quote: str, venue: str | None) -> bool:
    if quote not in CRYPTO_QUOTES:
        return False
    return base in COINS or (base not in FIAT and quote in STABLE_COINS) or venue in CRYPTO_EXCHANGES
