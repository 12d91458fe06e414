"""A replayed day's report as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradingsite.tables import table

Row = Mapping[str, Any]


def report_lines(report: Row) -> Iterator[str]:
    """Alerts, what the jury made of them, fills, positions and books; checks and audit are the caller's to show."""
    session = report["session"]
    hours = f"{session['opens_at'][11:16]}-{session['closes_at'][11:16]} UTC"
    yield f"{report['symbol']} on {report['date']}, session {hours}\n"
    juries = {row["signal"]: row for row in report["decisions"] if row["engine"] == "B"}
    yield _alerts(report["alerts"], juries)
    if any(row["jury"] for row in juries.values()):
        yield _votes(report["alerts"], juries)
    yield _fills(report["fills"])
    yield _positions(report["positions"])
    for book in report["books"]:
        yield f"book {book['book']}: cash {book['cash']}"


def _alerts(alerts: Sequence[Row], juries: Mapping[int, Row]) -> str:
    head = ["time", "http", "outcome", "reason", "what"]
    rows = [[a["at"][11:19], a["http_status"], a["outcome"], a["reason"], a["text"]] for a in alerts]
    if juries:
        head.append("engine B")
        for row, alert in zip(rows, alerts, strict=True):
            row.append(_said(juries.get(_signal_of(alert))))
    for row, alert in zip(rows, alerts, strict=True):
        row.append(alert["note"])
    return table([*head, "expected"], rows, width=None if not juries else 240)


def _signal_of(alert: Row) -> int:
    """0 where it has none of its own."""
    return alert["signals"][0] if alert["signals"] and alert["outcome"] != "duplicate" else 0


def _said(decision: Row | None) -> str:
    if decision is None:
        return ""
    return decision["reason"] or str(decision["plan"]["action"])


def _votes(alerts: Sequence[Row], juries: Mapping[int, Row]) -> str:
    """A line for each alert that the jury was heard on: "enter 62" under each agent."""
    heard = [(alert, juries[_signal_of(alert)]["jury"]) for alert in alerts if _signal_of(alert) in juries]
    heard = [(alert, jury) for alert, jury in heard if jury is not None]
    agents = list(dict.fromkeys(vote["agent"] for _, jury in heard for vote in jury["votes"]))
    rows = []
    for alert, jury in heard:
        votes = {vote["agent"]: vote for vote in jury["votes"]}
        rows.append([alert["at"][11:19], jury["action"], jury["confidence"], *(_vote(votes.get(a)) for a in agents)])
    return table(["votes", "jury", "sure", *agents], rows)


def _vote(vote: Row | None) -> str:
    if vote is None:
        return ""
    if vote["action"] == "abstain":
        return "alarm" if vote["alarm"] else "abstain"
    return f"{vote['action']} {vote['confidence']}{'!' if vote['blocks'] else ''}"


def _fills(fills: Sequence[Row]) -> str:
    rows = [
        [f["executed_at"][11:19], f["book"], f["side"], f["quantity"], f["symbol"], f["price"], _touch(f["quote"])]
        for f in fills
    ]
    return table(["fill", "book", "side", "qty", "contract", "price", "bid / ask"], rows)


def _positions(positions: Sequence[Row]) -> str:
    columns = ("symbol", "book", "status", "entry_quantity", "entry_price", "mark", "realized", "exit_reason")
    head = ["position", "book", "status", "qty", "entry", "mark", "realized", "left because"]
    return table(head, [[position[column] for column in columns] for position in positions])


def _touch(quote: Row | None) -> str:
    return f"{quote['bid']} / {quote['ask']}" if quote else ""
