"""What web, worker and beat hold in memory, beside Django and Celery started empty in the same roles."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from bench.figures import Comparison, Result
from bench.run import Run

SETTLING_S: Final = 3.0  # a beat that has just started is still importing
EMPTY: Final = "Django and Celery started empty in the same role"
_MB: Final = 1024 * 1024


def memory(run: Run) -> list[Result]:
    """After some work: what a process imports with its first alert counts. Both stand side by side, so that what they
    share with each other is shared out alike."""
    ours, floor = run.ours(), run.floor()
    run.started(ours, floor)
    run.tell("starting both beats")
    beats = [
        run.ground.spawn("ours-beat", ["manage.py", "run_beat"], {**ours.environment, "PROCESS_ROLE": "beat"}),
        run.ground.spawn(
            "floor-beat",
            ["-m", "celery", "-A", "bench.floor", "beat", f"--schedule={run.ground.folder / 'beat-schedule'}"],
            floor.environment,
        ),
    ]
    try:
        time.sleep(SETTLING_S)
        pairs = {"web": (ours.web, floor.web), "worker": (ours.worker, floor.worker), "beat": (beats[0], beats[1])}
        return [_compared(role, *(_held(process) for process in pair)) for role, pair in pairs.items()]
    finally:
        for beat in beats:
            run.ground.stop(beat)


def _compared(role: str, ours: float, floor: float) -> Comparison:
    what = f"memory of {role}, {'PSS' if _has_pss() else 'RSS'}"
    return Comparison("memory", what, "MB", [ours], [floor], 1.6, floor_is=EMPTY)


def _held(process: subprocess.Popen[bytes] | None) -> float:
    """Megabytes of a process and its children; pages shared with others are counted in proportion, where known."""
    assert process is not None and process.poll() is None, "the process has ended; its log says why"
    parent = psutil.Process(process.pid)
    return sum(_pss(each) for each in [parent, *parent.children(recursive=True)]) / _MB


def _pss(process: psutil.Process) -> float:
    if not _has_pss():
        return float(process.memory_info().rss)
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    kilobytes: Sequence[str] = next(line for line in text.splitlines() if line.startswith("Pss:")).split()
    return float(kilobytes[1]) * 1024


def _has_pss() -> bool:
    return sys.platform == "linux" and Path("/proc/self/smaps_rollup").exists()
