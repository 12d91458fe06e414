"""The record of a selection for people: filters with what they took away, and the best rows with their terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.selection.record import TERMS
from tradingsite.tables import table

WIDTH = 200  # a narrow screen folds the rows, which is better than to cut the score off
HEAD = ["contract", "days", "strike", "bid", "ask", "spread", "delta", "IV", "theta", "open", "volume"]
SCORED = [*(f"+{term}" for term in TERMS), "score"]
Record = Mapping[str, Any]


def selection_lines(record: Record) -> Iterator[str]:
    """Indented as the parts of a trail are; the table stands at the left."""
    yield f"  looked at   {record['underlying']} {record['spot']}, {record['provider']} ({record['feed']})"
    yield f"  filters     {filters_text(record) or 'took nothing away'}"
    yield f"  passed      {record['passed']} of {record['listed']} listed, chosen by {record['how']}"
    for note in record["notes"]:
        yield f"  note        {note}"
    if record["best"]:
        yield table([*HEAD, *SCORED], [_row(row) for row in record["best"]], width=WIDTH).rstrip()


def filters_text(record: Record) -> str:
    return ", ".join(f"{cut['filter']} {cut['count']}" for cut in record["removed"] if cut["count"])


def _row(row: Record) -> list[Any]:
    return [
        row["symbol"],
        row["days"],
        row["strike"],
        row["bid"],
        row["ask"],
        f"{row['spread']:.1%} {row['spread_ticks']}t",
        _shown(row["delta"], ".3f"),
        _shown(row["iv"], ".1%"),
        _shown(row["theta"], ".3f"),
        _shown(row["open_interest"], "d"),
        _shown(row["volume"], "d"),
        *(f"{row['terms'][term]:.2f}" for term in TERMS),
        f"{row['score']:.4f}",
    ]


def _shown(number: float | None, form: str) -> str:
    return "–" if number is None else format(number, form)
