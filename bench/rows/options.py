"""Option mathematics on a chain at once, beside loops that ask vollib and QuantLib for one contract after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np

from bench.figures import Comparison, Result, Skipped
from bench.run import Run
from domain.options import bsm
from domain.options.normal import FloatArray

SPOT: Final = 100.0
RATE: Final = 0.04
DIVIDEND_YIELD: Final = 0.012
NEEDED: Final = ("vollib", "QuantLib")
ACCURATE_TO: Final = 1e-10  # of volatility
A_WHILE_S: Final = 0.02
SEEN: Final = 0.01  # vega per vol point: below it a price says little about volatility
_FEMTO: Final = 1e15
VOLLIB: Final = "loop over vollib"
QUANTLIB: Final = "loop over QuantLib"
QUANTLIB_SOLVER: Final = "loop over QuantLib's blackFormulaImpliedStdDev at its own accuracy of 1e-6"


@dataclass(frozen=True, slots=True)
class Chain:
    """Calls and puts of all moneyness, from a day to two years; prices are QuantLib's. Arrays of shape (n,)."""

    sign: FloatArray
    strike: FloatArray
    years: FloatArray
    vol: FloatArray
    price: FloatArray

    @property
    def terms(self) -> tuple[FloatArray, float, FloatArray, FloatArray, float, float]:
        return self.sign, SPOT, self.strike, self.years, RATE, DIVIDEND_YIELD

    def each(self, *columns: FloatArray) -> list[tuple[float, ...]]:
        """Rows of plain numbers, as a loop would hold them."""
        return list(zip(*(column.tolist() for column in (self.sign, self.strike, self.years, *columns)), strict=True))


def greeks(run: Run) -> list[Result]:
    if missing := _missing():
        return [Skipped("greeks", missing)]
    chain = _chain(run.counts.option_contracts)
    rows = chain.each(chain.vol)
    ours, vollib, quantlib = _rates(
        run,
        len(rows),
        lambda: bsm.greeks(*chain.terms, chain.vol),
        _vollib_greeks(rows),
        _quantlib_greeks(rows),
    )
    what = f"delta, gamma, theta, vega, rho of {len(rows):,}"
    return [
        Comparison("greeks", what, "contracts/ms", ours, vollib, 100.0, at_least=True, floor_is=VOLLIB),
        Comparison("greeks", what, "contracts/ms", ours, quantlib, 10.0, at_least=True, floor_is=QUANTLIB),
    ]


def implied_volatility(run: Run) -> list[Result]:
    if missing := _missing():
        return [Skipped("iv", missing)]
    chain = _chain(run.counts.option_contracts)
    rows = chain.each(chain.price)
    ours, vollib, quantlib = _rates(
        run,
        len(rows),
        lambda: bsm.implied_volatility(chain.price, *chain.terms),
        _vollib_volatilities(rows),
        _quantlib_volatilities(rows),
    )
    what = f"implied volatility of {len(rows):,}"
    return [
        Comparison("iv", what, "contracts/ms", ours, vollib, 8.0, at_least=True, floor_is=VOLLIB),
        Comparison("iv", what, "contracts/ms", ours, quantlib, 1.0, at_least=True, floor_is=QUANTLIB_SOLVER),
        Comparison(
            "iv",
            "greatest error where vega is over a cent",
            "1e-15",
            [_greatest_error(chain) * _FEMTO],
            [ACCURATE_TO * _FEMTO],
            1.0,
            floor_is=f"{ACCURATE_TO:g} in volatility",
        ),
    ]


