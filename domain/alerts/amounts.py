"""How much, at which price: the quantity with its unit, and the prices with the order type that gives them meaning."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.alerts.collect import Entry, Parts
from domain.alerts.fills import contradiction
from domain.alerts.names import Part
from domain.alerts.numbers import PRICE_LIMIT, as_decimal, positive, shown
from domain.alerts.words import UNITS, Verb, Word, order_type_word, quantity_type_word
from domain.errors import AlertRefused

_MOST_PERCENT: Final = {
    "percent_of_position": Decimal(100),
    "risk_percent": Decimal(100),
    "percent_of_margin": Decimal(1000),
    "percent_of_equity": Decimal(1000),
}
_BY_NAME: Final = (
    (Part.RISK_PERCENT, "risk_percent"),
    (Part.DOLLARS, "dollar_amount"),
    (Part.EQUITY_PERCENT, "percent_of_equity"),
)
_PLAIN_PRICE_TIER: Final = 1  # price, order_price: the order's own when it is a limit order
_TRIGGER_TIER: Final = 2  # trigger_price
_STOP_ORDER_TIER: Final = 1  # stop, stopPrice: the order's trigger when it is a stop order, else the protection's


@dataclass(frozen=True, slots=True)
class Quantity:
    """number is in units unless kind says otherwise; part is the share of a position in percent, when that is meant."""

    number: Decimal | None = None
    kind: str | None = None

    @property
    def units(self) -> Decimal | None:
        return self.number if self.kind == UNITS else None

    @property
    def part(self) -> Decimal | None:
        return self.number if self.kind == "percent_of_position" else None


def quantity_of(parts: Parts, word: Word | None) -> Quantity:
    """Raises AlertRefused: bad_quantity, bad_quantity_type, contradictory_alert."""
    entry = parts.first(Part.QUANTITY)
    if entry is None:
        return _by_name(parts)
    value, kind = entry.value, _stated_kind(parts)
    if isinstance(value, str) and value.strip().endswith("%"):
        value = value.strip().removesuffix("%").rstrip()
        leaves = word is not None and word.verb in (Verb.EXIT, Verb.REDUCE)
        kind = kind or ("percent_of_position" if leaves else "percent_of_equity")
    if as_decimal(value) == 0 and parts.first(Part.POSITION):
        return Quantity()  # a target position says it all; some senders then write quantity 0
    _check_agreement(parts.all(Part.QUANTITY), entry)
    return _measured(value, kind or UNITS)


def _by_name(parts: Parts) -> Quantity:
    for part, kind in _BY_NAME:
        entry = parts.first(part)
        if entry and as_decimal(entry.value) is not None:
            return _measured(entry.value, kind)
        parts.release(part)
    return Quantity()


def _measured(value: object, kind: str) -> Quantity:
    number = positive(value, code="bad_quantity", what="quantity")
    most = _MOST_PERCENT.get(kind)
    if most is not None and number > most:
        raise AlertRefused("bad_quantity", f"quantity is {shown(value)} percent, {most} is the most")
    return Quantity(number, kind)


def _stated_kind(parts: Parts) -> str | None:
    entry = parts.first(Part.QUANTITY_TYPE)
    if entry is None or entry.value == "":
        return None
    kind = quantity_type_word(entry.value)
    if kind is None:
        raise AlertRefused("bad_quantity_type", f"{entry.name[:40]} is {shown(entry.value)}, which is not known here")
    return kind


def _check_agreement(entries: list[Entry], first: Entry) -> None:
    for entry in entries[1:]:
        if entry.tier == first.tier and as_decimal(entry.value) != as_decimal(first.value):
            told = f"{first.name[:40]} is {shown(first.value)} and {entry.name[:40]} is {shown(entry.value)}"
            raise contradiction(told)


@dataclass(frozen=True, slots=True)
class Prices:
    order_type: str | None
    limit: Decimal | None
    trigger: Decimal | None
    signal: Decimal | None
    stop_is_trigger: bool  # the field that protects otherwise was the order's own trigger


def prices_of(parts: Parts, word: Word | None) -> Prices:
    """Raises AlertRefused: bad_order_type, bad_price, missing_order_price."""
    order_type = _order_type(parts, word)
    entries = parts.all(Part.PRICE)
    if order_type in ("market", "stop", "trailing_stop"):
        entries = [entry for entry in entries if as_decimal(entry.value) != 0]  # the price that they do not use is 0
    limit_entry = trigger_entry = None
    if order_type in ("limit", "stop_limit"):
        limit_entry = parts.first(Part.LIMIT_PRICE) or _of_tier(entries, _PLAIN_PRICE_TIER)
    if order_type in ("stop", "stop_limit"):
        own = _of_tier(entries, _TRIGGER_TIER) or _of_tier(parts.all(Part.STOP), _STOP_ORDER_TIER)
        trigger_entry = parts.first(Part.TRIGGER_PRICE) or own
        if trigger_entry is None and order_type == "stop":
            trigger_entry = _of_tier(entries, _PLAIN_PRICE_TIER)
    signal_entry = next((entry for entry in entries if entry not in (limit_entry, trigger_entry)), None)
    prices = Prices(
        order_type,
        _price(limit_entry),
        _price(trigger_entry),
        _price(signal_entry),
        stop_is_trigger=trigger_entry is not None and trigger_entry in parts.all(Part.STOP),
    )
    _check_complete(prices)
    for entry in filter(None, (limit_entry, trigger_entry, signal_entry)):
        parts.fields.pop(entry.name, None)  # a lesser name's field, kept so far, has found its part
    return prices


def _order_type(parts: Parts, word: Word | None) -> str | None:
    entry = parts.first(Part.ORDER_TYPE)
    if entry is None or entry.value == "":
        named = word.order_type if word else None
        return named or ("limit" if parts.first(Part.LIMIT_PRICE) else None)
    order_type = order_type_word(entry.value)
    if order_type is None:
        raise AlertRefused("bad_order_type", f"{entry.name[:40]} is {shown(entry.value)}, which is not known here")
    return order_type


def _of_tier(entries: list[Entry], tier: int) -> Entry | None:
    return next((entry for entry in entries if entry.tier == tier and not isinstance(entry.value, dict)), None)


def _price(entry: Entry | None) -> Decimal | None:
    if entry is None:
        return None
    return positive(entry.value, code="bad_price", what=entry.name[:40], limit=PRICE_LIMIT)


def _check_complete(prices: Prices) -> None:
    if prices.order_type in ("limit", "stop_limit") and prices.limit is None:
        raise AlertRefused("missing_order_price", f"a {prices.order_type} order needs a limit price")
    if prices.order_type in ("stop", "stop_limit") and prices.trigger is None:
        raise AlertRefused("missing_order_price", f"a {prices.order_type} order needs a stop price")
