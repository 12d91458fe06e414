"""The gate every entry order passes under the book's row lock, in the transaction that reserves its exposure.

It asks again what the engine asked, on the book as it is now and with what the order costs, and it fails closed. Exit
orders do not pass it: they are reduce-only and never above what is held.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from domain.errors import OrderDenied
from domain.positions import Direction

from . import checks
from .checks import BookLimit, RuleResult
from .plan import KIND, opposite
from .view import BookView, Limits

GATE_LIMITS: Final[tuple[BookLimit, ...]] = (
    checks.MaxOpenPositions(),
    checks.MaxPositionsPerSymbol(),
    checks.MaxExposurePerPosition(),
    checks.MaxExposure(),
    checks.EnoughCash(),
    checks.MaxDailyLoss(),
    checks.MaxOrdersPerMinute(),
)


def gate(
    book: BookView,
    limits: Limits,
    *,
    cost: Decimal,
    underlying: str,
    allow_adding: bool,
    thesis: Direction | None = None,
) -> tuple[RuleResult, ...]:
    """Every result, all passed, to be kept with the order. cost is the order's with commission, above 0.

    With a thesis the other side must be gone first (``reversal_not_flat``). Raises OrderDenied with the code and
    figures of the first rule that fails.
    """
    if not cost.is_finite() or cost <= 0:
        raise OrderDenied("size_zero", f"an order that costs {cost} cannot be reserved for")
    results = [checks.BookActive().judge(book, limits, underlying, cost)]
    if thesis is not None:
        results.append(_flat_against(book, underlying, thesis))
    results.append(checks.NoPositionOpen().judge(book, underlying, allow_adding=allow_adding))
    results += [limit.judge(book, limits, underlying, cost) for limit in GATE_LIMITS]
    for result in results:
        if not result.passed:
            raise OrderDenied(result.code, result.text)
    return tuple(results)


def _flat_against(book: BookView, underlying: str, thesis: Direction) -> RuleResult:
    other = opposite(thesis)
    held, resting = len(book.held(underlying, other)), len(book.entries(underlying, other))
    text = f"{held} {KIND[other]} positions and {resting} entry orders against it on {underlying}"
    return RuleResult("reversal_not_flat", not held and not resting, text)
