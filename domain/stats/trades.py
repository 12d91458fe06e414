"""Figures of closed trades of one arm. What too few trades cannot tell is None, never a number made of too little.

A break-even trade (pnl exactly 0) is neither a win nor a loss: it counts among the trades, so it lowers the win rate and
the means, and it takes no part in the average win and the average loss. Then expectancy = win rate * average win -
loss rate * average loss holds exactly, which it does not when break-even trades are left out of the count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Final

from domain.stats.intervals import Interval, around, wilson

ENOUGH_TRADES: Final = 20  # fewer have no drawdown, Sharpe or Sortino worth the name


@dataclass(frozen=True, slots=True)
class Trade:
    """One closed trade. Raises ValueError for a risk or cost that is not above zero.

    pnl: realised, after commissions, account currency. risk: what the trade could lose when it was opened, same
    currency. cost: what was paid for it, same currency. day: the session its signal belongs to, by which trades cluster.
    """

    pnl: Decimal
    risk: Decimal
    cost: Decimal
    opened_at: datetime
    closed_at: datetime
    day: date

    def __post_init__(self) -> None:
        if not self.pnl.is_finite():
            raise ValueError(f"a profit of {self.pnl} is not a number")
        for name, amount in (("risk", self.risk), ("cost", self.cost)):
            if not amount.is_finite() or amount <= 0:
                raise ValueError(f"a trade's {name} of {amount} is not above 0")

    @property
    def r(self) -> float:
        """Profit in units of the initial risk: -1.0 lost all that was at risk."""
        return float(self.pnl / self.risk)

    @property
    def return_on_cost(self) -> float:
        """Profit as a fraction of what was paid; 0.20 is twenty percent."""
        return float(self.pnl / self.cost)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of the cumulated profit from its highest level so far, the start at zero included."""

    amount: Decimal  # 0 or more, account currency
    since: datetime | None  # when that level was reached; None: it was the start
    until: datetime | None  # when the bottom was reached; None: it never fell


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of a set of trades. Money in account currency, returns as fractions, ratios without unit."""

    count: int
    wins: int
    losses: int
    break_even: int
    pnl: Decimal
    win_rate: float | None
    win_rate_interval: Interval | None  # Wilson
    mean_return: float | None
    median_return: float | None
    mean_r: float | None
    expectancy: Decimal | None  # mean profit of a trade
    average_win: Decimal | None
    average_loss: Decimal | None  # as a positive amount
    payoff: float | None  # average win for one average loss
    profit_factor: float | None  # gross profit for one of gross loss; None without a loss
    max_drawdown: Drawdown | None
    sharpe: float | None  # of a trade's return, not annualised
    sharpe_interval: Interval | None
    sortino: float | None  # of a trade's return against zero, not annualised


def performance(trades: Sequence[Trade], *, level: float = 0.05) -> Performance:
    """Figures of these trades in any order; level is the error allowed to each interval."""
    count = len(trades)
    gains = [trade.pnl for trade in trades if trade.pnl > 0]
    losses = [-trade.pnl for trade in trades if trade.pnl < 0]
    average_win, average_loss = _mean_amount(gains), _mean_amount(losses)
    returns = [trade.return_on_cost for trade in trades]
    total = sum((trade.pnl for trade in trades), Decimal(0))
    ratio = sharpe(returns)
    return Performance(
        count=count,
        wins=len(gains),
        losses=len(losses),
        break_even=count - len(gains) - len(losses),
        pnl=total,
        win_rate=len(gains) / count if count else None,
        win_rate_interval=wilson(len(gains), count, level=level) if count else None,
        mean_return=_mean(returns),
        median_return=median(returns) if returns else None,
        mean_r=_mean([trade.r for trade in trades]),
        expectancy=total / count if count else None,
        average_win=average_win,
        average_loss=average_loss,
        payoff=float(average_win / average_loss) if average_win and average_loss else None,
        profit_factor=float(sum(gains, Decimal(0)) / sum(losses)) if losses else None,
        max_drawdown=max_drawdown(trades),
        sharpe=ratio,
        sharpe_interval=None if ratio is None else around(ratio, sharpe_error(returns, ratio), level=level),
        sortino=sortino(returns),
    )


def max_drawdown(trades: Sequence[Trade]) -> Drawdown | None:
    """Deepest fall of the profit cumulated in order of closing; None below twenty trades.

    Closed trades only: what an open position has lost meanwhile is not in it. Of trades closed at one moment the sum
    counts, their order says nothing.
    """
    if len(trades) < ENOUGH_TRADES:
        return None
    level = peak = deepest = Decimal(0)
    peak_at = since = until = None
    for at, pnl in _profit_by_moment(trades):
        level += pnl
        if level > peak:
            peak, peak_at = level, at
        if peak - level > deepest:
            deepest, since, until = peak - level, peak_at, at
    return Drawdown(deepest, since, until)


def sharpe(returns: Sequence[float]) -> float | None:
    """Mean over sample standard deviation, for one trade, no riskless rate deducted; None below twenty or without spread.

    Source: Sharpe, The Sharpe ratio, Journal of Portfolio Management 21 (1994).
    """
    if len(returns) < ENOUGH_TRADES or _constant(returns):
        return None
    mean = math.fsum(returns) / len(returns)
    return mean / math.sqrt(_moment(returns, mean, 2) * len(returns) / (len(returns) - 1))


def sharpe_error(returns: Sequence[float], ratio: float) -> float:
    """Standard error of a Sharpe ratio of independent returns of any shape, with a spread.

    sqrt((1 + S^2/2 - skewness * S + (kurtosis - 3)/4 * S^2) / n); for normal returns that is Lo's sqrt((1 + S^2/2) / n).
    Sources: Mertens, Comments on variance of the IID estimator in Lo (2002), 2002; Lo, The statistics of Sharpe ratios,
    Financial Analysts Journal 58 (2002). Trades of one day are not independent: bootstrap by day shows what that costs.
    """
    mean = math.fsum(returns) / len(returns)
    variance = _moment(returns, mean, 2)
    skewness = _moment(returns, mean, 3) / variance**1.5
    kurtosis = _moment(returns, mean, 4) / variance**2
    spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    # It is at least (1 - skewness * ratio / 2)^2, since kurtosis >= 1 + skewness^2; only rounding takes it below zero.
    return math.sqrt(max(spread, 0.0) / len(returns))


def sortino(returns: Sequence[float], *, target: float = 0.0) -> float | None:
    """Mean above target over downside deviation, in which every return counts; None below twenty or without a downside.

    (mean - target) / sqrt(mean(min(r - target, 0)^2)). Source: Sortino and Price, Performance measurement in a downside
    risk framework, Journal of Investing 3 (1994).
    """
    if len(returns) < ENOUGH_TRADES:
        return None
    downside = math.fsum(min(value - target, 0.0) ** 2 for value in returns)
    if not downside:
        return None
    return (math.fsum(returns) / len(returns) - target) / math.sqrt(downside / len(returns))


def _profit_by_moment(trades: Sequence[Trade]) -> list[tuple[datetime, Decimal]]:
    sums: dict[datetime, Decimal] = {}
    for trade in trades:
        sums[trade.closed_at] = sums.get(trade.closed_at, Decimal(0)) + trade.pnl
    return sorted(sums.items())


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _mean_amount(amounts: Sequence[Decimal]) -> Decimal | None:
    return sum(amounts, Decimal(0)) / len(amounts) if amounts else None


def _constant(values: Sequence[float]) -> bool:
    return min(values) == max(values)


def _moment(values: Sequence[float], mean: float, power: int) -> float:
    return math.fsum((value - mean) ** power for value in values) / len(values)