def _missing() -> str:
    absent = [name for name in NEEDED if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed: requirements-dev.txt names them" if absent else ""


def _chain(count: int) -> Chain:
    import QuantLib

    draw = np.random.default_rng(2015)
    sign = draw.choice([-1.0, 1.0], count)
    strike = np.round(SPOT * np.exp(draw.normal(0.0, 0.25, count)), 1)
    years, vol = draw.uniform(1 / 365, 2.0, count), draw.uniform(0.1, 1.0, count)
    price = [
        QuantLib.blackFormula(_right(right), k, _forward(t), v * math.sqrt(t), math.exp(-RATE * t))
        for right, k, t, v in zip(sign, strike.tolist(), years.tolist(), vol.tolist(), strict=True)
    ]
    return Chain(sign, strike, years, vol, np.array(price))


def _forward(years: float) -> float:
    return SPOT * math.exp((RATE - DIVIDEND_YIELD) * years)


def _right(sign: float) -> int:
    import QuantLib

    right: int = QuantLib.Option.Call if sign > 0.0 else QuantLib.Option.Put
    return right


def _greatest_error(chain: Chain) -> float:
    """NaN, where a volatility is not found, is the greatest of all."""
    seen = bsm.greeks(*chain.terms, chain.vol).vega > SEEN
    found = bsm.implied_volatility(chain.price, *chain.terms)
    return float(np.abs(found - chain.vol)[seen].max())


def _rates(run: Run, count: int, *actions: Callable[[], object]) -> tuple[list[float], ...]:
    """Contracts in a millisecond of each, A B C A B C …, after one round that only warms up."""
    taken: tuple[list[float], ...] = tuple([] for _ in actions)
    for action in actions:
        action()
    for repetition in range(run.counts.option_repetitions):
        run.tell(f"{repetition + 1} of {run.counts.option_repetitions}")
        for action, own in zip(actions, taken, strict=True):
            own.append(count / (_seconds(action) * 1000))
    return taken


def _seconds(action: Callable[[], object]) -> float:
    """Of one call, over as many as fill a while: one that takes half a millisecond is not timed alone."""
    began, calls, passed = time.perf_counter(), 0, 0.0
    while passed < A_WHILE_S:
        action()
        calls += 1
        passed = time.perf_counter() - began
    return passed / calls


def _vollib_greeks(rows: Iterable[tuple[float, ...]]) -> Callable[[], object]:
    from vollib.black_scholes_merton.greeks import analytical

    asked = [(_flag(sign), SPOT, strike, years, RATE, vol, DIVIDEND_YIELD) for sign, strike, years, vol in rows]
    wanted = (analytical.delta, analytical.gamma, analytical.theta, analytical.vega, analytical.rho)
    return lambda: [[greek(*contract) for greek in wanted] for contract in asked]


def _vollib_volatilities(rows: Iterable[tuple[float, ...]]) -> Callable[[], object]:
    from py_lets_be_rational.exceptions import BelowIntrinsicException  # type: ignore[import-untyped]
    from vollib.black_scholes_merton.implied_volatility import implied_volatility

    asked = [(price, SPOT, strike, years, RATE, DIVIDEND_YIELD, _flag(sign)) for sign, strike, years, price in rows]

    def one(contract: tuple[object, ...]) -> float:
        try:
            return float(implied_volatility(*contract))
        except BelowIntrinsicException:  # by a rounding, deep in the money
            return math.nan

    return lambda: [one(contract) for contract in asked]


def _flag(sign: float) -> str:
    return "c" if sign > 0.0 else "p"


def _quantlib_greeks(rows: Iterable[tuple[float, ...]]) -> Callable[[], object]:
    import QuantLib

    asked = [
        (_right(sign), strike, _forward(years), vol * math.sqrt(years), math.exp(-RATE * years), years)
        for sign, strike, years, vol in rows
    ]

    def one(right: int, strike: float, forward: float, spread: float, discount: float, years: float) -> object:
        black = QuantLib.BlackCalculator(QuantLib.PlainVanillaPayoff(right, strike), forward, spread, discount)
        return black.delta(SPOT), black.gamma(SPOT), black.theta(SPOT, years), black.vega(years), black.rho(years)

    return lambda: [one(*contract) for contract in asked]


def _quantlib_volatilities(rows: Iterable[tuple[float, ...]]) -> Callable[[], object]:
    import QuantLib

    asked = [
        ((_right(sign), strike, _forward(years), price, math.exp(-RATE * years)), math.sqrt(years))
        for sign, strike, years, price in rows
    ]

    def one(contract: tuple[float, ...], root_years: float) -> float:
        try:
            return float(QuantLib.blackFormulaImpliedStdDev(*contract)) / root_years
        except RuntimeError:  # how QuantLib says that its solver found none
            return math.nan

    return lambda: [one(*contract) for contract in asked]
