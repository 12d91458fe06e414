"""Bars as arrays, checked once: the one shape that every indicator takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.errors import RuleBroken
from domain.options.normal import FloatArray
from domain.quotes import Bar

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]


class InsufficientHistory(RuleBroken):
    """Fewer bars than the indicator's definition needs."""

    def __init__(self, name: str, *, need: int, have: int) -> None:
        super().__init__("insufficient_history", f"{name} needs {need} bars, have {have}", need=need, have=have)


class BarsWithHoles(RuleBroken):
    """A value that is missing, not a number or impossible: one such bar would spoil every average after it."""

    def __init__(self, message: str) -> None:
        super().__init__("bars_with_holes", message)


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Completed bars, oldest first, one array of shape (n,) for each part; the arrays are copies and read-only.

    start: seconds since 1970 UTC at which each bar begins, strictly ascending; times without trades may be missing.
    Prices in quote currency, above zero, high not below low; volume in shares, zero allowed. Raises BarsWithHoles for
    anything else, NaN and infinity too.
    """

    start: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        for part in fields(self):
            values = np.array(getattr(self, part.name), dtype=np.float64)
            if part.name == "start":
                _refuse_where(~np.isfinite(values), "start", values)
                values = values.astype(np.int64)
            values.flags.writeable = False
            object.__setattr__(self, part.name, values)
        _check_shapes(self)
        for name in ("open", "high", "low", "close"):
            check_prices(name, getattr(self, name))
        _refuse_where(~((self.volume >= 0) & (self.volume < np.inf)), "volume", self.volume)
        check_heights(self.high, self.low)
        _refuse_where(
            np.diff(self.start, prepend=self.start[:1] - 1) <= 0, "start not after the one before", self.start
        )

    @classmethod
    def of(cls, bars: Iterable[Bar]) -> Candles:
        """Bars as a provider answers them. Raises BarsWithHoles."""
        rows = [
            (bar.start.timestamp(), float(bar.open), float(bar.high), float(bar.low), float(bar.close), bar.volume)
            for bar in bars
        ]
        columns = np.array(rows, dtype=np.float64).reshape(-1, 6).T
        return cls(*columns)

    def __len__(self) -> int:
        return len(self.close)

    def need(self, name: str, bars: int) -> None:
        """Raises InsufficientHistory where there are fewer bars than that."""
        if len(self) < bars:
            raise InsufficientHistory(name, need=bars, have=len(self))


def check_prices(name: str, values: FloatArray) -> None:
    """Raises BarsWithHoles unless every value is a number above zero."""
    _refuse_where(~((values > 0) & (values < np.inf)), name, values)


def check_heights(high: FloatArray, low: FloatArray) -> None:
    """Raises BarsWithHoles where a high is below its low."""
    _refuse_where(high < low, "high below low", high)


def row_of_prices(prices: ArrayLike) -> FloatArray:
    """One part of the bars alone, shape (m,), without holes. Raises BarsWithHoles."""
    values = np.asarray(prices, dtype=np.float64)
    check_prices("price", values)
    return values


def _check_shapes(candles: Candles) -> None:
    shapes = {part.name: getattr(candles, part.name).shape for part in fields(candles)}
    if len(set(shapes.values())) > 1 or candles.close.ndim != 1:
        raise BarsWithHoles(f"the parts of the bars differ in shape: {shapes}")


def _refuse_where(wrong: BoolArray, what: str, values: FloatArray | IntArray) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BarsWithHoles(f"bar {at + 1} of {len(values)}: {what} ({values[at]}); {int(wrong.sum())} such in all")
