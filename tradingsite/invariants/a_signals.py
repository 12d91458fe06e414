"""A: deliveries, signals and decisions."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from domain.signals import LIVE, NEXT
from tradingsite.invariants.invariant import Invariant, words

INVARIANTS: Final = (
    Invariant(
        "A1",
        "Every signal is in a known state, and a refused or dead one tells why.",
        f"""
        SELECT 'signal ' || id AS what, status || ' ' || reason AS found FROM signals_app_signal
        WHERE status NOT IN ({words(NEXT)}) OR (status IN ('rejected', 'dead') AND reason = '')
        """,
    ),
    Invariant(
        "A2",
        "No signal is forgotten: a live one is taken up again within five minutes of its due time.",
        f"""
        SELECT 'signal ' || id AS what, status || ', due ' || due_at AS found FROM signals_app_signal
        WHERE status IN ({words(LIVE)}) AND due_at < %(now)s - interval '5 minutes'
        """,
    ),
    Invariant(
        "A3",
        "One alert is one signal, however often it is delivered.",
        """
        SELECT 'strategy ' || strategy_id AS what, count(*) || ' signals with key ' || dedupe_key AS found
        FROM signals_app_signal GROUP BY strategy_id, dedupe_key HAVING count(*) > 1
        """,
    ),
    Invariant(
        "A4",
        "An accepted delivery has its signals, of its own strategy and book; a noted, refused or repeated one has none.",
        """
        SELECT 'event ' || event.id AS what, event.outcome || ' with ' || count(signal.id) || ' signals' AS found
        FROM signals_app_webhookevent event
        LEFT JOIN signals_app_signal signal ON signal.event_id = event.id AND signal.shadow_of_id IS NULL
        GROUP BY event.id
        HAVING (event.outcome = 'accepted') <> (count(signal.id) > 0)
            OR bool_or(signal.strategy_id <> event.strategy_id) OR count(signal.id) <> count(DISTINCT signal.leg)
        """,
    ),
    Invariant(
        "A5",
        "A repeated delivery names the first one's signal of the same strategy; a refused one names its reason.",
        """
        SELECT 'event ' || event.id AS what, event.outcome || ' ' || event.reason AS found
        FROM signals_app_webhookevent event LEFT JOIN signals_app_signal first ON first.id = event.duplicate_of_id
        WHERE (event.outcome = 'duplicate') <> (first.id IS NOT NULL) OR first.strategy_id <> event.strategy_id
            OR (event.outcome = 'refused' AND (event.reason = '' OR event.http_status NOT BETWEEN 400 AND 499))
        """,
    ),
    Invariant(
        "A6",
        "Each engine decides once; what went on was approved by its own engine, and what waits is undecided.",
        """
        SELECT 'signal ' || signal.id AS what,
            signal.status || ' by engine ' || signal.engine || ' with ' || count(decision.id) || ' decisions, '
            || count(own.id) || ' of them its approval' AS found
        FROM signals_app_signal signal
        LEFT JOIN signals_app_decision decision ON decision.signal_id = coalesce(signal.shadow_of_id, signal.id)
        LEFT JOIN signals_app_decision own
            ON own.id = decision.id AND own.engine = signal.engine AND own.verdict = 'approved'
        GROUP BY signal.id
        HAVING (signal.status = 'pending' AND count(decision.id) > 0)
            OR (signal.status IN ('approved', 'closing', 'ordered') AND count(own.id) <> 1)
            OR count(decision.id) <> count(DISTINCT decision.engine)
        """,
    ),
    Invariant(
        "A7",
        "A signal that reached no order has none: only an ordered one carries an entry.",
        """
        SELECT 'signal ' || signal.id AS what, signal.status || ' with entry order ' || entry.id AS found
        FROM signals_app_signal signal
        JOIN orders_app_order entry ON entry.signal_id = signal.id AND NOT entry.reduce_only
        WHERE signal.status <> 'ordered'
        """,
    ),
    Invariant(
        "A8",
        "An ordered signal has its order, or its plan only took orders back or found the exit at work already.",
        """
        SELECT 'signal ' || signal.id AS what, decision.plan ->> 'action' || ' without an order' AS found
        FROM signals_app_signal signal
        JOIN signals_app_decision decision ON decision.signal_id = coalesce(signal.shadow_of_id, signal.id)
            AND decision.engine = signal.engine AND decision.verdict = 'approved'
        WHERE signal.status = 'ordered' AND NOT EXISTS (SELECT FROM orders_app_order own WHERE own.signal_id = signal.id)
            AND (decision.plan ->> 'action' IN ('open', 'add', 'reverse') OR (
                decision.plan -> 'cancel_order_ids' = '[]' AND NOT EXISTS (
                    SELECT FROM jsonb_array_elements(decision.plan -> 'closings') AS closing
                    JOIN orders_app_order leaving ON leaving.position_id = (closing ->> 0)::bigint AND leaving.reduce_only
                )))
        """,
    ),
)
