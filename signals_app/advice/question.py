"""What a language model is asked about an alert: one picture of figures, the same for the same view.

Nothing that somebody outside has written goes in. An alert's comment, its order's name or any other free text could carry
instructions to the model (prompt injection), so only numbers, our own words and the underlying's symbol, which has
passed the grammar of symbols, are told. No names of books or strategies, no amounts of money of the book, no secrets.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from domain import indicators
from domain.agents import BookLoad, Gamma, JuryView, Series
from domain.agents.view import EXCHANGE
from domain.errors import RuleBroken
from domain.positions import Direction
from domain.quotes import Quote

PROMPT_VERSION: Final = 1  # one more with every change of the words, the figures or the schema
MOST_REASONS: Final = 5
LONGEST_REASON: Final = 200
FIGURES: Final = 6  # significant digits
ACTIONS: Final = ("enter", "skip", "reject")
BIASES: Final = ("bullish", "bearish", "neutral")

SYSTEM: Final = f"""You advise on one trading alert. You see figures only, measured before the alert is decided.
The alert wants to buy a call (wish: bullish) or a put (wish: bearish) on the underlying.
Say enter when the figures support the wish, skip when they are no case for it, reject when they speak against it.
bias is where you think the underlying goes, whatever the alert wishes.
confidence is a whole number from 0 to 100: your confidence in the action.
reasons: 1 to {MOST_REASONS} short sentences of at most {LONGEST_REASON} characters, weightiest first, each naming its figures.
A figure that is null is not known: never guess it, and be less confident without it.
Answer with one JSON object of the given schema and nothing else."""

# Only what every server's strict mode takes: bounds of numbers and lengths are told above and checked by the reader.
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "enum": list(ACTIONS)},
        "bias": {"type": "string", "enum": list(BIASES)},
        "confidence": {"type": "integer"},
        "reasons": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["action", "bias", "confidence", "reasons"],
    "additionalProperties": False,
}

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    version: int
    messages: tuple[dict[str, str], ...]


def question_of(view: JuryView) -> Question:
    """The messages to send. The same view gives the same bytes."""
    told = json.dumps(figures_of(view), separators=(",", ":"), allow_nan=False)
    return Question(PROMPT_VERSION, ({"role": "system", "content": SYSTEM}, {"role": "user", "content": told}))


def figures_of(view: JuryView) -> Figures:
    """Prices in quote currency, ages in seconds; None for what is not known."""
    local = view.now.astimezone(EXCHANGE)
    return {
        "underlying": view.underlying,
        "wish": "bullish" if view.thesis is Direction.LONG else "bearish",
        "new_york": f"{local:%a %H:%M}",
        "session": {
            "product": view.session.product.value,
            "open": view.session.open,
            "minutes_to_close": _round(view.to_close.total_seconds() / 60),
        },
        "quote": _quote(view),
        "bars": _series(view.bars, view),
        "daily": _series(view.daily, view),
        "gamma": _gamma(view.gamma, view),
        "book": _book(view.book),
    }


def _quote(view: JuryView) -> Figures | None:
    quote: Quote | None = view.quote
    if quote is None:
        return None
    return {
        "bid": _round(quote.bid),
        "ask": _round(quote.ask),
        "last": _round(quote.last),
        "age_s": _round((view.now - quote.provider_time).total_seconds()),
    }


def _series(series: Series | None, view: JuryView) -> Figures | None:
    """Of completed bars; an indicator with too few of them, or over a hole, is not known."""
    if series is None or not len(series.candles):
        return None
    bars = series.candles
    return {
        "interval_s": series.interval_s,
        "age_s": _round(series.age_s(view.now)),
        "last_close": _round(bars.close[-1]),
        "high_20": _known(lambda: bars.high[-20:].max()) if len(bars) >= 20 else None,
        "low_20": _known(lambda: bars.low[-20:].min()) if len(bars) >= 20 else None,
        "ema_9": _known(lambda: indicators.ema(bars.close, 9)),
        "ema_21": _known(lambda: indicators.ema(bars.close, 21)),
        "ema_50": _known(lambda: indicators.ema(bars.close, 50)),
        "rsi_14": _known(lambda: indicators.rsi(bars.close)),
        "atr_14": _known(lambda: indicators.atr(bars.high, bars.low, bars.close)),
    }


def _gamma(gamma: Gamma | None, view: JuryView) -> Figures | None:
    if gamma is None:
        return None
    levels = ("total", "total_later", "call_wall", "put_wall", "zero_gamma", "max_pain", "put_call_interest")
    later = ("put_call_volume", "call_premium", "put_premium", "atm_iv", "expected_to_close")
    return {
        "dealers": gamma.dealers,
        "age_s": _round(gamma.age_s(view.now)),
        **{name: _round(getattr(gamma, name)) for name in (*levels, *later)},
    }


def _book(book: BookLoad) -> Figures:
    """How full it is, in counts and shares of its limits: how much money is in it is nobody's business."""
    return {
        "positions": book.open_positions,
        "positions_allowed": book.max_open_positions,
        "positions_on_underlying": book.positions_on_symbol,
        "positions_on_underlying_allowed": book.max_positions_per_symbol,
        "exposure_used": _share(book.exposure, book.max_exposure),
        "daily_loss_used": _share(book.loss_today, book.max_daily_loss),
        "bullish_holdings": sum(held.thesis is Direction.LONG for held in book.holdings),
        "bearish_holdings": sum(held.thesis is Direction.SHORT for held in book.holdings),
        "highest_correlation": _round(
            max((held.correlation for held in book.holdings if held.correlation is not None), default=None)
        ),
    }


def _share(used: float, allowed: float) -> float | None:
    return _round(used / allowed) if allowed > 0 else None


def _known(calculated: Callable[[], float]) -> float | None:
    try:
        return _round(calculated())
    except RuleBroken:
        return None


def _round(value: Any) -> float | None:
    """Six significant digits; None for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{float(value):.{FIGURES}g}")
