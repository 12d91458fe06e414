"""Engine B deciding with all its agents and engine A in its shadow, beside engine A alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Final

import psycopg2

from bench.figures import Comparison, Measured, Result
from bench.rows.way import P50, closed_loop, in_turn, paced, percentiles
from bench.run import Run
from bench.sites import Site

BOTH: Final = "both"
ALONE: Final = "engine A alone"
HUNDRED: Final = 100
CALM: Final = 5.0  # alerts a second: neither side is queueing
EVERY_AGENT: Final = {
    "FLAG_ENABLE_VARIANT_B": "true",
    "FLAG_ENABLE_SHADOW": "true",
    "FLAG_ENABLE_SATYLAND": "true",
}


def engines(run: Run) -> list[Result]:
    """Warm caches, gamma from the last snapshot. The answer to the sender must not notice which engine decides."""
    alone, both = run.ours(), run.ours(BOTH, prepare=_give_to_engine_b)
    both.environment.update(EVERY_AGENT)
    run.started(alone, both)
    ways = in_turn(run, partial(paced, run.counts.calm_alerts, CALM), both, alone)
    rates = in_turn(run, partial(closed_loop, run), both, alone)
    acks = in_turn(run, partial(_acked, run.counts.calm_alerts), both, alone)
    compared = partial(Comparison, "engines", floor_is=ALONE)
    return [
        *percentiles("engines", "alert to position by engine B at 5/s", *ways, {P50: 2.5}, ALONE),
        compared("alerts/s by engine B without a backlog", "/s", *rates, reach=0.5, at_least=True),
        compared("ack at 5/s with engine B behind it", "ms", *acks, reach=1.25),
        *_agents(both),
    ]


def _give_to_engine_b(database_url: str) -> None:
    """Every strategy's alerts go to a jury that enters whatever it thinks, so that each of them is a whole way."""
    session = psycopg2.connect(database_url)
    with session, session.cursor() as cursor:
        cursor.execute(
            "INSERT INTO signals_app_jurypolicy (name, threshold, coverage) VALUES ('always', 0, 0) RETURNING id"
        )
        cursor.execute("UPDATE signals_app_strategy SET engine = 'B', jury_policy_id = %s", cursor.fetchone())
    session.close()


def _acked(count: int, site: Site) -> float:
    answered = site.sender.paced(site.take(count), CALM)
    site.await_done(answered)
    return median(ack.ms for ack in answered)


def _agents(site: Site) -> Sequence[Result]:
    """Microseconds of each agent's vote, as the worker took them: the wait for the other thread included."""
    rows = site.ask(
        "SELECT agent, array_agg(took_us ORDER BY decision_id DESC) FROM signals_app_agentvote GROUP BY agent ORDER BY agent"
    )
    return [
        Measured("engines", f"vote of {agent}, median of the last {min(len(took), HUNDRED)}", "us", took[:HUNDRED])
        for agent, took in rows
    ]
