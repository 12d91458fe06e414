"""G: the audit trail. It is complete, it is legal, and it ends where the rows are."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain import orders, positions, signals
from tradingsite.invariants.invariant import Invariant, words

_TABLES: Final[Mapping[str, tuple[str, str, Mapping[str, frozenset[str]]]]] = {
    "signal": ("signals_app_signal", "pending", {str(k): frozenset(v) for k, v in signals.NEXT.items()}),
    "order": ("orders_app_order", "pending_execution", {str(k): frozenset(v) for k, v in orders.NEXT.items()}),
    "position": ("positions_app_position", "open", {str(k): frozenset(v) for k, v in positions.NEXT.items()}),
    "account": ("books_app_account", "active", {"active": frozenset({"halted"}), "halted": frozenset({"active"})}),
}
_HAVE_A_LIFE: Final = ("signal", "order", "position")  # an account is made by hand, without a first row

_LAST_STATES: Final = "\n UNION ALL ".join(
    f"""SELECT '{entity} ' || subject.id AS what,
            subject.status || ', its trail ends ' || coalesce(last.to_state, 'nowhere') AS found
        FROM {_TABLES[entity][0]} subject LEFT JOIN LATERAL (
            SELECT to_state FROM books_app_auditevent step
            WHERE step.entity = '{entity}' AND step.entity_id = subject.id ORDER BY id DESC LIMIT 1
        ) last ON true
        WHERE last.to_state IS DISTINCT FROM subject.status"""
    for entity in _HAVE_A_LIFE
)
_LEGAL: Final = ", ".join(
    f"('{entity}', '{before}', '{after}')"
    for entity, (_, first, steps) in _TABLES.items()
    for before, following in {"": {first}, **steps}.items()
    for after in sorted(following)
)
_ENDS: Final = " OR ".join(
    f"(entity = '{entity}' AND from_state IN ({words(s for s, following in _TABLES[entity][2].items() if not following)}))"
    for entity in _HAVE_A_LIFE
)

INVARIANTS: Final = (
    Invariant(
        "G1",
        "Each row's trail is unbroken: every step begins where the last one ended.",
        """
        SELECT entity || ' ' || entity_id AS what, 'from ' || from_state || ' after ' || before AS found FROM (
            SELECT entity, entity_id, from_state,
                coalesce(lag(to_state) OVER (PARTITION BY entity, entity_id ORDER BY id),
                    CASE entity WHEN 'account' THEN 'active' ELSE '' END) AS before
            FROM books_app_auditevent WHERE entity IN ('signal', 'order', 'position', 'account')
        ) chain WHERE from_state <> before AND NOT (entity = 'account' AND from_state = '')
        """,
    ),
    Invariant(
        "G2",
        "Each signal's, order's and position's trail ends in the state it is in, and so does a halted book's.",
        f"""
        {_LAST_STATES}
        UNION ALL
        SELECT 'account ' || account.id, account.status || ', its trail ends ' || coalesce(last.to_state, 'nowhere')
        FROM books_app_account account LEFT JOIN LATERAL (
            SELECT to_state FROM books_app_auditevent step
            WHERE step.entity = 'account' AND step.entity_id = account.id ORDER BY id DESC LIMIT 1
        ) last ON true
        WHERE coalesce(last.to_state, 'active') <> account.status
        """,
    ),
    Invariant(
        "G3",
        "Only legal steps were ever taken.",
        f"""
        SELECT step.entity || ' ' || step.entity_id AS what, step.from_state || ' to ' || step.to_state AS found
        FROM books_app_auditevent step
        LEFT JOIN (VALUES {_LEGAL}) AS legal (entity, from_state, to_state)
            ON (legal.entity, legal.from_state, legal.to_state) = (step.entity, step.from_state, step.to_state)
        WHERE step.entity IN ('signal', 'order', 'position', 'account') AND legal.entity IS NULL
        """,
    ),
    Invariant(
        "G4",
        "No final state was ever left.",
        f"""
        SELECT entity || ' ' || entity_id AS what, from_state || ' to ' || to_state AS found
        FROM books_app_auditevent WHERE {_ENDS}
        """,
    ),
    Invariant(
        "G5",
        "Every fill is in the trail, once.",
        """
        SELECT 'fill ' || fill.id AS what, count(step.id) || ' times in the trail' AS found
        FROM orders_app_fill fill
        LEFT JOIN books_app_auditevent step ON step.entity = 'fill' AND step.entity_id = fill.id
        GROUP BY fill.id HAVING count(step.id) <> 1
        """,
    ),
)
