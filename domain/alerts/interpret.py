"""From a document to its meaning: an alert, several, a notice or a market event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from domain.alerts.amounts import prices_of
from domain.alerts.collect import Parts, collect, settle_hints
from domain.alerts.document import Document
from domain.alerts.freshness import Arrival
from domain.alerts.instruction import instruction_of
from domain.alerts.instruments import check_tradable, instrument_of
from domain.alerts.meaning import Alert, Batch, MarketEvent, Meaning, Notice
from domain.alerts.names import Part, squeezed_name
from domain.alerts.numbers import as_decimal, shown
from domain.alerts.secrets import is_secret_name
from domain.alerts.text_orders import read_line
from domain.alerts.times import Times, parse_interval, parse_time
from domain.errors import AlertRefused
from domain.symbols.instrument import Instrument

FRESHNESS: Final = timedelta(minutes=5)
FUTURE_TOLERANCE: Final = timedelta(seconds=60)
MOST_ALERTS: Final = 20
_WRAPPERS: Final = frozenset({"orders", "alerts", "signals", "trades", "legs", "batch"})
_NOT_ASKED: Final = (
    Part.HINT, Part.MESSAGE, Part.STRATEGY, Part.SOURCE, Part.INDICATOR, Part.COMMENT, Part.ORDER_ID,
)  # fmt: skip


def interpret(
    document: Document,
    received_at: datetime,
    freshness: timedelta = FRESHNESS,
    future_tolerance: timedelta = FUTURE_TOLERANCE,
) -> Meaning:
    """What the document asks for, judged at the moment it arrived (UTC). Raises AlertRefused and nothing else."""
    arrival = Arrival(received_at, freshness, future_tolerance)
    value = _as_fields(document)
    if isinstance(value, str):
        return Notice(value.strip(" \t\r\n"))
    if isinstance(value, dict):
        items = _wrapped(value)
        return _one(value, arrival) if items is None else _batch(items, arrival)
    return _batch(value, arrival)


def own_time(document: Document) -> datetime | None:
    """The time that the document itself carries, of its first alert; None without one that can be read."""
    value = _as_fields_or_none(document)
    if isinstance(value, dict):
        value = (_wrapped(value) or [value])[0]
    elif isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict):
        return None
    try:
        entry = collect(value).first(Part.TIME)
        return parse_time(entry.value) if entry else None
    except AlertRefused:
        return None


def _as_fields_or_none(document: Document) -> dict[str, Any] | list[Any] | str | None:
    try:
        return _as_fields(document)
    except AlertRefused:
        return None


def _as_fields(document: Document) -> dict[str, Any] | list[Any] | str:
    if document.kind == "json":
        return document.value
    assert isinstance(document.value, str)
    line = read_line(document.value)
    if line is None:
        return document.value
    named: dict[str, Any] = {}
    for name, value in line:
        if name in named:
            raise AlertRefused("ambiguous_duplicate_key", f"{name[:40]!r} is there twice")
        if not is_secret_name(name):
            named[name] = value
    return named


def _wrapped(value: dict[str, Any]) -> list[Any] | None:
    """The orders of ``{"orders": [...]}``, each with what is told once around them."""
    for name, inner in value.items():
        if isinstance(inner, list) and inner and squeezed_name(name) in _WRAPPERS:
            around = {outer: kept for outer, kept in value.items() if outer != name}
            return [{**around, **item} if isinstance(item, dict) else item for item in inner]
    return None


def _batch(items: list[Any], arrival: Arrival) -> Batch:
    if not items:
        raise AlertRefused("not_an_object", "the body is an empty list")
    if len(items) > MOST_ALERTS:
        raise AlertRefused("batch_too_long", f"the body holds {len(items)} alerts, {MOST_ALERTS} are allowed")
    alerts = []
    for place, item in enumerate(items, 1):
        try:
            alerts.append(_instruction(item, arrival))
        except AlertRefused as e:
            raise AlertRefused(e.code, f"alert {place} of {len(items)}: {e.message}", **e.figures) from e
    return Batch(tuple(alerts))


def _instruction(item: object, arrival: Arrival) -> Alert:
    if not isinstance(item, dict):
        raise AlertRefused("not_an_object", f"it is {shown(item)}, not an object with fields")
    meaning = _one(item, arrival)
    if not isinstance(meaning, Alert):
        raise AlertRefused("missing_action", "it names no action, and a list may hold instructions only")
    return meaning


def _one(fields: dict[str, Any], arrival: Arrival) -> Alert | Notice | MarketEvent:
    parts = collect(fields)
    settle_hints(parts)
    parts.keep_lesser()
    instrument = instrument_of(parts)
    times = _times(parts, arrival)
    if not any(map(parts.first, (Part.ACTION, Part.DIRECTION, Part.HOLDING, Part.POSITION))):
        return _without_instruction(parts, instrument, times)
    if instrument is None:
        raise AlertRefused("missing_symbol", "it says what to do, but no field names a symbol")
    check_tradable(instrument, arrival.received_at)
    return instruction_of(parts, instrument, times)


def _times(parts: Parts, arrival: Arrival) -> Times:
    time, interval = parts.first(Part.TIME), parts.first(Part.INTERVAL)
    alert_time = parse_time(time.value) if time and time.value != "" else None
    return Times(
        alert_time,
        parse_interval(interval.value) if interval and interval.value != "" else None,
        arrival.judge(alert_time, parts.value(Part.MAX_LAG)),
    )


def _without_instruction(parts: Parts, instrument: Instrument | None, times: Times) -> Notice | MarketEvent:
    hints = parts.first(Part.HINT)
    if parts.first(Part.QUANTITY) and instrument:
        raise AlertRefused("missing_action", "it names a quantity, but no action")
    figures = parts.first(Part.PRICE) or any(as_decimal(value) is not None for value in parts.fields.values())
    message = next((entry.value for entry in parts.all(Part.MESSAGE) if isinstance(entry.value, str)), None)
    if message and not (instrument and figures):
        return Notice(message, instrument.symbol if instrument else None, times.alert_time)
    if instrument is None and not hints:
        raise AlertRefused("missing_symbol", "no field names a symbol")
    if instrument and not figures and not hints:
        raise AlertRefused("missing_action", "no field tells what to do, and there are no figures to note")
    price = prices_of(parts, None).signal
    for part in _NOT_ASKED:
        parts.release(part)
    return MarketEvent(
        symbol=instrument.symbol if instrument else None,
        asset_class=instrument.asset_class if instrument else None,
        exchange=instrument.exchange if instrument else None,
        signal_price=price,
        interval_s=times.interval_s,
        alert_time=times.alert_time,
        fields=parts.fields,
    )
