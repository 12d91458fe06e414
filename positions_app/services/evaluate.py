"""Asking the exit rules about every open position, and keeping what they said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from django.db import connection, transaction

from books_app import clock
from domain.exits import Evaluation, Greeks, PositionView, evaluate
from domain.positions import Direction, PositionStatus
from domain.sessions import SessionState
from market_app import quoting
from positions_app.models import ExitVerdict, Position
from positions_app.services.greeks import greeks_of
from positions_app.services.rules import RuleBook

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
    held = Position.objects.filter(status=PositionStatus.OPEN).order_by("pk")
    if only is not None:
        held = held.filter(pk__in=only)
    positions = list(held)
    if not positions:
        return []
    spots = _spots({p.underlying for p in positions})
    sessions = {u: quoting.option_session(u, now) for u in {p.underlying for p in positions}}
    book = RuleBook()
    evaluations: list[Evaluation] = []
    measured: list[Greeks | None] = greeks_of(positions, spots, now)
    for position, greeks in zip(positions, measured, strict=True):
        view = _view(position, greeks, sessions[position.underlying], spots.get(position.underlying), now)
        evaluations.append(evaluate(book.rules_of(position.strategy_id, position.underlying), view))
    _remember(positions, evaluations, measured, now)
    return [
        Leaving(p.pk, e.exit.kind, e.exit.text, e.exit.quantity(p.quantity))
        for p, e in zip(positions, evaluations, strict=True)
        if e.exit is not None
    ]


def _spots(underlyings: set[str]) -> dict[str, Decimal]:
    found = quoting.judged_quotes(underlyings)
    return {symbol: judged.mid for symbol, judged in found.items() if judged.mid is not None}


def _view(
    p: Position, greeks: Greeks | None, session: SessionState, spot: Decimal | None, now: datetime
) -> PositionView:
    return PositionView(
        position_id=p.pk,
        symbol=p.symbol,
        direction=Direction.LONG if p.direction == "long" else Direction.SHORT,
        quantity=p.quantity,
        entry_quantity=p.entry_quantity,
        entry_price=p.entry_price,
        mark=p.mark,
        best_mark=p.best_mark,
        worst_mark=p.worst_mark,
        quote_good=p.quote_good,
        opened_at=p.opened_at,
        expiration=p.expiration,
        expires_at=p.expires_at,
        session=session,
        now=now,
        greeks=greeks,
        entry_greeks=Greeks(*p.entry_greeks) if p.entry_greeks else greeks,
        spot=spot,
        scaled_out=p.scaled_out,
    )


@lru_cache(maxsize=4096)
def _digest(said: tuple[tuple[str, str], ...]) -> str:
    """Of who said what, not of the figures: those change at every tick."""
    return sha256(repr(said).encode()).hexdigest()


def _remember(
    positions: Sequence[Position], evaluations: Sequence[Evaluation], measured: Sequence[Greeks | None], now: datetime
) -> None:
    changed: dict[int, str] = {}
    rows: list[ExitVerdict] = []
    for position, evaluation in zip(positions, evaluations, strict=True):
        digest = _digest(tuple((v.kind, v.outcome.value) for v in evaluation.verdicts))
        if digest != position.verdicts_digest:
            changed[position.pk] = digest
            rows.append(_verdict_row(position, evaluation, now))
    first = {p.pk: g for p, g in zip(positions, measured, strict=True) if g is not None and not p.entry_greeks}
    if rows or first:
        _write(rows, changed, first)


def _verdict_row(position: Position, evaluation: Evaluation, now: datetime) -> ExitVerdict:
    return ExitVerdict(
        position=position,
        evaluated_at=now,
        fired_kind="" if evaluation.exit is None else evaluation.exit.kind,
        mark=position.mark,
        verdicts=[[v.kind, v.tier, v.outcome.value, v.text] for v in evaluation.verdicts],
    )


@transaction.atomic
def _write(rows: list[ExitVerdict], digests: dict[int, str], entry_greeks: dict[int, Greeks]) -> None:
    ExitVerdict.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        if digests:
            cursor.execute(_REMEMBER, [list(digests), list(digests.values())])
        if entry_greeks:
            as_text = [f"[{','.join(map(repr, greeks))}]" for greeks in entry_greeks.values()]
            cursor.execute(_REMEMBER_ENTRY, [list(entry_greeks), as_text])
