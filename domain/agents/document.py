"""A jury's view and votes as JSON, there and back without loss, and their digests.

Numbers are written by their shortest exact form, so that what is read again is what was seen, bit for bit: the agents
come to the same votes from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import numpy as np

from domain.agents.view import Advice, BookLoad, Gamma, Holding, JuryView, Series
from domain.agents.vote import Vote
from domain.digest import digest
from domain.indicators.candles import Candles
from domain.indicators.hours import SessionHours
from domain.positions import Direction
from domain.quotes import Quote
from domain.sessions import Product, SessionState

_PARTS: Final = ("start", "open", "high", "low", "close", "volume")


def votes_digest(votes: Iterable[Vote]) -> str:
    """Of what was voted, in the order of the seats."""
    return digest([vote.as_json() for vote in votes])


def view_as_json(view: JuryView) -> dict[str, Any]:
    """All of it. What is kept in rows leaves the series to rows of their own: ``without_series``."""
    return without_series(view) | {
        "bars": None if view.bars is None else series_as_json(view.bars),
        "daily": None if view.daily is None else series_as_json(view.daily),
    }


def without_series(view: JuryView) -> dict[str, Any]:
    return {
        "now": view.now.isoformat(),
        "underlying": view.underlying,
        "thesis": view.thesis.value,
        "quote": None if view.quote is None else view.quote.as_json(),
        "session": _session_as_json(view.session),
        "gamma": None if view.gamma is None else {**asdict(view.gamma), "at": view.gamma.at.isoformat()},
        "book": {**asdict(view.book), "holdings": [_holding_as_json(held) for held in view.book.holdings]},
        "advice": None if view.advice is None else {**asdict(view.advice), "at": view.advice.at.isoformat()},
        "notes": dict(view.notes or {}),
    }


def view_from_json(told: Mapping[str, Any]) -> JuryView:
    """What view_as_json wrote. Raises KeyError, ValueError for anything else."""
    return JuryView(
        now=datetime.fromisoformat(told["now"]),
        underlying=told["underlying"],
        thesis=Direction(told["thesis"]),
        quote=None if told["quote"] is None else Quote.from_json(told["quote"]),
        session=_session_from_json(told["session"]),
        bars=None if told["bars"] is None else _series_from_json(told["bars"]),
        daily=None if told["daily"] is None else _series_from_json(told["daily"]),
        gamma=None if told["gamma"] is None else Gamma(**_timed(told["gamma"])),
        book=_book_from_json(told["book"]),
        advice=None if told["advice"] is None else _advice_from_json(told["advice"]),
        notes=dict(told["notes"]),
    )


def series_as_json(series: Series) -> dict[str, Any]:
    hours = series.hours
    return {
        "interval_s": series.interval_s,
        "candles": {part: getattr(series.candles, part).tolist() for part in _PARTS},
        "hours": None if hours is None else [hours.opens.tolist(), hours.closes.tolist()],
    }


def _series_from_json(told: Mapping[str, Any]) -> Series:
    candles = Candles(*(np.asarray(told["candles"][part], dtype=np.float64) for part in _PARTS))  # type: ignore[arg-type]
    hours = told["hours"]
    if hours is not None:
        hours = SessionHours(np.array(hours[0], dtype=np.int64), np.array(hours[1], dtype=np.int64))
    return Series(told["interval_s"], candles, hours)


def _session_as_json(session: SessionState) -> dict[str, Any]:
    return {
        "product": session.product.value,
        "at": session.at.isoformat(),
        "open": session.open,
        "opens_at": session.opens_at.isoformat(),
        "closes_at": session.closes_at.isoformat(),
        "note": session.note,
    }


def _session_from_json(told: Mapping[str, Any]) -> SessionState:
    at, opens_at, closes_at = (datetime.fromisoformat(told[name]) for name in ("at", "opens_at", "closes_at"))
    return SessionState(Product(told["product"]), at, told["open"], opens_at, closes_at, told["note"])


def _holding_as_json(held: Holding) -> list[Any]:
    return [held.underlying, held.thesis.value, held.cost, held.correlation]


def _book_from_json(told: Mapping[str, Any]) -> BookLoad:
    plain = {field.name: told[field.name] for field in fields(BookLoad) if field.name != "holdings"}
    holdings = (Holding(name, Direction(thesis), cost, near) for name, thesis, cost, near in told["holdings"])
    return BookLoad(**plain, holdings=tuple(holdings))


def _advice_from_json(told: Mapping[str, Any]) -> Advice:
    return Advice(**{**_timed(told), "reasons": tuple(told["reasons"])})


def _timed(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "at": datetime.fromisoformat(told["at"])}
