"""Marking every open position from one batch of quotes, in one statement a chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from books_app import clock
from books_app.rows import array_literal
from market_app import quoting
from market_app.providers.access import deadline
from market_app.quoting import Judged
from positions_app.services.held import held_contracts

CHUNK = 5000
PATIENCE_S = 4.0  # the next tick comes after five

# Quotes come as three arrays and meet the positions by contract: many positions may share one. A position whose quote is
# refused keeps its last mark and says why. Rows that somebody else has locked are left for the next tick, not waited for.
_MARK = """
    WITH quotes AS (
        SELECT * FROM unnest(%s::text[], %s::numeric[], %s::text[]) AS quote (symbol, mark, reason)
    ), claimed AS (
        SELECT id FROM positions_app_position
        WHERE id = ANY(%s::bigint[]) AND status <> 'closed'
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE positions_app_position AS position SET
        mark = COALESCE(quotes.mark, position.mark),
        marked_at = CASE WHEN quotes.mark IS NULL THEN position.marked_at ELSE %s END,
        best_mark = CASE WHEN position.direction = 'long'
            THEN GREATEST(position.best_mark, quotes.mark) ELSE LEAST(position.best_mark, quotes.mark) END,
        worst_mark = CASE WHEN position.direction = 'long'
            THEN LEAST(position.worst_mark, quotes.mark) ELSE GREATEST(position.worst_mark, quotes.mark) END,
        quote_good = quotes.mark IS NOT NULL,
        quote_reason = quotes.reason,
        updated_at = %s
    FROM claimed, quotes
    WHERE position.id = claimed.id AND quotes.symbol = position.symbol
"""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """positions marked or told why not, and how many of the contracts asked for had no good quote."""

    positions: int
    symbols: int
    without_quote: int


def refresh_marks(*, only: Sequence[int] | None = None) -> Refreshed:
    """Mark all held positions, or some. The market is asked once, before any row is locked."""
    rows = held_contracts(only)
    with deadline(PATIENCE_S):
        judged = quoting.judged_quotes({symbol for _, symbol in rows})
    marks = {symbol: _mark_and_reason(quote) for symbol, quote in judged.items()}
    written = sum(_mark(chunk, marks) for chunk in _chunks(rows))
    return Refreshed(written, len(judged), sum(not quote.good for quote in judged.values()))


def _chunks(rows: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _mark_and_reason(judged: Judged) -> tuple[str | None, str]:
    """The mark as text, exact to its last digit."""
    mid = judged.mid
    return (None, judged.verdict.code or "") if mid is None else (str(mid), "")


@transaction.atomic
def _mark(rows: list[tuple[int, str]], marks: Mapping[str, tuple[str | None, str]]) -> int:
    symbols = list({symbol for _, symbol in rows})
    wanted = [marks[symbol] for symbol in symbols]
    prices, reasons = (array_literal(column) for column in zip(*wanted, strict=True))
    ids = ",".join(str(pk) for pk, _ in rows)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [array_literal(symbols), prices, reasons, f"{{{ids}}}", now, now])
        return int(cursor.rowcount)
