"""C: fills, their orders and the quotes they were made on."""

from __future__ import annotations

from typing import Final

from tradingsite.invariants.invariant import Invariant

INVARIANTS: Final = (
    Invariant(
        "C1",
        "One execution of the venue is one fill of the book.",
        """
        SELECT 'book ' || account_id AS what, count(*) || ' fills ' || venue_fill_id AS found
        FROM orders_app_fill GROUP BY account_id, venue_fill_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "C2",
        "No order is filled beyond its quantity, and its row has the sum of its fills.",
        """
        SELECT 'order ' || o.id AS what,
            o.quantity || ' ordered, ' || o.filled_quantity || ' in its row, ' || coalesce(sum(fill.quantity), 0)
            || ' in fills' AS found
        FROM orders_app_order o LEFT JOIN orders_app_fill fill ON fill.order_id = o.id
        GROUP BY o.id
        HAVING coalesce(sum(fill.quantity), 0) > o.quantity OR coalesce(sum(fill.quantity), 0) <> o.filled_quantity
        """,
    ),
    Invariant(
        "C3",
        "State and fills agree: filled is all of it, partially filled a part, and before the venue nothing.",
        """
        SELECT 'order ' || o.id AS what,
            o.status || ' with ' || coalesce(sum(fill.quantity), 0) || ' of ' || o.quantity AS found
        FROM orders_app_order o LEFT JOIN orders_app_fill fill ON fill.order_id = o.id
        GROUP BY o.id
        HAVING (o.status = 'filled') <> (coalesce(sum(fill.quantity), 0) = o.quantity)
            OR (o.status = 'partially_filled' AND count(fill.id) = 0)
            OR (o.status IN ('pending_execution', 'submitting', 'submitted', 'denied', 'rejected', 'dry_run')
                AND count(fill.id) > 0)
        """,
    ),
    Invariant(
        "C4",
        "Every fill is of its order's book, with finite positive figures.",
        """
        SELECT 'fill ' || fill.id AS what,
            fill.quantity || ' at ' || fill.price || ', commission ' || fill.commission AS found
        FROM orders_app_fill fill LEFT JOIN orders_app_order o ON o.id = fill.order_id
        WHERE o.id IS NULL OR o.account_id <> fill.account_id OR NOT (
            fill.quantity BETWEEN 1 AND 10000000 AND fill.price >= 0 AND fill.price <= 10000000
            AND fill.commission >= 0 AND fill.commission <= 1000000000000)
        """,
    ),
    Invariant(
        "C5",
        "An order's average price is that of its fills, to the rounding of one step per fill.",
        """
        SELECT 'order ' || o.id AS what,
            o.average_price || ' instead of ' || sum(fill.quantity * fill.price) / sum(fill.quantity) AS found
        FROM orders_app_order o JOIN orders_app_fill fill ON fill.order_id = o.id
        GROUP BY o.id
        HAVING o.average_price IS NULL
            OR abs(o.average_price - sum(fill.quantity * fill.price) / sum(fill.quantity)) > 0.00000001 * count(*)
        """,
    ),
    Invariant(
        "C6",
        "No fill is better than the middle of its quote, larger than its size, or made on a quote of the future.",
        """
        SELECT 'fill ' || id AS what, side || ' ' || quantity || ' at ' || price || ' on ' || quote::text AS found FROM (
            SELECT fill.id, fill.quantity, fill.price, fill.executed_at, fill.quote, o.side,
                ((fill.quote ->> 'bid')::numeric + (fill.quote ->> 'ask')::numeric) / 2 AS middle,
                (fill.quote ->> CASE o.side WHEN 'buy' THEN 'ask_size' ELSE 'bid_size' END)::bigint AS size
            FROM orders_app_fill fill JOIN orders_app_order o ON o.id = fill.order_id
            WHERE jsonb_typeof(fill.quote) = 'object'
        ) seen
        WHERE (side = 'buy' AND price < middle) OR (side = 'sell' AND price > middle) OR quantity > size
            OR (quote ->> 'provider_time')::timestamptz > executed_at + interval '5 seconds'
        """,
    ),
)
