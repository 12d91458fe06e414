"""Keeping what a jury saw, and seeing it again.

Alerts on one symbol within one bar see the same bars, so bars are kept once, by the digest of what is in them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from books_app.rows import fetched
from domain.agents import JuryView, Series
from domain.agents.document import series_as_json, view_from_json, without_series
from domain.digest import digest
from signals_app.models import JuryRecord

_KNOWN: Final = "SELECT digest, id FROM signals_app_seriesseen WHERE digest = ANY(%s)"
_KEEP: Final = """
    INSERT INTO signals_app_seriesseen (digest, symbol, interval_s, document) VALUES (%s, %s, %s, %s)
    ON CONFLICT (digest) DO NOTHING RETURNING id
"""
_written: WeakKeyDictionary[Series, tuple[str, str]] = WeakKeyDictionary()  # the same object serves many alerts


@dataclass(frozen=True, slots=True)
class KeptView:
    """document: the view without its series, whose digests are in it; digest is of that."""

    document: dict[str, Any]
    digest: str
    bars_id: int | None
    daily_id: int | None


def kept_view(view: JuryView) -> KeptView:
    """Write the series that are not there yet, in the caller's transaction."""
    both = _series_of(view)
    known = dict(fetched(_KNOWN, [[_text(series)[0] for series in both.values()]])) if both else {}
    ids = {
        name: known.get(_text(series)[0]) or _keep(view.underlying, series, *_text(series))
        for name, series in both.items()
    }
    document = document_of(view)
    return KeptView(document, digest(document), ids.get("bars"), ids.get("daily"))


def document_of(view: JuryView) -> dict[str, Any]:
    """The view as it is kept: digests stand for its series. The digest of that is kept beside it."""
    series = {name: _text(one)[0] for name, one in _series_of(view).items()}
    return without_series(view) | {"bars": series.get("bars"), "daily": series.get("daily")}


def view_of(record: JuryRecord) -> JuryView:
    """What the jury saw, exactly. The record's series are at hand, or are read now."""
    series = {"bars": record.bars, "daily": record.daily}
    documents = {name: None if row is None else row.document for name, row in series.items()}
    return view_from_json({**record.view, **documents})


def _series_of(view: JuryView) -> dict[str, Series]:
    both = {"bars": view.bars, "daily": view.daily}
    return {name: series for name, series in both.items() if series is not None}


def _text(series: Series) -> tuple[str, str]:
    """Digest and JSON of a series."""
    found = _written.get(series)
    if found is None:
        document = series_as_json(series)
        found = _written[series] = (digest(document), json.dumps(document, separators=(",", ":")))
    return found


def _keep(symbol: str, series: Series, sha256: str, text: str) -> int:
    rows = fetched(_KEEP, (sha256, symbol, series.interval_s, text))
    rows = rows or [(row_id,) for _, row_id in fetched(_KNOWN, [[sha256]])]  # somebody else was faster
    return int(rows[0][0])
