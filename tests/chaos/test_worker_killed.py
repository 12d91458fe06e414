"""A worker is killed with SIGKILL every second while five hundred alerts are worked on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle

import pytest

from tests.chaos.stage import (
    Stage,
    Zygote,
    assert_each_alert_became_one_position,
    desks,
    kill_hard,
    send_alerts,
    something_is_live,
    summary,
    tick,
    wait_until_done,
)
from workers import attempts, sweeps

WORKERS = 2
KILLS = 12


@pytest.fixture
def zygote(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zygote]:
    """Workers that look again after two seconds instead of thirty: the test has no more time than that."""
    monkeypatch.setattr(sweeps, "NEXT_LOOK", timedelta(seconds=2))
    monkeypatch.setattr(attempts, "PAUSE", timedelta(seconds=2))
    made = Zygote(stage.server.url)
    yield made
    made.stop()


def test_alerts_outlive_their_workers(stage: Stage, zygote: Zygote) -> None:
    """Whatever a dead worker had in its hands is a row: each alert becomes exactly one position."""
    staff = [zygote.new_worker() for _ in range(WORKERS)]
    places = cycle(range(WORKERS))
    send_alerts(desks(), before=lambda number: None)

    killed = 0
    while killed < KILLS and something_is_live():
        tick(stage)
        time.sleep(1)
        place = next(places)
        killed += kill_hard(staff[place])
        staff[place] = zygote.new_worker()
    seconds = wait_until_done(stage)
    print(f"{killed} workers killed; {seconds:.0f} s after the last: {summary()}")

    assert killed >= 3
    assert_each_alert_became_one_position()
