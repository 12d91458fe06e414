"""``python -m bench [row …]``: measure, show the table, write bench/results.json; exit status 1 for a missed reach."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

from bench.counts import FULL, SMOKE
from bench.figures import Comparison, Result, table
from bench.ground import prepared
from bench.rows import ROWS
from bench.run import Run
from local.console import Step, say

RESULTS: Final = Path(__file__).with_name("results.json")
PACKAGES: Final = ("django", "celery", "kombu", "redis", "psycopg2-binary", "gunicorn", "numpy")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and memory beside their floors.")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--smoke", action="store_true", help="tiny counts: shows that every row runs, measures nothing")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the figures go")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.rows if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    machine = _machine()
    began = time.monotonic()
    results = _measured(given.rows or list(ROWS), smoke=given.smoke)
    seconds = round(time.monotonic() - began)
    say(f"\n{table(results)}\n\n{machine['cpus']} cores, load before {machine['load']}; {seconds} s")
    kept = {"machine": machine, "seconds": seconds, "results": [result.as_json() for result in results]}
    given.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = any(isinstance(result, Comparison) and not result.passed for result in results)
    return 1 if missed and not given.smoke else 0


def _measured(names: Sequence[str], *, smoke: bool) -> list[Result]:
    results: list[Result] = []
    with Step("servers") as step, prepared() as ground:
        run = Run(ground, SMOKE if smoke else FULL, step.progress)
        run.prepare()
        step.result = "PostgreSQL with fsync, Valkey"
        for name in names:
            with Step(name) as row:
                run.tell = row.progress
                own = ROWS[name](run)
                row.result = ", ".join(f"{r.ratio:.2f} {r.mark}" for r in own if isinstance(r, Comparison)) or "skipped"
            results += own
    return results


def _machine() -> dict[str, Any]:
    """What a reader needs to judge the figures by."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "cpu": _cpu_name(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": [round(share, 2) for share in os.getloadavg()],
        "packages": {name: version(name) for name in PACKAGES},
    }


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
