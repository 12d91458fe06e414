"""What an alert can mean, in the one normal form that the rest of the system works with."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from domain.alerts.numbers import plain
from domain.alerts.words import Holding
from domain.orders import Side
from domain.symbols.instrument import AssetClass
from domain.symbols.occ import Right


class Intent(StrEnum):
    OPEN_LONG = "open_long"
    OPEN_SHORT = "open_short"
    REVERSE_TO_LONG = "reverse_to_long"  # close what is short, if anything is, then open
    REVERSE_TO_SHORT = "reverse_to_short"
    REDUCE_LONG = "reduce_long"  # never beyond flat
    REDUCE_SHORT = "reduce_short"
    REDUCE = "reduce"  # of whichever side is held
    FLATTEN = "flatten"
    EXIT_LONG = "exit_long"  # nothing to do when short
    EXIT_SHORT = "exit_short"
    ADD_TO_POSITION = "add_to_position"  # of the side that is held; refused when flat
    SET_POSITION = "set_position"  # to target_position
    SELL = "sell"  # without a stated position: the strategy's setting tells whether it reduces or shorts
    CANCEL = "cancel"  # of orders that still rest


ENTRIES: Final = frozenset(
    {Intent.OPEN_LONG, Intent.OPEN_SHORT, Intent.REVERSE_TO_LONG, Intent.REVERSE_TO_SHORT, Intent.ADD_TO_POSITION}
)


@dataclass(frozen=True, slots=True)
class Alert:
    """One instruction. Numbers are exact; positions are signed, in the alert's own unit, as is quantity.

    quantity_type: "units" (shares, contracts or coins), "risk_percent", "percent_of_position" and so on. signal_price
    is what the chart showed; limit_price and trigger_price belong to the order; stop_* and take_profit_* to the bracket
    behind it, *_pct in percent, *_distance in the sender's own steps. interval_s: seconds, or a text such as "1 month".
    alert_time is the sender's clock, UTC. spellings: the symbol's name elsewhere. fields: everything else that came.
    """

    symbol: str
    asset_class: AssetClass
    intent: Intent
    exchange: str | None = None
    side: Side | None = None
    target_side: Holding | None = None
    quantity: Decimal | None = None
    quantity_type: str | None = None
    order_type: str | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    signal_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    take_profit_pct: Decimal | None = None
    target_distance: Decimal | None = None
    stop_price: Decimal | None = None
    stop_pct: Decimal | None = None
    stop_distance: Decimal | None = None
    stop_limit_price: Decimal | None = None
    trailing_pct: Decimal | None = None
    trailing_distance: Decimal | None = None
    target_position: Decimal | None = None
    previous_position: Decimal | None = None
    previous_side: Holding | None = None
    interval_s: int | str | None = None
    alert_time: datetime | None = None
    max_lag_s: int | None = None
    order_id: str | None = None
    strategy: str | None = None
    source: str | None = None
    indicator: str | None = None
    comment: str | None = None
    underlying: str | None = None
    expiration: date | None = None
    right: Right | None = None
    strike: Decimal | None = None
    accept_only_if: str | None = None
    spellings: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The normal form: what is not set is left out, numbers are decimal text."""
        normal: dict[str, Any] = {"kind": "alert"}
        for name in _ALERT_FIELDS:
            value = getattr(self, name)
            if value is not None and value != {}:
                normal[name] = as_json_value(value)
        normal |= normal.pop("spellings", {})
        return normal


@dataclass(frozen=True, slots=True)
class Batch:
    """Several instructions of one delivery, to be stored all or none and carried out in order."""

    alerts: tuple[Alert, ...]

    @property
    def intent(self) -> str:
        """The intents in order, repeats left out: reduce_then_flatten."""
        intents = [alert.intent.value for alert in self.alerts]
        return "_then_".join(intent for intent, _ in groupby(intents))

    def as_json(self) -> dict[str, Any]:
        symbols = list(dict.fromkeys(alert.symbol for alert in self.alerts))
        normal: dict[str, Any] = {"kind": "batch", "count": len(self.alerts), "symbols": symbols, "intent": self.intent}
        if len(symbols) == 1:
            normal["symbol"] = symbols[0]
        return normal | {"alerts": [alert.as_json() for alert in self.alerts]}


@dataclass(frozen=True, slots=True)
class Notice:
    """A text for people. It names no side, so it can never become an order."""

    text: str
    symbol: str | None = None
    alert_time: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        told = {"kind": "notice", "text": self.text, "symbol": self.symbol, "alert_time": self.alert_time}
        return _without_none(told)


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """Something an indicator saw, with its figures and without an instruction."""

    symbol: str | None
    asset_class: AssetClass | None = None
    exchange: str | None = None
    signal_price: Decimal | None = None
    interval_s: int | str | None = None
    alert_time: datetime | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return _without_none({"kind": "event"} | {name: getattr(self, name) for name in _EVENT_FIELDS})


Meaning = Alert | Batch | Notice | MarketEvent
_ALERT_FIELDS: Final = tuple(each.name for each in fields(Alert))
_EVENT_FIELDS: Final = tuple(each.name for each in fields(MarketEvent))


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: as_json_value(value) for name, value in values.items() if value is not None}


def as_json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
