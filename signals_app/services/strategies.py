"""Strategies: pausing them, and handing out the secrets and the alert body that TradingView needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from signals_app.models import Credential, Strategy
from signals_app.services.credentials import OVERLAP, issue, issue_signing_key, recent_callers

# TradingView fills in what stands in braces. time is when the alert fires, so that a delay on the way is noticed.
PLACEHOLDERS = {
    "ticker": "{{ticker}}",
    "exchange": "{{exchange}}",
    "action": "{{strategy.order.action}}",
    "sentiment": "{{strategy.market_position}}",
    "quantity": "{{strategy.order.contracts}}",
    "price": "{{strategy.order.price}}",
    "time": "{{timenow}}",
    "interval": "{{interval}}",
    "order_id": "{{strategy.order.id}}",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """A new strategy's two secrets. They are seen once: only their hashes are stored."""

    endpoint_id: str
    token: str

    @property
    def url(self) -> str:
        return webhook_url(self.endpoint_id)

    @property
    def body(self) -> str:
        return alert_body(self.token)


def webhook_url(endpoint_id: str) -> str:
    return f"{settings.PUBLIC_URL}/webhook/tradingview/{endpoint_id}/"


def alert_body(token: str) -> str:
    """What is pasted as the message of a TradingView alert."""
    return json.dumps({**PLACEHOLDERS, "key": token}, indent=2)


@transaction.atomic
def issue_secrets(strategy: Strategy, *, actor: str) -> Secrets:
    """Address and token for a new strategy."""
    endpoint_id = issue(strategy, Credential.Kind.ENDPOINT, actor=actor)
    return Secrets(endpoint_id, issue(strategy, Credential.Kind.TOKEN, actor=actor))


@transaction.atomic
def rotate_signing_key(strategy: Strategy, *, actor: str, overlap: timedelta = OVERLAP) -> tuple[str, str]:
    """A new (key id, key) pair; the ones before stay valid for the overlap."""
    ends_at = clock.now() + overlap
    valid = Credential.objects.select_for_update().filter(strategy=strategy, kind=Credential.Kind.SIGNING)
    trail = Trail(actor)
    for credential in valid:
        if credential.expires_at is None or credential.expires_at > ends_at:
            credential.expires_at = ends_at
            credential.save(update_fields=["expires_at"])
            trail.note("credential", credential.pk, "valid", "expiring", text=f"signing of {strategy.name}")
    trail.write()
    recent_callers.clear()
    return issue_signing_key(strategy, actor=actor)


@transaction.atomic
def pause(*, strategy_id: int, actor: str, reason: str = "") -> Strategy:
    """From the next decision on the strategy opens nothing; its exits go on. Pausing twice is once."""
    return _set_paused(strategy_id, True, actor, reason)


@transaction.atomic
def unpause(*, strategy_id: int, actor: str, reason: str = "") -> Strategy:
    """Let a paused strategy open positions again. One that runs is left as it is."""
    return _set_paused(strategy_id, False, actor, reason)


def _set_paused(strategy_id: int, paused: bool, actor: str, reason: str) -> Strategy:
    strategy = Strategy.objects.select_for_update(of=("self",)).get(pk=strategy_id)
    if strategy.paused == paused:
        return strategy
    strategy.paused = paused
    strategy.save(update_fields=["paused"])
    states = ("running", "paused") if paused else ("paused", "running")
    trail = Trail(actor)
    trail.note("strategy", strategy.pk, *states, text=f"{strategy.name}: {reason}" if reason else strategy.name)
    trail.write()
    recent_callers.clear()
    return strategy
