"""Putting one instruction together from the parts of an alert."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Final

from domain.alerts.actions import action_of
from domain.alerts.amounts import Prices, Quantity, prices_of, quantity_of
from domain.alerts.brackets import Bracket, bracket_of
from domain.alerts.collect import Parts
from domain.alerts.fills import Asked, Told, asked, contradiction
from domain.alerts.meaning import ENTRIES, Alert, Intent
from domain.alerts.names import Part
from domain.alerts.numbers import as_decimal, plain, shown, signed
from domain.alerts.times import Times
from domain.alerts.words import FLAT, LONG, SHORT, Holding, Verb, Word, holding_word
from domain.errors import AlertRefused
from domain.symbols.instrument import Instrument

_LONGEST_TEXT: Final = 200
_REDUCES: Final = frozenset({Intent.REDUCE, Intent.REDUCE_LONG, Intent.REDUCE_SHORT})


def instruction_of(parts: Parts, instrument: Instrument, times: Times) -> Alert:
    """Raises AlertRefused where action, position, amounts and prices cannot all be true, or one cannot be read."""
    word = action_of(parts)
    quantity = quantity_of(parts, word)
    told = _told(parts, word, quantity)
    ask = asked(told)
    if ask.intent in _REDUCES and word and word.verb is Verb.REDUCE and quantity.number is None:
        raise AlertRefused("bad_quantity", "it asks to reduce a position and does not say by how much")
    prices = prices_of(parts, word)
    if prices.stop_is_trigger:
        parts.drop(Part.STOP)
    bracket = bracket_of(parts)
    _check_bracket(ask, bracket, prices)
    comment = _text(parts, Part.COMMENT) or _text(parts, Part.MESSAGE)
    parts.release(Part.HINT)
    option = instrument.option
    return Alert(
        symbol=instrument.symbol,
        asset_class=instrument.asset_class,
        intent=ask.intent,
        exchange=instrument.exchange,
        side=told.side,
        target_side=ask.target_side,
        quantity=quantity.number,
        quantity_type=quantity.kind,
        order_type=prices.order_type,
        limit_price=prices.limit,
        trigger_price=prices.trigger,
        signal_price=prices.signal,
        target_position=told.position,
        previous_position=_signed(told.previous, told.previous_size),
        previous_side=told.previous,
        interval_s=times.interval_s,
        alert_time=times.alert_time,
        max_lag_s=times.max_lag_s,
        comment=comment,
        underlying=instrument.underlying,
        expiration=option.expiration if option else None,
        right=option.right if option else None,
        strike=option.strike if option else None,
        accept_only_if=_condition(ask, quantity),
        spellings=instrument.spellings(),
        fields=parts.fields,
        order_id=_text(parts, Part.ORDER_ID, _LONGEST_TEXT),
        strategy=_text(parts, Part.STRATEGY, _LONGEST_TEXT),
        source=_text(parts, Part.SOURCE, _LONGEST_TEXT),
        indicator=_text(parts, Part.INDICATOR, _LONGEST_TEXT),
        take_profit_price=bracket.take_profit_price,
        take_profit_pct=bracket.take_profit_pct,
        target_distance=bracket.target_distance,
        stop_price=bracket.stop_price,
        stop_pct=bracket.stop_pct,
        stop_distance=bracket.stop_distance,
        stop_limit_price=bracket.stop_limit_price,
        trailing_pct=bracket.trailing_pct,
        trailing_distance=bracket.trailing_distance,
    )


def _told(parts: Parts, word: Word | None, quantity: Quantity) -> Told:
    now = _holding(parts, Part.HOLDING)
    previous = _holding(parts, Part.PREVIOUS_HOLDING)
    previous_size = _size(parts, Part.PREVIOUS_SIZE)
    position = _size(parts, Part.POSITION)
    if position is None and now is not None:
        position = _signed(now, _size(parts, Part.HOLDING_SIZE))
    elif now is SHORT and position is not None and position > 0 and not _is_signed(parts):
        position = -position
    return Told(
        word=word,
        now=now,
        previous=previous,
        position=position,
        previous_size=None if previous_size is None else abs(previous_size),
        quantity=quantity.units,
        part=quantity.part,
    )


def _is_signed(parts: Parts) -> bool:
    """A position object gives its side and its size apart; everywhere else the size carries the sign."""
    entry = parts.first(Part.POSITION)
    return entry is None or "position." not in entry.name.lower()


def _holding(parts: Parts, part: Part) -> Holding | None:
    entry = parts.first(part)
    if entry is None or entry.value == "":
        return None
    holding = holding_word(entry.value)
    if holding is None:
        raise AlertRefused(
            "unknown_position", f"{entry.name[:40]} is {shown(entry.value)}, which is not long, short or flat"
        )
    return holding


def _size(parts: Parts, part: Part) -> Decimal | None:
    entry = parts.first(part)
    return None if entry is None else signed(entry.value, code="unknown_position", what=entry.name[:40])


def _signed(holding: Holding | None, size: Decimal | None) -> Decimal | None:
    if size is None or holding is None:
        return None
    return {LONG: abs(size), SHORT: -abs(size), FLAT: size}[holding]


def _check_bracket(ask: Asked, bracket: Bracket, prices: Prices) -> None:
    """Where a position is opened, its stop must lie behind the price and its target ahead of it."""
    if ask.intent not in ENTRIES or ask.target_side not in (LONG, SHORT):
        return
    sign = 1 if ask.target_side is LONG else -1
    entry = prices.limit or prices.trigger or prices.signal
    levels = [level for level in (bracket.stop_price, entry, bracket.take_profit_price) if level is not None]
    if any(sign * (ahead - behind) <= 0 for behind, ahead in pairwise(levels)):
        told = ", ".join(
            f"{name} {plain(level)}"
            for name, level in (("stop", bracket.stop_price), ("price", entry), ("target", bracket.take_profit_price))
            if level is not None
        )
        raise contradiction(f"for a {ask.target_side} position stop, price and target are out of order: {told}")


def _condition(ask: Asked, quantity: Quantity) -> str | None:
    """What must be held for the alert to make sense, where it told the position only after its fill."""
    if ask.previous is not None or ask.intent not in (Intent.REDUCE_LONG, Intent.REDUCE_SHORT):
        return None
    side = LONG if ask.intent is Intent.REDUCE_LONG else SHORT
    if quantity.units is None or ask.target_side is None:
        return f"a {side} is held"
    return f"a {side} of more than {plain(quantity.units)} is held"


def _text(parts: Parts, part: Part, longest: int | None = None) -> str | None:
    """A name or remark; a number will do. longest bounds what is compared later, and so must not be cut."""
    entry = parts.first(part)
    if entry is None:
        return None
    number = as_decimal(entry.value) if not isinstance(entry.value, str) else None
    text = plain(number) if number is not None else entry.value.strip() if isinstance(entry.value, str) else None
    if text is None:
        parts.release(part)
        return None
    if longest is not None and len(text) > longest:
        raise AlertRefused("text_too_long", f"{entry.name[:40]} has {len(text)} characters, {longest} are allowed")
    return text or None
