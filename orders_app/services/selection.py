"""Keeping what a contract was chosen out of: one row for a signal, whether an order came of it or a refusal."""

from __future__ import annotations

import json
from typing import Final

from books_app.rows import fetched
from domain.selection import Selection, as_json

# Plain SQL, because every entry asks it. A try that follows an order leaves that order's record as it is.
_KEEP: Final = """
    INSERT INTO orders_app_contractselection AS kept
        (signal_id, order_id, policy, how, chosen, reason, listed, passed, record, tries, made_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s)
    ON CONFLICT (signal_id) DO UPDATE SET
        (order_id, policy, how, chosen, reason, listed, passed, record, made_at) =
        (EXCLUDED.order_id, EXCLUDED.policy, EXCLUDED.how, EXCLUDED.chosen, EXCLUDED.reason, EXCLUDED.listed,
         EXCLUDED.passed, EXCLUDED.record, EXCLUDED.made_at),
        tries = kept.tries + 1
    WHERE kept.order_id IS NULL
    RETURNING kept.id
"""


def keep_selection(selection: Selection | None, *, signal_id: int, order_id: int | None = None) -> None:
    """Write the record, in the caller's transaction if there is one. None: the alert named its contract itself.

    A signal that waits for a better market chooses again; then the row tells the last try and counts them.
    """
    if selection is None:
        return
    winner, refusal = selection.winner, selection.refusal
    fetched(
        _KEEP,
        (
            signal_id,
            order_id,
            selection.policy.name,
            selection.how,
            "" if winner is None else winner.candidate.contract.symbol,
            "" if refusal is None else refusal.code,
            selection.listed,
            selection.passed,
            json.dumps(as_json(selection)),
            selection.sight.at,
        ),
    )
