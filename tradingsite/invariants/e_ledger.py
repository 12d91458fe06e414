"""E: the double-entry ledger, cash, and the positions' own figures."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from tradingsite.invariants.invariant import Invariant

# What the ledger says of each position: lines of its fills' bookings and of its settlement. Debits are positive.
_BY_POSITION: Final = """
    SELECT position_id, line, sum(amount) AS amount FROM (
        SELECT o.position_id, entry.line, entry.amount
        FROM orders_app_fill fill
        JOIN orders_app_order o ON o.id = fill.order_id
        JOIN books_app_ledgerentry entry ON entry.booking = 'fill:' || fill.id
        UNION ALL
        SELECT p.id, entry.line, entry.amount
        FROM positions_app_position p JOIN books_app_ledgerentry entry ON entry.booking = 'settlement:' || p.id
    ) lines GROUP BY position_id, line
"""

INVARIANTS: Final = (
    Invariant(
        "E1",
        "Every booking sums to zero, within one book.",
        """
        SELECT 'booking ' || booking AS what, 'sums to ' || sum(amount) AS found FROM books_app_ledgerentry
        GROUP BY booking HAVING sum(amount) <> 0 OR count(DISTINCT account_id) > 1
        """,
    ),
    Invariant(
        "E2",
        "Cash is what the book started with plus every cash line since.",
        """
        SELECT 'book ' || account.id AS what,
            account.cash || ' instead of ' || account.start_cash + coalesce(sum(line.amount), 0) AS found
        FROM books_app_account account
        LEFT JOIN books_app_ledgerentry line ON line.account_id = account.id AND line.line = 'cash'
            AND NOT starts_with(line.booking, 'deposit:')
        GROUP BY account.id HAVING account.cash <> account.start_cash + coalesce(sum(line.amount), 0)
        """,
    ),
    Invariant(
        "E3",
        "Every fill has its booking: cash, holdings and commission to the last digit; and no booking lacks its fill.",
        """
        SELECT 'fill ' || fill.id AS what, 'cash ' || coalesce(booked.cash::text, 'not booked') || ', commission '
            || coalesce(booked.commission::text, 'not booked') AS found
        FROM orders_app_fill fill
        JOIN orders_app_order o ON o.id = fill.order_id
        LEFT JOIN (
            SELECT booking, account_id, sum(amount) FILTER (WHERE line = 'cash') AS cash,
                coalesce(sum(amount) FILTER (WHERE line = 'positions'), 0) AS positions,
                coalesce(sum(amount) FILTER (WHERE line = 'commission'), 0) AS commission
            FROM books_app_ledgerentry GROUP BY booking, account_id
        ) booked ON booked.booking = 'fill:' || fill.id AND booked.account_id = fill.account_id
        WHERE booked.cash IS DISTINCT FROM fill.quantity * fill.price * o.multiplier
                * CASE o.side WHEN 'buy' THEN -1 ELSE 1 END - fill.commission
            OR booked.commission IS DISTINCT FROM fill.commission
            OR (o.side = 'buy' AND booked.positions <> fill.quantity * fill.price * o.multiplier)
        UNION ALL
        SELECT 'booking ' || line.booking, 'there is no such fill' FROM books_app_ledgerentry line
        LEFT JOIN orders_app_fill fill ON line.booking = 'fill:' || fill.id
        WHERE starts_with(line.booking, 'fill:') AND fill.id IS NULL AND line.line = 'cash'
        """,
    ),
    Invariant(
        "E4",
        "A position's cost, realized result and commission are those of its bookings.",
        f"""
        SELECT 'position ' || p.id AS what,
            'cost ' || p.cost || ', realized ' || p.realized || ', commission ' || p.commission || '; booked '
            || coalesce(sum(amount) FILTER (WHERE line = 'positions'), 0) || ', '
            || coalesce(-sum(amount) FILTER (WHERE line = 'realized'), 0) || ', '
            || coalesce(sum(amount) FILTER (WHERE line = 'commission'), 0) AS found
        FROM positions_app_position p LEFT JOIN ({_BY_POSITION}) booked ON booked.position_id = p.id
        GROUP BY p.id
        HAVING p.cost <> coalesce(sum(amount) FILTER (WHERE line = 'positions'), 0)
            OR p.realized <> coalesce(-sum(amount) FILTER (WHERE line = 'realized'), 0)
            OR p.commission <> coalesce(sum(amount) FILTER (WHERE line = 'commission'), 0)
        """,
    ),
    Invariant(
        "E5",
        "Cash has moved by what was realized, less commissions and less what the held contracts cost.",
        """
        SELECT 'book ' || account.id AS what, 'cash moved by ' || account.cash - account.start_cash || ' instead of '
            || coalesce(sum(p.realized - p.commission - p.cost), 0) AS found
        FROM books_app_account account LEFT JOIN positions_app_position p ON p.account_id = account.id
        GROUP BY account.id
        HAVING account.cash - account.start_cash <> coalesce(sum(p.realized - p.commission - p.cost), 0)
        """,
    ),
    Invariant(
        "E6",
        "No money is NaN or without bounds, and what was paid in is what the book started with.",
        """
        SELECT 'book ' || id AS what, cash || ' of ' || start_cash AS found FROM books_app_account
        WHERE NOT (cash BETWEEN -1000000000000 AND 1000000000000 AND start_cash BETWEEN 0 AND 1000000000000)
        UNION ALL
        SELECT 'ledger line ' || id, amount::text FROM books_app_ledgerentry
        WHERE NOT amount BETWEEN -1000000000000 AND 1000000000000
        UNION ALL
        SELECT 'limit ' || id, value::text FROM risk_app_risklimit WHERE NOT value BETWEEN 0 AND 1000000000000
        UNION ALL
        SELECT 'book ' || account.id, sum(line.amount) || ' paid in, started with ' || account.start_cash
        FROM books_app_account account JOIN books_app_ledgerentry line
            ON line.account_id = account.id AND line.line = 'cash' AND starts_with(line.booking, 'deposit:')
        GROUP BY account.id HAVING sum(line.amount) <> account.start_cash
        """,
    ),
)
