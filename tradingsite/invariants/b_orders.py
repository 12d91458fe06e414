"""B: orders, as rows of their own and beside what caused them."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from domain.orders import FINAL, LIVE, NEXT
from tradingsite.invariants.invariant import Invariant, words

INVARIANTS: Final = (
    Invariant(
        "B1",
        "No two orders of a book share a client_order_id, ever.",
        """
        SELECT 'book ' || account_id AS what, count(*) || ' orders ' || client_order_id AS found
        FROM orders_app_order GROUP BY account_id, client_order_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "B2",
        "A signal makes at most one entry order, and at most one exit order for a position.",
        """
        SELECT 'signal ' || signal_id AS what,
            count(*) || CASE WHEN reduce_only THEN ' exits of position ' || position_id ELSE ' entries' END AS found
        FROM orders_app_order WHERE signal_id IS NOT NULL
        GROUP BY signal_id, reduce_only, CASE WHEN reduce_only THEN position_id END, position_id HAVING count(*) > 1
        UNION ALL
        SELECT 'signal ' || signal_id, count(*) || ' entries' FROM orders_app_order
        WHERE signal_id IS NOT NULL AND NOT reduce_only GROUP BY signal_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "B3",
        "Every order is in a known state, and its times and its venue's id agree with it.",
        f"""
        SELECT 'order ' || id AS what, status AS found FROM orders_app_order
        WHERE status NOT IN ({words(NEXT)}) OR (status IN ({words(FINAL)})) <> (terminal_at IS NOT NULL)
            OR (status IN ('submitting', 'submitted', 'partially_filled', 'filled', 'rejected') AND submitted_at IS NULL)
            OR (status IN ('submitted', 'partially_filled', 'filled') AND venue_order_id = '')
            OR (status IN ('denied', 'dry_run') AND venue_order_id <> '')
        """,
    ),
    Invariant(
        "B4",
        "Quantities and prices are finite and positive.",
        """
        SELECT 'order ' || id AS what, quantity || ' at ' || coalesce(limit_price::text, 'market') AS found
        FROM orders_app_order
        WHERE NOT quantity BETWEEN 1 AND 10000000 OR NOT filled_quantity BETWEEN 0 AND quantity
            OR NOT coalesce(limit_price > 0 AND limit_price <= 10000000, order_type = 'market')
            OR NOT coalesce(average_price > 0 AND average_price <= 10000000, filled_quantity = 0)
        """,
    ),
    Invariant(
        "B5",
        "An order belongs to the book, strategy and contract of its signal and of its position.",
        """
        SELECT 'order ' || id AS what, trim(cause) AS found FROM (
            SELECT o.id, CASE WHEN signal.account_id <> o.account_id THEN 'the book of its signal differs ' ELSE '' END
                || CASE WHEN signal.strategy_id <> o.strategy_id AND NOT o.reduce_only
                    THEN 'the strategy of its signal differs ' ELSE '' END
                || CASE WHEN position.account_id <> o.account_id THEN 'the book of its position differs ' ELSE '' END
                || CASE WHEN position.symbol <> o.symbol THEN 'the contract of its position differs ' ELSE '' END AS cause
            FROM orders_app_order o
            LEFT JOIN signals_app_signal signal ON signal.id = o.signal_id
            LEFT JOIN positions_app_position position ON position.id = o.position_id
        ) compared WHERE cause <> ''
        """,
    ),
    Invariant(
        "B6",
        "No order is forgotten: a live one is looked at within ten minutes of its due time or its session's end.",
        f"""
        SELECT 'order ' || id AS what, status || ', due ' || due_at || ', good until ' || expires_at AS found
        FROM orders_app_order
        WHERE status IN ({words(LIVE)}) AND least(due_at, expires_at) < %(now)s - interval '10 minutes'
        """,
    ),
    Invariant(
        "B7",
        "Before anything reached the venue, the order and its step to submitting were committed.",
        """
        SELECT 'order ' || o.id AS what, o.status || ' was never submitting' AS found FROM orders_app_order o
        WHERE (o.venue_order_id <> '' OR o.filled_quantity > 0) AND NOT EXISTS (
            SELECT FROM books_app_auditevent step
            WHERE step.entity = 'order' AND step.entity_id = o.id AND step.to_state = 'submitting')
        """,
    ),
)
