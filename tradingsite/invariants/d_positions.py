"""D: positions and their exits."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from domain.orders import LIVE
from tradingsite.invariants.invariant import Invariant, words

_LIVE: Final = words(LIVE)

INVARIANTS: Final = (
    Invariant(
        "D1",
        "A position holds the signed sum of its fills, or nothing once it was settled.",
        """
        SELECT 'position ' || p.id AS what,
            p.quantity || ' held, fills sum to ' || coalesce(signed, 0) AS found
        FROM positions_app_position p
        LEFT JOIN (
            SELECT o.position_id, sum(CASE o.side WHEN 'buy' THEN fill.quantity ELSE -fill.quantity END) AS signed
            FROM orders_app_fill fill JOIN orders_app_order o ON o.id = fill.order_id GROUP BY o.position_id
        ) folded ON folded.position_id = p.id
        WHERE p.quantity * CASE p.direction WHEN 'long' THEN 1 ELSE -1 END <> coalesce(signed, 0)
            AND NOT (p.quantity = 0 AND EXISTS (
                SELECT FROM books_app_ledgerentry line WHERE line.booking = 'settlement:' || p.id))
        UNION ALL
        SELECT 'fill ' || fill.id, 'its order has no position'
        FROM orders_app_fill fill JOIN orders_app_order o ON o.id = fill.order_id WHERE o.position_id IS NULL
        """,
    ),
    Invariant(
        "D2",
        "Contracts bought and the average paid are those of the entry fills.",
        """
        SELECT 'position ' || p.id AS what,
            p.entry_quantity || ' at ' || p.entry_price || ', bought ' || sum(fill.quantity) || ' at '
            || sum(fill.quantity * fill.price) / sum(fill.quantity) AS found
        FROM positions_app_position p
        JOIN orders_app_order o ON o.position_id = p.id AND NOT o.reduce_only
        JOIN orders_app_fill fill ON fill.order_id = o.id
        GROUP BY p.id
        HAVING p.entry_quantity <> sum(fill.quantity)
            OR abs(p.entry_price - sum(fill.quantity * fill.price) / sum(fill.quantity)) > 0.00000001 * count(*)
        """,
    ),
    Invariant(
        "D3",
        "Never oversold: at no point of its history were more contracts sold than had been bought.",
        """
        SELECT 'position ' || position_id AS what, held || ' after fill ' || id AS found FROM (
            SELECT fill.id, o.position_id, sum(CASE WHEN o.reduce_only THEN -fill.quantity ELSE fill.quantity END)
                OVER (PARTITION BY o.position_id ORDER BY fill.id) AS held
            FROM orders_app_fill fill JOIN orders_app_order o ON o.id = fill.order_id WHERE o.position_id IS NOT NULL
        ) history WHERE held < 0
        """,
    ),
    Invariant(
        "D4",
        "Live exits never ask for more than is held.",
        f"""
        SELECT 'position ' || p.id AS what,
            sum(o.quantity - o.filled_quantity) || ' on their way out, ' || p.quantity || ' held' AS found
        FROM positions_app_position p JOIN orders_app_order o ON o.position_id = p.id
        WHERE o.reduce_only AND o.status IN ({_LIVE})
        GROUP BY p.id HAVING sum(o.quantity - o.filled_quantity) > p.quantity
        """,
    ),
    Invariant(
        "D5",
        "An entry points the way of its position, an exit against it.",
        """
        SELECT 'order ' || o.id AS what, o.side || ', ' || p.direction || ' position ' || p.id AS found
        FROM orders_app_order o JOIN positions_app_position p ON p.id = o.position_id
        WHERE ((o.side = 'buy') = (p.direction = 'long')) = o.reduce_only OR (o.purpose = 'exit') <> o.reduce_only
        """,
    ),
    Invariant(
        "D6",
        "A closed position is empty and cost-free; one that is held has contracts and finite figures.",
        """
        SELECT 'position ' || id AS what, status || ', ' || quantity || ' at cost ' || cost AS found
        FROM positions_app_position
        WHERE (status = 'closed') <> (quantity = 0) OR (status = 'closed') <> (closed_at IS NOT NULL)
            OR (quantity = 0 AND cost <> 0) OR quantity > entry_quantity
            OR NOT (entry_price >= 0 AND entry_price <= 10000000 AND cost >= 0 AND cost <= 1000000000000
                AND realized BETWEEN -1000000000000 AND 1000000000000
                AND commission BETWEEN 0 AND 1000000000000)
        """,
    ),
    Invariant(
        "D7",
        "A closing position has exactly one live exit order; an open or closed one has none.",
        f"""
        SELECT 'position ' || p.id AS what, p.status || ' with ' || count(o.id) || ' live exit orders' AS found
        FROM positions_app_position p
        LEFT JOIN orders_app_order o ON o.position_id = p.id AND o.reduce_only AND o.status IN ({_LIVE})
        GROUP BY p.id HAVING count(o.id) <> CASE p.status WHEN 'closing' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "D8",
        "Nothing buys any more for a position that is closing or closed.",
        f"""
        SELECT 'position ' || p.id AS what, p.status || ' with live entry order ' || o.id AS found
        FROM positions_app_position p JOIN orders_app_order o ON o.position_id = p.id
        WHERE NOT o.reduce_only AND o.status IN ({_LIVE}) AND p.status <> 'open'
        """,
    ),
    Invariant(
        "D9",
        "The mark lies between the worst and the best one, and all three are finite.",
        """
        SELECT 'position ' || id AS what, coalesce(worst_mark::text, '-') || ' ' || coalesce(mark::text, '-') || ' '
            || coalesce(best_mark::text, '-') AS found
        FROM positions_app_position
        WHERE (mark IS NULL) <> (best_mark IS NULL) OR (mark IS NULL) <> (worst_mark IS NULL)
            OR (mark IS NULL) <> (marked_at IS NULL) OR NOT coalesce(
                CASE direction WHEN 'long' THEN mark BETWEEN worst_mark AND best_mark
                    ELSE mark BETWEEN best_mark AND worst_mark END
                AND least(best_mark, worst_mark) >= 0 AND greatest(best_mark, worst_mark) <= 10000000, true)
        """,
    ),
)
