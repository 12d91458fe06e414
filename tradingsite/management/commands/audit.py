"""Check every invariant of the books on one snapshot, read-only. Exit status 1, with the rows, when one is broken."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tradingsite.auditor import Finding, audit


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the findings as JSON")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        began = time.perf_counter()
        found: list[Finding] = []
        for finding in audit():
            found.append(finding)
            if not as_json:
                self._tell(finding)
        seconds = time.perf_counter() - began
        broken = [finding for finding in found if not finding.holds]
        if as_json:
            self.stdout.write(json.dumps(_as_json(found, seconds)))
        else:
            verdict = f"{len(broken)} broken" if broken else "all hold"
            self.stdout.write(f"\n{len(found)} invariants checked in {seconds:.1f} s: {verdict}.")
        if broken:
            sys.exit(1)

    def _tell(self, finding: Finding) -> None:
        mark = self.style.SUCCESS("holds ") if finding.holds else self.style.ERROR("BROKEN")
        self.stdout.write(f"{finding.invariant.code:<4}{mark}  {finding.invariant.promise}")
        for what, row in finding.rows:
            self.stdout.write(f"            {what}: {row}")
        if finding.count > len(finding.rows):
            self.stdout.write(f"            and {finding.count - len(finding.rows)} more")


def _as_json(found: list[Finding], seconds: float) -> dict[str, Any]:
    return {
        "clean": all(finding.holds for finding in found),
        "seconds": round(seconds, 3),
        "invariants": [
            {
                "code": finding.invariant.code,
                "promise": finding.invariant.promise,
                "violations": finding.count,
                "rows": [{"what": what, "found": row} for what, row in finding.rows],
            }
            for finding in found
        ],
    }
