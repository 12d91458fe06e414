"""Asking the exit rules about every open position, and keeping what they said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from django.db import connection, transaction

from books_app import clock
from books_app.rows import fetched
from domain.exits import Evaluation, Greeks, PositionView
from domain.positions import Direction
from domain.sessions import SessionState
from market_app import quoting
from market_app import services as market
from market_app.providers.access import deadline
from positions_app.services.greeks import greeks_of
from positions_app.services.held import Held, greeks_as_text, open_positions
from positions_app.services.rules import RuleBook

SPOT_PATIENCE_S = 2.0  # rules by mark and by time do not wait longer for a provider that is slow to tell the spot
# At the open and the close every position's verdicts change at once, most of them to the same words: those come once.
_KEEP = """
    INSERT INTO positions_app_exitverdict (position_id, evaluated_at, fired_kind, mark, verdicts)
    SELECT row.position_id, %s, row.fired_kind, row.mark, said.verdicts::jsonb
    FROM unnest(%s::bigint[], %s::text[], %s::numeric[], %s::int[]) AS row (position_id, fired_kind, mark, place)
    JOIN unnest(%s::text[]) WITH ORDINALITY AS said (verdicts, place) USING (place)
    ORDER BY row.position_id
"""
_IN_ORDER = "SELECT id FROM positions_app_position WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_REMEMBER = """
    UPDATE positions_app_position AS position SET verdicts_digest = said.digest
    FROM unnest(%s::bigint[], %s::text[]) AS said (id, digest) WHERE position.id = said.id
"""
_REMEMBER_ENTRY = """
    UPDATE positions_app_position AS position SET entry_greeks = measured.greeks::jsonb
    FROM unnest(%s::bigint[], %s::text[]) AS measured (id, greeks)
    WHERE position.id = measured.id AND position.entry_greeks IS NULL
"""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A position that a rule wants to leave, and how many of its contracts."""

    position_id: int
    kind: str
    text: str
    quantity: int


def evaluate_exits(*, only: Sequence[int] | None = None) -> list[Leaving]:
    """Ask all enabled rules about all open positions, store verdicts that changed, and name those to leave.

    Positions that are closing already are not asked. Nothing is ordered here.
    """
    now = clock.now()
    positions = open_positions(only)
    if not positions:
        return []
    underlyings = {p.underlying for p in positions}
    spots = _spots(underlyings)
    sessions = _sessions(underlyings, now)
    book = RuleBook()
    halted = _halted()
    evaluations: list[Evaluation] = []
    measured: list[Greeks | None] = greeks_of(positions, spots, now)
    for position, greeks in zip(positions, measured, strict=True):
        underlying = position.underlying
        stopped = bool(halted and not halted.isdisjoint(((None, underlying), (position.account_id, underlying))))
        view = _view(position, greeks, sessions[underlying], spots.get(underlying), now, halted=stopped)
        evaluations.append(book.rules_of(position.strategy_id, underlying).evaluate(view))
    _remember(positions, evaluations, measured, now)
    return [
        Leaving(p.pk, e.exit.kind, e.exit.text, e.exit.quantity(p.quantity))
        for p, e in zip(positions, evaluations, strict=True)
        if e.exit is not None
    ]


def _sessions(underlyings: set[str], now: datetime) -> dict[str, SessionState]:
    """By underlying; each product's is asked once."""
    products = {underlying: quoting.option_product(underlying) for underlying in underlyings}
    known = {product: market.session_state(product, now) for product in set(products.values())}
    return {underlying: known[product] for underlying, product in products.items()}


def _spots(underlyings: set[str]) -> dict[str, Decimal]:
    with deadline(SPOT_PATIENCE_S):
        found = quoting.judged_quotes(underlyings)
    return {symbol: judged.mid for symbol, judged in found.items() if judged.mid is not None}


def _halted() -> set[tuple[int | None, str]]:
    """(book or None for all, underlying) of what is to be left. By its table: limits stand above this floor."""
    return set(fetched("SELECT account_id, symbol FROM risk_app_symbolrule WHERE leave"))


def _view(
    p: Held, greeks: Greeks | None, session: SessionState, spot: Decimal | None, now: datetime, *, halted: bool
) -> PositionView:
    return PositionView(  # by place: twenty names would cost as much as five rules
        p.pk,
        p.symbol,
        Direction.LONG if p.direction == "long" else Direction.SHORT,
        p.quantity,
        p.entry_quantity,
        p.entry_price,
        p.mark,
        p.best_mark,
        p.worst_mark,
        p.quote_good,
        p.opened_at,
        p.expiration,
        p.expires_at,
        session,
        now,
        greeks,
        p.entry_greeks or greeks,
        spot,
        p.scaled_out,
        halted,
    )


@lru_cache(maxsize=4096)
def _digest(said: tuple[tuple[str, str], ...]) -> str:
    """Of who said what, not of the figures: those change at every tick."""
    return sha256(repr(said).encode()).hexdigest()


def _remember(
    positions: Sequence[Held], evaluations: Sequence[Evaluation], measured: Sequence[Greeks | None], now: datetime
) -> None:
    # Where no rule fires, all positions under the same rules share one and the same object.
    different = {id(verdicts): verdicts for verdicts, _ in evaluations}
    digests = {key: _digest(tuple((v.kind, v.outcome.value) for v in said)) for key, said in different.items()}
    changed = [
        (position, evaluation, digest)
        for position, evaluation in zip(positions, evaluations, strict=True)
        if (digest := digests[id(evaluation.verdicts)]) != position.verdicts_digest
    ]
    first = {
        p.pk: greeks_as_text(g)
        for p, g in zip(positions, measured, strict=True)
        if g is not None and p.entry_greeks_text is None
    }
    if changed or first:
        _write(changed, first, now)


@transaction.atomic
def _write(changed: Sequence[tuple[Held, Evaluation, str]], first: dict[int, str], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER, [sorted({position.pk for position, _, _ in changed} | set(first))])
        if changed:
            ids = [position.pk for position, _, _ in changed]
            fired = ["" if evaluation.exit is None else evaluation.exit.kind for _, evaluation, _ in changed]
            said, place = _said([evaluation for _, evaluation, _ in changed])
            cursor.execute(_KEEP, [now, ids, fired, [position.mark for position, _, _ in changed], place, said])
            cursor.execute(_REMEMBER, [ids, [digest for _, _, digest in changed]])
        if first:
            cursor.execute(_REMEMBER_ENTRY, [list(first), list(first.values())])


def _said(evaluations: Sequence[Evaluation]) -> tuple[list[str], list[int]]:
    """Different verdicts as JSON, and for each evaluation the place of its own among them, counted from 1."""
    places: dict[int, int] = {}
    texts: list[str] = []
    for verdicts, _ in evaluations:
        if id(verdicts) not in places:
            texts.append(json.dumps([[v.kind, v.tier, v.outcome.value, v.text] for v in verdicts]))
            places[id(verdicts)] = len(texts)
    return texts, [places[id(verdicts)] for verdicts, _ in evaluations]
