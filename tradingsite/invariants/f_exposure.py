"""F: limits, reservations and halts.

A limit may be lowered below what is in use; nothing is sold for that. So what is in use is compared with the larger of the
limit as it is now and as the decisions behind the living orders and positions saw it.
"""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from domain.orders import LIVE
from domain.rules.view import Limits
from tradingsite.invariants.invariant import Invariant, words

_LIVE: Final = words(LIVE)
_BUILT_IN: Final = Limits()


def _limit(code: str) -> str:
    """SQL of the limit that counts for ``account``: its own row, else that of every book, else the built-in one.

    A shadow has the limits of its book.
    """
    return f"""coalesce(
        (SELECT value FROM risk_app_risklimit
          WHERE code = '{code}' AND account_id = coalesce(account.shadow_of_id, account.id)),
        (SELECT value FROM risk_app_risklimit WHERE code = '{code}' AND account_id IS NULL),
        {getattr(_BUILT_IN, code)})"""


def _limit_seen(code: str) -> str:
    """The largest such limit that a decision saw whose entry order or position still lives in ``account``."""
    return f"""(SELECT max((decision.seen -> 'limits' ->> '{code}')::numeric)
        FROM orders_app_order entry
        JOIN signals_app_signal cause ON cause.id = entry.signal_id
        JOIN signals_app_decision decision
            ON decision.signal_id = coalesce(cause.shadow_of_id, cause.id) AND decision.engine = cause.engine
        LEFT JOIN positions_app_position held ON held.id = entry.position_id
        WHERE entry.account_id = account.id AND NOT entry.reduce_only
            AND (entry.status IN ({_LIVE}) OR held.status <> 'closed'))"""


INVARIANTS: Final = (
    Invariant(
        "F1",
        "What is held, at cost, and what is reserved stay within the book's exposure limit.",
        f"""
        SELECT 'book ' || account_id AS what, used || ' of ' || allowed AS found FROM (
            SELECT account.id AS account_id,
                coalesce((SELECT sum(amount) FROM risk_app_reservation
                    WHERE account_id = account.id AND released_at IS NULL), 0)
                + coalesce((SELECT sum(held.cost) FROM positions_app_position held
                    WHERE held.account_id = account.id AND held.status <> 'closed'), 0) AS used,
                greatest({_limit("max_exposure")}, {_limit_seen("max_exposure")}) AS allowed
            FROM books_app_account account
        ) use WHERE used > allowed
        """,
    ),
    Invariant(
        "F2",
        "A live entry order has exactly one unreleased reservation; no other order has any.",
        f"""
        SELECT 'order ' || o.id AS what, o.status || ' with ' || count(reserved.id) || ' reservations' AS found
        FROM orders_app_order o
        LEFT JOIN risk_app_reservation reserved ON reserved.order_id = o.id AND reserved.released_at IS NULL
        GROUP BY o.id
        HAVING count(reserved.id) <> CASE WHEN o.status IN ({_LIVE}) AND NOT o.reduce_only THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "F3",
        "A reservation keeps what the unfilled part needs, and nothing once it is released.",
        """
        SELECT 'order ' || o.id AS what, reserved.amount || ' of ' || reserved.initial_amount || ' kept for '
            || o.quantity - o.filled_quantity || ' of ' || o.quantity || ' contracts' AS found
        FROM risk_app_reservation reserved JOIN orders_app_order o ON o.id = reserved.order_id
        WHERE reserved.account_id <> o.account_id OR NOT reserved.amount BETWEEN 0 AND reserved.initial_amount
            OR abs(reserved.amount - CASE WHEN reserved.released_at IS NULL
                THEN reserved.initial_amount * (o.quantity - o.filled_quantity) / o.quantity ELSE 0 END) > 0.00000001
        """,
    ),
    Invariant(
        "F4",
        "No entry order was let through above the limit of one position.",
        f"""
        SELECT 'order ' || o.id AS what, reserved.initial_amount || ' reserved' AS found
        FROM risk_app_reservation reserved
        JOIN orders_app_order o ON o.id = reserved.order_id
        JOIN books_app_account account ON account.id = o.account_id
        JOIN signals_app_signal cause ON cause.id = o.signal_id
        JOIN signals_app_decision decision
            ON decision.signal_id = coalesce(cause.shadow_of_id, cause.id) AND decision.engine = cause.engine
        WHERE reserved.initial_amount > greatest(
            (decision.seen -> 'limits' ->> 'max_exposure_per_position')::numeric, {_limit("max_exposure_per_position")})
        """,
    ),
    Invariant(
        "F5",
        "There are never more positions, made or on their way, than the book's limit.",
        f"""
        SELECT 'book ' || account_id AS what, used || ' of ' || allowed AS found FROM (
            SELECT account.id AS account_id,
                (SELECT count(*) FROM positions_app_position held
                    WHERE held.account_id = account.id AND held.status <> 'closed')
                + (SELECT count(*) FROM orders_app_order entry WHERE entry.account_id = account.id
                    AND NOT entry.reduce_only AND entry.status IN ({_LIVE}) AND entry.position_id IS NULL) AS used,
                greatest({_limit("max_open_positions")}, {_limit_seen("max_open_positions")}) AS allowed
            FROM books_app_account account
        ) use WHERE used > allowed
        """,
    ),
    Invariant(
        "F6",
        "No entry was made or sent while its book was halted.",
        # Halting and sending both hold the book's row lock while they write their trail, so its numbers tell the order.
        """
        SELECT 'order ' || o.id AS what, step.to_state || ' after ' || halt.text AS found
        FROM books_app_auditevent step
        JOIN orders_app_order o ON o.id = step.entity_id AND NOT o.reduce_only
        JOIN LATERAL (
            SELECT last.to_state, 'halt ' || last.id AS text FROM books_app_auditevent last
            WHERE last.entity = 'account' AND last.entity_id = o.account_id AND last.id < step.id
            ORDER BY last.id DESC LIMIT 1
        ) halt ON halt.to_state = 'halted'
        WHERE step.entity = 'order' AND (step.to_state = 'submitting'
            OR (step.from_state = '' AND step.to_state = 'pending_execution'))
        """,
    ),
)
