"""Redis is emptied and restarted while five hundred alerts come in."""

from __future__ import annotations

from tests.chaos.stage import (
    Stage,
    a_worker,
    assert_each_alert_became_one_position,
    desks,
    send_alerts,
    summary,
    tick,
    wait_until_done,
)

FLUSHES = (100, 250, 400)
RESTARTS = (180, 330)


def test_alerts_outlive_redis(stage: Stage) -> None:
    """Redis holds nudges only: each alert that got its 202 becomes exactly one position, by a sweep if need be."""

    def harm(number: int) -> None:
        if number in FLUSHES:
            stage.flush_redis()
        if number in RESTARTS:
            stage.restart_redis()
        if number % 50 == 0:
            tick(stage)

    with a_worker(stage):
        send_alerts(desks(), before=harm)
        seconds = wait_until_done(stage)
    print(f"{len(FLUSHES)} FLUSHALL, {len(RESTARTS)} restarts; {seconds:.0f} s after the last alert: {summary()}")

    assert_each_alert_became_one_position()
