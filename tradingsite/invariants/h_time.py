"""H: time and the schedule."""

from __future__ import annotations

from typing import Final

from tradingsite.invariants.invariant import Invariant

INVARIANTS: Final = (
    Invariant(
        "H1",
        "A scheduled job runs once in its slot.",
        """
        SELECT 'job ' || name AS what, count(*) || ' runs of ' || tick_at AS found
        FROM workers_schedulerun GROUP BY name, tick_at HAVING count(*) > 1
        """,
    ),
    Invariant(
        "H2",
        "Time never runs backwards along a row.",
        """
        SELECT 'order ' || id AS what, concat_ws(', ', created_at, submitted_at, terminal_at) AS found
        FROM orders_app_order WHERE submitted_at < created_at OR terminal_at < coalesce(submitted_at, created_at)
        UNION ALL
        SELECT 'fill ' || fill.id, fill.executed_at || ', order of ' || o.created_at
        FROM orders_app_fill fill JOIN orders_app_order o ON o.id = fill.order_id
        WHERE fill.recorded_at < o.created_at OR fill.recorded_at < fill.executed_at
        UNION ALL
        SELECT 'decision ' || decision.id, decision.decided_at || ', signal of ' || signal.received_at
        FROM signals_app_decision decision JOIN signals_app_signal signal ON signal.id = decision.signal_id
        WHERE decision.decided_at < signal.received_at
        UNION ALL
        SELECT 'position ' || id, opened_at || ' to ' || closed_at FROM positions_app_position WHERE closed_at < opened_at
        """,
    ),
    Invariant(
        "H3",
        "Along the trail of one row, time never runs backwards.",
        """
        SELECT entity || ' ' || entity_id AS what, at || ' after ' || before AS found FROM (
            SELECT entity, entity_id, at, lag(at) OVER (PARTITION BY entity, entity_id ORDER BY id) AS before
            FROM books_app_auditevent
        ) chain WHERE at < before
        """,
    ),
)
