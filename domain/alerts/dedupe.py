"""When two alerts are one: the key under which an alert is stored once.

The rule: symbol, intent, alert time, order id (or, without one, the comment, which takes its place), quantity and the
position after the fill; compared in normal form, so that 1 is 1.0, and letter case, Unicode form and runs of spaces do
not matter. A resend carries the same bytes and so the same key. Two fills of one second differ in order id, quantity or
position. An alert without a time cannot be told from its repetition tomorrow by its content: there the body's hash
counts, within one slot of the chart's interval.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final

from domain.alerts.meaning import Alert
from domain.alerts.numbers import plain

_DEFAULT_SLOT_S: Final = 300
_SHORTEST_SLOT_S: Final = 60  # a sender repeats a failed delivery for up to 15 s
_SEPARATOR: Final = "\x1f"


def dedupe_slot_s(alert: Alert) -> int:
    """Seconds within which the same body is the same alert, for an alert without a time."""
    return max(alert.interval_s, _SHORTEST_SLOT_S) if isinstance(alert.interval_s, int) else _DEFAULT_SLOT_S


def dedupe_key(alert: Alert, body_sha256: str, received_at: datetime) -> str:
    """64 hex digits, unique per alert of one strategy. body_sha256 and received_at count only without an alert time."""
    if alert.alert_time is None:
        moment = f"{body_sha256.lower()}@{int(received_at.timestamp()) // dedupe_slot_s(alert)}"
    else:
        moment = alert.alert_time.astimezone(UTC).isoformat()
    told = (
        alert.symbol,
        alert.intent.value,
        moment,
        normalised(alert.order_id or alert.comment or ""),
        _number(alert.quantity),
        alert.quantity_type or "",
        _number(alert.target_position),
    )
    return sha256(_SEPARATOR.join(told).encode("utf-8", "surrogatepass")).hexdigest()


def normalised(text: str) -> str:
    """One text for all its spellings; doing it twice changes nothing."""
    for _ in range(3):  # folding case can make a form that folds again; it settles at once for all but a few letters
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def _number(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
