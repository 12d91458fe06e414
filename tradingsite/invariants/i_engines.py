"""I: the two engines. A shadow keeps to its own book, and a jury's sum is the sum of its votes."""

# ruff: noqa: S608 -- what is put into the SQL are words of our own code

from __future__ import annotations

from typing import Final

from books_app.models import Account
from tradingsite.invariants.invariant import Invariant

_TERMS: Final = " OR ".join(f"shadow.{name} IS DISTINCT FROM book.{name}" for name in sorted(Account.SHARED_TERMS))

INVARIANTS: Final = (
    Invariant(
        "I1",
        "A shadow is the same alert by the other engine, on the shadow of its signal's book.",
        """
        SELECT 'signal ' || shadow.id AS what, 'shadow of ' || signal.id || ' in book ' || shadow.account_id AS found
        FROM signals_app_signal shadow
        JOIN signals_app_signal signal ON signal.id = shadow.shadow_of_id
        JOIN books_app_account book ON book.id = shadow.account_id
        WHERE book.shadow_of_id IS DISTINCT FROM signal.account_id OR signal.shadow_of_id IS NOT NULL
            OR shadow.engine = signal.engine OR shadow.event_id <> signal.event_id OR shadow.leg <> signal.leg
            OR shadow.strategy_id <> signal.strategy_id OR shadow.alert <> signal.alert
        """,
    ),
    Invariant(
        "I2",
        "On a shadow book there are shadows only, and nowhere else.",
        """
        SELECT 'signal ' || signal.id AS what, 'in book ' || book.name || ' of kind ' || book.kind AS found
        FROM signals_app_signal signal JOIN books_app_account book ON book.id = signal.account_id
        WHERE (book.kind = 'shadow') <> (signal.shadow_of_id IS NOT NULL)
        """,
    ),
    Invariant(
        "I3",
        "A shadow book trades on the terms of its book.",
        f"""
        SELECT 'book ' || shadow.id AS what, 'terms differ from those of book ' || book.id AS found
        FROM books_app_account shadow JOIN books_app_account book ON book.id = shadow.shadow_of_id
        WHERE {_TERMS}
        """,
    ),
    Invariant(
        "I4",
        "Where an alert and its shadow bought the same contract at one moment, both were made on the same quote.",
        """
        SELECT 'order ' || other.id AS what, 'made on another quote than order ' || o.id AS found
        FROM signals_app_signal shadow
        JOIN orders_app_order other ON other.signal_id = shadow.id AND NOT other.reduce_only
        JOIN orders_app_order o ON o.signal_id = shadow.shadow_of_id AND NOT o.reduce_only
        WHERE o.symbol = other.symbol AND o.quote ->> 'provider_time' = other.quote ->> 'provider_time'
            AND o.quote ->> 'received_at' = other.quote ->> 'received_at'
            AND (o.quote_seen_id IS NULL OR o.quote_seen_id IS DISTINCT FROM other.quote_seen_id)
        """,
    ),
    Invariant(
        "I5",
        "A jury's mean is the weighted sum of its votes, its confidence the mean times the share that voted.",
        """
        SELECT 'decision ' || decision_id AS what, told || ' told, ' || counted || ' counted' AS found FROM (
            SELECT vote.decision_id, (record.sum ->> 'confidence')::numeric AS told,
                sum(vote.weight * vote.support) FILTER (WHERE vote.action <> 'abstain') / nullif(sum(vote.weight), 0)
                    AS counted
            FROM signals_app_agentvote vote JOIN signals_app_juryrecord record ON record.decision_id = vote.decision_id
            GROUP BY vote.decision_id, record.sum
        ) summed WHERE abs(told - counted) > 0.006
        """,
    ),
    Invariant(
        "I6",
        "Nothing was entered by engine B against a block, or below its threshold.",
        """
        SELECT 'decision ' || decision.id AS what, 'approved to ' || (decision.plan ->> 'action') AS found
        FROM signals_app_decision decision
        JOIN signals_app_juryrecord record ON record.decision_id = decision.id
        WHERE decision.verdict = 'approved' AND decision.plan ->> 'action' IN ('open', 'add', 'reverse')
            AND (record.action <> 'enter' OR record.confidence < (record.sum ->> 'threshold')::numeric
                OR EXISTS (SELECT FROM signals_app_agentvote vote WHERE vote.decision_id = decision.id AND vote.blocks))
        """,
    ),
    Invariant(
        "I7",
        "Every vote belongs to a decision whose sum is kept, and every kept sum has its votes.",
        """
        SELECT 'decision ' || coalesce(vote.decision_id, record.decision_id) AS what,
            count(vote.id) || ' votes, ' || count(record.id) || ' sums' AS found
        FROM signals_app_agentvote vote
        FULL JOIN signals_app_juryrecord record ON record.decision_id = vote.decision_id
        WHERE vote.id IS NULL OR record.id IS NULL GROUP BY 1
        """,
    ),
)
