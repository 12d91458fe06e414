"""The benchmark runs; whether it is fast is what `make bench` is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.figures import Comparison, percentile, table
from bench.rows import ROWS
from bench.sites import SERVER_FLAGS
from local.state import PROJECT


def test_every_row_runs(tmp_path: Path) -> None:
    """With tiny counts, each row gives its figures or says why it was left out."""
    results = tmp_path / "results.json"
    command = [sys.executable, "-m", "bench", "--smoke", "--json", str(results)]
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(command, cwd=PROJECT, env=inherited, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads(results.read_text())
    assert {result["row"] for result in kept["results"]} == set(ROWS)
    assert all(min(result["ours"]) > 0 for result in kept["results"] if "ours" in result)
    assert kept["machine"]["cpus"] > 0


def test_the_floor_is_served_as_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same server with the same workers and threads, or the ratio would say nothing."""
    from tradingsite import gunicorn

    ours = {
        "--worker-class": gunicorn.worker_class,
        "--workers": str(gunicorn.workers),
        "--threads": str(gunicorn.threads),
        "--keep-alive": str(gunicorn.keepalive),
        "--timeout": str(gunicorn.timeout),
    }
    assert dict(flag.split("=") for flag in SERVER_FLAGS) == ours


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_measured_value(share: float, expected: int) -> None:
    """Nearest rank, without interpolation."""
    assert percentile(range(100, 0, -1), share) == expected


def test_a_ratio_is_of_medians_and_keeps_its_spread() -> None:
    """One disturbed repetition shows in the spread and does not decide."""
    compared = Comparison("way", "p50", "ms", [10.0, 90.0, 12.0], [10.0, 10.0, 8.0], 1.5)

    assert (compared.ratio, min(compared.ratios), max(compared.ratios), compared.passed) == (1.2, 1.0, 9.0, True)
    assert "1.20" in table([compared]) and "1.00-9.00" in table([compared])


def test_a_rate_must_not_fall_below_its_reach() -> None:
    """For rates more is better."""
    slow = Comparison("sustained", "alerts/s", "/s", [40.0], [100.0], 0.5, at_least=True)

    assert not slow.passed
