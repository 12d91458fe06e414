"""Check settings, servers, schedule, clock, calendar, disk, market data, rules, flags, jury and people; each says its fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from tradingsite.doctor import examine
from tradingsite.findings import Finding, Level
from tradingsite.management.base import DeskCommand


class Command(DeskCommand):
    help = __doc__

    def run(self, **options: Any) -> dict[str, Any]:
        findings = []
        for finding in examine():
            self._show(finding)
            findings.append(finding)
        count = Counter(finding.level for finding in findings)
        self.tell(f"{count[Level.OK]} ok, {count[Level.WARN]} warnings, {count[Level.FAIL]} failures")
        self.failed = bool(count[Level.FAIL])
        return {"ok": not self.failed, "findings": [asdict(finding) for finding in findings]}

    def _show(self, finding: Finding) -> None:
        style = {Level.OK: self.style.SUCCESS, Level.WARN: self.style.WARNING, Level.FAIL: self.style.ERROR}[
            finding.level
        ]
        self.tell(f"{style(finding.level.ljust(4))}  {finding.subject.ljust(20)} {finding.text}")
        if finding.fix:
            self.tell(f"      {'':20} fix: {finding.fix}")

    def handle(self, **options: Any) -> None:
        super().handle(**options)
        if self.failed:
            raise SystemExit(1)
