"""Play the demonstration against the running system, or print how to send an alert to it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from signals_app.services.strategies import alert_body
from tradingsite.demo import Webhook, demo_webhook, play
from tradingsite.tables import table


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--show", action="store_true", help="only print the webhook's address and body")
        parser.add_argument("--json", action="store_true", help="print outcomes as JSON")

    def handle(self, *, show: bool, json: bool, **options: Any) -> None:
        webhook = demo_webhook()
        if not show:
            self._play(webhook, as_json=json)
        if not json:
            self._tell(webhook)

    def _play(self, webhook: Webhook, *, as_json: bool) -> None:
        if not as_json:
            self.stdout.write(f"\nTen alerts, good and bad, on a {settings.MARKET_PROVIDER} market:\n\n")
        outcomes = []
        try:
            for outcome in play(webhook):
                outcomes.append(outcome)
        except requests.RequestException as e:
            raise CommandError(f"the web server does not answer ({type(e).__name__}); start it with 'make up'") from e
        if as_json:
            rows = [{"what": o.what, "http": o.http_status, "outcome": o.outcome, "reason": o.reason} for o in outcomes]
            self.stdout.write(json.dumps(rows))
            return
        rows = [
            [
                o.what,
                o.http_status,
                o.outcome,
                o.reason,
                "" if o.milliseconds is None else f"{o.milliseconds} ms",
                o.text,
            ]
            for o in outcomes
        ]
        self.stdout.write(table(["alert", "http", "outcome", "reason", "after", "what became of it"], rows))
        self.stdout.write("\nRefusals and how to mend them:\n")
        for outcome in outcomes:
            if outcome.fix:
                self.stdout.write(f"  {outcome.reason}: {outcome.fix}\n")

    def _tell(self, webhook: Webhook) -> None:
        body = json.dumps(
            {"ticker": "NVDA", "action": "buy", "sentiment": "long", "time": "NOW", "key": webhook.token}
        ).replace("NOW", "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'")
        self.stdout.write(
            f"\nIn TradingView's alert dialog, webhook URL:\n  {webhook.url}\nand message:\n  {alert_body(webhook.token)}\n"
            f"\nFrom a shell, an alert that opens a position:\n  curl -sS '{webhook.url}' -d '{body}'\n"
        )
