"""The demonstration: a strategy of its own, a handful of alerts, good and bad, and what became of each."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

from books_app import clock
from books_app.models import Account
from domain.reasons import REASONS
from domain.signals import LIVE
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import Credential, Signal, Strategy
from signals_app.services import credentials
from signals_app.services.strategies import webhook_url

STRATEGY = "demo"
SYMBOLS = ["AAPL", "MSFT", "SPY", "QQQ", "NVDA", "AMD"]
ANSWER_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts go and the token that their body carries."""

    url: str
    token: str

    def post(self, body: str) -> requests.Response:
        """Send one alert as TradingView does: text or JSON by content, three seconds of patience."""
        return requests.post(self.url, data=body.encode(), headers={"Content-Type": "text/plain"}, timeout=3)


def demo_webhook() -> Webhook:
    """The demonstration's address and token, made once and kept in a private file beside the data.

    The database holds only their hashes, so the file is what lets ``make up`` print them again.
    """
    path = Path(settings.BASE_DIR) / ".data" / "demo-webhook.json"
    strategy = _strategy()
    if path.exists():
        kept = json.loads(path.read_text())
        caller = credentials.caller_of_endpoint(kept["endpoint"])
        if caller is not None and caller.strategy_id == strategy.pk and caller.holds([kept["token"]]):
            return _at(kept["endpoint"], kept["token"])
    endpoint = credentials.issue(strategy, Credential.Kind.ENDPOINT, actor="demo")
    token = credentials.issue(strategy, Credential.Kind.TOKEN, actor="demo")
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"endpoint": endpoint, "token": token}))
    return _at(endpoint, token)


def _at(endpoint: str, token: str) -> Webhook:
    return Webhook(webhook_url(endpoint), token)


def _strategy() -> Strategy:
    strategy, _ = Strategy.objects.get_or_create(
        name=STRATEGY, defaults={"account": Account.objects.get(name="paper"), "allowed_symbols": SYMBOLS}
    )
    return strategy


@dataclass(frozen=True, slots=True)
class Outcome:
    """One alert of the demonstration and where it ended."""

    what: str
    http_status: int
    outcome: str
    reason: str
    text: str
    milliseconds: int | None

    @property
    def fix(self) -> str:
        return REASONS[self.reason].fix if self.reason in REASONS else ""


def play(webhook: Webhook) -> Iterator[Outcome]:
    """Send the alerts one after the other and wait for what becomes of each."""
    for what, body in _alerts(webhook.token):
        yield send_and_watch(webhook, what, body)


def _alerts(token: str) -> list[tuple[str, str]]:
    now = clock.now().replace(microsecond=0)

    def alert(order_id: str, *, age: int = 0, key: str = token, **fields: str) -> str:
        stamp = (now - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
        return json.dumps({**fields, "time": stamp, "interval": "5", "order_id": order_id, "key": key})

    long_aapl = alert("Long", ticker="NASDAQ:AAPL", action="buy", sentiment="long")
    return [
        ("AAPL long", long_aapl),
        ("the same delivery again", long_aapl),
        ("AAPL long once more", alert("Add", ticker="NASDAQ:AAPL", action="buy", sentiment="long")),
        ("MSFT short", alert("Short", ticker="MSFT", action="sell", sentiment="short")),
        ("SPY long", alert("Long", ticker="AMEX:SPY", action="buy", sentiment="long")),
        ("TSLA, not on the list", alert("Long", ticker="TSLA", action="buy", sentiment="long")),
        ("twenty minutes old", alert("Late", age=1200, ticker="QQQ", action="buy", sentiment="long")),
        ("broken by an empty value", f'{{"ticker": "QQQ", "action": "buy", "atr": NaN, "key": "{token}"}}'),
        ("wrong token", alert("Long", key="not-the-token", ticker="QQQ", action="buy", sentiment="long")),
        ("MSFT flat", alert("Exit", ticker="MSFT", action="buy", sentiment="flat")),
    ]


def send_and_watch(webhook: Webhook, what: str, body: str) -> Outcome:
    """Send one alert and follow its signal until it is decided and its orders are done, or the patience ends.

    Raises requests.RequestException when the web server does not answer.
    """
    began = time.perf_counter()
    response = webhook.post(body)
    answer: dict[str, Any] = response.json()
    if "error" in answer:
        error = answer["error"]
        return Outcome(what, response.status_code, "refused", error["code"], error["message"], None)
    if not answer["signals"] or answer["outcome"] != "accepted":
        text = f"signal {answer['signals'][0]}" if answer["signals"] else ""
        reason = "duplicate" if answer["outcome"] == "duplicate" else ""
        return Outcome(what, response.status_code, answer["outcome"], reason, text, None)
    signal = _watched(answer["signals"][0])
    milliseconds = round((time.perf_counter() - began) * 1000)
    text = signal.reason_text or _story(signal)
    return Outcome(what, response.status_code, signal.status, signal.reason, text, milliseconds)


def _watched(signal_id: int) -> Signal:
    until = time.monotonic() + ANSWER_WITHIN_SECONDS
    while True:
        signal = Signal.objects.get(pk=signal_id)
        if signal.status not in LIVE and not _unfinished(signal):
            return signal
        if time.monotonic() > until:
            return signal
        time.sleep(0.01)  # a person is waiting for the row; there is nothing to be woken by


def _unfinished(signal: Signal) -> bool:
    return Order.objects.filter(signal=signal, status__in=["pending_execution", "submitting"]).exists()


def _story(signal: Signal) -> str:
    """Order, fill and position of one signal in one line."""
    parts = []
    for order in Order.objects.filter(signal=signal).order_by("pk"):
        filled = f" at {order.average_price.normalize():f}" if order.average_price is not None else ""
        parts.append(f"{order.side} {order.quantity} {order.symbol} {order.status}{filled}")
    for position in Position.objects.filter(orders__signal=signal).distinct():
        parts.append(f"position {position.pk} {position.status}")
    return ", ".join(parts) or "no order"
