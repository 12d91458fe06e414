"""Send one alert to the running system and show what became of it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from tradingsite.demo import Webhook, demo_webhook, send_and_watch
from tradingsite.tables import table


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--symbol", default="AAPL")
        parser.add_argument("--action", default="buy", help="buy, sell, exit …")
        parser.add_argument("--sentiment", help="long, short or flat: the position after the fill")
        parser.add_argument("--order-id", default="")
        parser.add_argument("--body", help="the whole body instead; the token is put in for %%TOKEN%%")
        parser.add_argument("--url", help="webhook address; by default the demonstration's")
        parser.add_argument("--token", help="its token")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *, url: str | None, token: str | None, json: bool, **options: Any) -> None:
        if (url is None) is not (token is None):
            raise CommandError("--url and --token go together")
        webhook = Webhook(url, token) if url and token else demo_webhook()
        body = _body(webhook.token, options)
        try:
            outcome = send_and_watch(webhook, options["symbol"], body)
        except requests.RequestException as e:
            raise CommandError(f"no answer from {webhook.url.split('/webhook')[0]}: {type(e).__name__}") from e
        if json:
            self._print_json({**asdict(outcome), "fix": outcome.fix})
            return
        row = [outcome.http_status, outcome.outcome, outcome.reason, outcome.milliseconds, outcome.text]
        self.stdout.write(table(["http", "outcome", "reason", "ms", "what became of it"], [row]))
        if outcome.fix:
            self.stdout.write(f"{outcome.fix}\n")

    def _print_json(self, values: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(values))


def _body(token: str, options: dict[str, Any]) -> str:
    if options["body"]:
        return str(options["body"]).replace("%TOKEN%", token)
    fields = {
        "ticker": options["symbol"],
        "action": options["action"],
        "sentiment": options["sentiment"],
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "order_id": options["order_id"],
        "key": token,
    }
    return json.dumps({name: value for name, value in fields.items() if value})
