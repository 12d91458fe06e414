"""What an alert body means, or why it would be refused: the user's linter. It needs neither database nor network."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from books_app import clock
from domain.alerts import Document, interpret, own_time, read_document
from domain.alerts.document import MAX_BYTES
from domain.alerts.times import parse_time
from domain.errors import AlertRefused
from domain.reason_pages import page_name
from domain.reasons import reason_for

REFUSED = 3
DELIVERY = timedelta(seconds=1)


class Command(BaseCommand):
    help = (
        "Print the normal form of an alert body from standard input or a file. Exits 0 when it would be accepted and 3 "
        "when it would be refused, with the reason and its fix. Tokens, duplicates and limits are judged elsewhere."
    )
    requires_system_checks = []  # it must run on a machine that has no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="read the body from this file instead of standard input")
        parser.add_argument(
            "--received-at",
            type=_moment,
            metavar="ISO",
            help="when the body is to arrive; one second after its own time if not given, now if it has none",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        body = _read(options["file"])
        try:
            document = read_document(body)
            meaning = interpret(document, options["received_at"] or _usual_arrival(document))
        except AlertRefused as refusal:
            self._print(_refusal(refusal), as_json=options["json"])
            raise SystemExit(REFUSED) from None
        self._print({"accept": True, **meaning.as_json()}, as_json=options["json"])

    def _print(self, answer: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, indent=1))
            return
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"  # a terminal may not know every character
        for line in _lines(answer):
            self.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding))


def _moment(text: str) -> datetime:
    try:
        return parse_time(text)
    except AlertRefused:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO time such as 2026-11-12T15:35:00Z") from None


def _read(path: Path | None) -> bytes:
    """At most one byte more than a body may have: that is enough to refuse it."""
    if path is None:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as e:
        raise CommandError(f"{path} cannot be read: {e.strerror}", returncode=2) from e


def _usual_arrival(document: Document) -> datetime:
    sent_at = own_time(document)
    return clock.now() if sent_at is None else sent_at + DELIVERY


def _refusal(refusal: AlertRefused) -> dict[str, Any]:
    reason = reason_for(refusal.code)
    return {
        "accept": False,
        "reason": refusal.code,
        "message": refusal.message,
        "meaning": reason.meaning,
        "fix": reason.fix,
        "docs": f"docs/reasons/{page_name(refusal.code)}",
        "http_status": reason.http_status,
        **refusal.figures,
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    head = "accepted" if answer["accept"] else f"refused: {answer['reason']}"
    lines = [head]
    for name, value in answer.items():
        if name in ("accept", "reason"):
            continue
        if name == "alerts":
            for place, alert in enumerate(value, 1):
                lines.append(f"  alert {place}")
                lines += [f"    {inner:<20} {_shown(kept)}" for inner, kept in alert.items()]
        else:
            lines.append(f"  {name:<20} {_shown(value)}")
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_shown(inner)}" for name, inner in value.items())
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | bool) else str(value)
