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
from domain.agents.document import digest, series_as_json, view_from_json, without_series
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
    both = {name: series for name in ("bars", "daily") if (series := getattr(view, name)) is not None}
    texts = {name: _text(series) for name, series in both.items()}
    known = dict(fetched(_KNOWN, [[sha256 for sha256, _ in texts.values()]])) if texts else {}
    ids = {
        name: known.get(texts[name][0]) or _keep(view.underlying, series, *texts[name]) for name, series in both.items()
    }
    document = without_series(view) | {name: texts[name][0] if name in texts else None for name in ("bars", "daily")}
    return KeptView(document, digest(document), ids.get("bars"), ids.get("daily"))


def view_of(record: JuryRecord) -> JuryView:
    """What the jury saw, exactly. The record's series are at hand, or are read now."""
    series = {"bars": record.bars, "daily": record.daily}
    documents = {name: None if row is None else row.document for name, row in series.items()}
    return view_from_json({**record.view, **documents})


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
