"""The instrument an alert names: one symbol, of a kind that can be traded, not yet expired."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.alerts.collect import Parts
from domain.alerts.fills import contradiction
from domain.alerts.names import Part
from domain.alerts.numbers import positive, shown
from domain.errors import AlertRefused
from domain.symbols.instrument import AssetClass, BadSymbol, Instrument, classify, option_on
from domain.symbols.occ import Right

_NEW_YORK: Final = ZoneInfo("America/New_York")  # options expire by its calendar
_DATE = re.compile(r"(?:(?:20)?(?P<y>\d\d))-?(?P<m>\d\d)-?(?P<d>\d\d)", re.ASCII)
_RIGHTS: Final = {
    **dict.fromkeys(("c", "call", "calls", "ce"), Right.CALL),
    **dict.fromkeys(("p", "put", "puts", "pe"), Right.PUT),
}


def instrument_of(parts: Parts) -> Instrument | None:
    """What the alert is about, tradable or not; None when it names nothing. Raises AlertRefused bad_symbol."""
    entries = [entry for entry in parts.all(Part.SYMBOL) if entry.value != ""]
    if not entries:
        return None
    venue = parts.value(Part.EXCHANGE)
    found = [
        _classified(entry.value, venue if isinstance(venue, str) else None)
        for entry in entries
        if entry.tier == entries[0].tier
    ]
    if any(other.symbol != found[0].symbol for other in found):
        raise contradiction(f"it names {found[0].symbol} and {found[1].symbol}")
    return _described_option(parts, next((named for named in found if named.exchange), found[0]))


def _classified(value: object, exchange: str | None) -> Instrument:
    if not isinstance(value, str):
        raise AlertRefused("bad_symbol", f"the symbol is {shown(value)}, which is not a text")
    try:
        return classify(value, exchange)
    except BadSymbol as e:
        raise AlertRefused(e.code, e.message) from e


def _described_option(parts: Parts, instrument: Instrument) -> Instrument:
    """An option told in parts: underlying, expiration, right and strike. Without all of them it is the underlying."""
    named = [parts.first(part) for part in (Part.EXPIRATION, Part.RIGHT, Part.STRIKE)]
    expiration, right, strike = named
    if instrument.asset_class not in (AssetClass.EQUITY, AssetClass.INDEX) or not (expiration and right and strike):
        for part in (Part.EXPIRATION, Part.RIGHT, Part.STRIKE):
            parts.release(part)
        return instrument
    known_right = _RIGHTS.get(str(right.value).strip().lower())
    day = _day(expiration.value)
    if known_right is None or day is None:
        told = f"{shown(expiration.value)} {shown(right.value)} is not an option's date and right"
        raise AlertRefused("bad_symbol", told)
    at = positive(strike.value, code="bad_symbol", what="strike").normalize()
    try:
        return option_on(instrument, day, known_right, at)
    except BadSymbol as e:
        raise AlertRefused(e.code, e.message) from e


def _day(value: object) -> date | None:
    found = _DATE.fullmatch(str(value).strip())
    if not found:
        return None
    try:
        return date(2000 + int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def check_tradable(instrument: Instrument, received_at: datetime) -> None:
    """Raises AlertRefused: unmapped_or_untradable_symbol, expired_contract."""
    if not instrument.tradable:
        told = {"symbol": instrument.symbol, "asset_class": instrument.asset_class.value, **instrument.spellings()}
        if instrument.exchange:
            told["exchange"] = instrument.exchange
        kind = f"is a symbol of the kind {instrument.asset_class.replace('_', ' ')}, which is not traded here"
        if instrument.asset_class is AssetClass.UNKNOWN:
            kind = "is of a form or an exchange that is not known here"
        message = f"{instrument.symbol} {kind}"
        raise AlertRefused("unmapped_or_untradable_symbol", message, **told)
    if instrument.option and instrument.option.expiration < (today := received_at.astimezone(_NEW_YORK).date()):
        raise AlertRefused(
            "expired_contract", f"{instrument.symbol} expired on {instrument.option.expiration}, today is {today}",
            symbol=instrument.symbol, asset_class=instrument.asset_class.value,
        )  # fmt: skip
