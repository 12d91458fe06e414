"""Run a recorded market day with recorded alerts through the code that trades, and show what came of it."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from domain.errors import MarketDataUnavailable
from domain.sessions import Product
from tradingsite import auditor
from tradingsite.replay.alerts import BadAlertFile, RecordedAlert, read_alerts
from tradingsite.replay.day import RecordedDay
from tradingsite.replay.ground import quiet_logs, throw_away_database
from tradingsite.replay.report import report_of
from tradingsite.replay.text import report_lines


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder with recorded days in LEAN format")
        parser.add_argument("--date", type=date.fromisoformat, required=True, help="the day, YYYY-MM-DD")
        parser.add_argument("--symbol", required=True, help="the underlying that was recorded")
        parser.add_argument("--alerts", type=Path, required=True, help="JSON lines with 'at', 'body' and 'note'")
        parser.add_argument(
            "--engines", choices=("A", "both"), default="both", help="both: engine B decides too and trades in shadow"
        )
        parser.add_argument("--json", type=Path, dest="json_file", help="write everything to this file; - prints it")

    def handle(
        self,
        *,
        data: Path,
        date: date,
        symbol: str,
        alerts: Path,
        engines: str,
        json_file: Path | None,
        **options: Any,
    ) -> None:
        began = time.perf_counter()
        market, recorded = _opened(data, date, symbol.upper(), alerts)
        with quiet_logs(), throw_away_database():
            day = RecordedDay(
                market=market, day=date, underlying=symbol.upper(), alerts=recorded, jury=engines == "both"
            )
            answers = day.run(_progress if sys.stderr.isatty() else lambda now, done, total: None)
            report = report_of(day, answers)
            report["audit"] = _audited()
        report = {"symbol": symbol.upper(), "date": date.isoformat(), **report}
        seconds = round(time.perf_counter() - began, 1)
        if json_file is not None:
            _write(json_file, report, self.stdout)
        if json_file is None or str(json_file) != "-":
            self._show(report, seconds)
        if report["checks"] or report["audit"]["violations"]:
            sys.exit(1)

    def _show(self, report: dict[str, Any], seconds: float) -> None:
        out = self.stdout.write
        for line in report_lines(report):
            out(line)
        for broken in report["checks"]:
            out(self.style.ERROR(broken))
        audit = report["audit"]
        out(f"audit: {audit['checked']} invariants, {len(audit['violations'])} violations")
        for violation in audit["violations"]:
            out(self.style.ERROR(f"{violation['code']} {violation['promise']}: {violation['rows'][:3]}"))
        out(f"sha256 {report['sha256']}")
        out(f"{seconds} s")


def _audited() -> dict[str, Any]:
    found = list(auditor.audit())
    broken = [
        {"code": finding.invariant.code, "promise": finding.invariant.promise, "rows": finding.rows}
        for finding in found
        if not finding.holds
    ]
    return {"checked": len(found), "violations": broken}


def _opened(data: Path, day: date, symbol: str, alerts: Path) -> tuple[Any, list[RecordedAlert]]:
    """The market and the alerts, or a clear refusal of the arguments."""
    from market_app.providers.lean import Lean

    try:
        market = Lean(data)
        recorded = read_alerts(alerts)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=market.calendar(Product.EQUITY_OPTION).zone)
        market.chain(symbol, now=noon)
    except (MarketDataUnavailable, BadAlertFile, OSError) as e:
        raise CommandError(str(e)) from e
    if not recorded:
        raise CommandError(f"{alerts} holds no alert")
    return market, recorded


def _write(target: Path, report: dict[str, Any], stdout: Any) -> None:
    text = json.dumps(report, indent=1, sort_keys=True)
    if str(target) == "-":
        stdout.write(text)
    else:
        target.write_text(text + "\n", encoding="utf-8")


def _progress(now: datetime, done: int, total: int) -> None:
    if done % 10 == 0 or done == total:
        end = "\n" if done == total else "\r"
        print(f"  {now:%H:%M} UTC, {100 * done // total} %", end=end, file=sys.stderr, flush=True)
