"""A recorded day through the same code: outcomes as its notes say, the same hash twice, a clean audit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders_app.models import Order
from tradingsite.replay.alerts import BadAlertFile, read_alerts

DATA = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "lean")
recorded = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded market days in {DATA}")
pytestmark = pytest.mark.django_db(transaction=True)


def alert(at: str, **fields: Any) -> str:
    body = {"time": at, "interval": "5", "key": "token-of-the-day", **fields}
    return json.dumps({"at": at, "body": json.dumps(body), "note": ""})


def replayed(tmp_path: Path, symbol: str, day: str, lines: list[str]) -> dict[str, Any]:
    """The report of one replay."""
    alerts, out = tmp_path / "alerts.jsonl", tmp_path / "out.json"
    alerts.write_text("\n".join(lines))
    call_command(
        "replay", f"--data={DATA}", f"--date={day}", f"--symbol={symbol}", f"--alerts={alerts}", f"--json={out}"
    )
    return dict(json.loads(out.read_text()))


GOOG_DAY = [
    alert("2015-12-24T14:15:00Z", ticker="GOOG", action="buy", sentiment="long", order_id="early"),
    alert("2015-12-24T15:00:00Z", ticker="GOOG", action="buy", sentiment="long", order_id="in"),
    alert("2015-12-24T15:30:00Z", ticker="GOOG", action="sell", sentiment="short", order_id="turn"),
    alert("2015-12-24T15:40:00Z", ticker="IBM", action="buy", sentiment="long", order_id="else"),
    alert("2015-12-24T17:57:00Z", ticker="GOOG", action="buy", sentiment="long", order_id="bell"),
    alert("2015-12-24T18:20:00Z", ticker="GOOG", action="sell", sentiment="flat", order_id="late"),
]


@recorded
def test_an_early_close_is_lived_as_it_was(tmp_path: Path) -> None:
    """Nothing before the open, a reversal through flat, out before the early bell, nothing after it."""
    report = replayed(tmp_path, "GOOG", "2015-12-24", GOOG_DAY)

    outcomes = [(a["outcome"], a["reason"]) for a in report["alerts"]]
    assert outcomes == [
        ("rejected", "market_closed"),
        ("ordered", ""),
        ("ordered", ""),
        ("rejected", "no_market_data"),
        ("rejected", "closing_soon"),
        ("rejected", "market_closed"),
    ]
    call, put = report["positions"]
    assert (call["symbol"][10], put["symbol"][10]) == ("C", "P")
    assert put["opened_at"] >= call["closed_at"]
    assert (put["exit_reason"], put["closed_at"][11:16]) == ("end_of_day", "17:55")
    assert report["checks"] == []
    assert report["audit"]["violations"] == []
    assert report["audit"]["checked"] >= 30


@recorded
def test_two_replays_of_a_day_are_the_same(tmp_path: Path) -> None:
    """One hash over decisions, orders and fills, and nothing of it in the real database."""
    first = replayed(tmp_path, "TWX", "2014-06-05", [alert("2014-06-05T15:00:00Z", ticker="TWX", action="buy")])
    again = replayed(tmp_path, "TWX", "2014-06-05", [alert("2014-06-05T15:00:00Z", ticker="TWX", action="buy")])

    assert first["sha256"] == again["sha256"]
    assert first["fills"] and first == again
    assert not Order.objects.exists()


@recorded
def test_a_day_that_was_not_recorded_is_refused(tmp_path: Path) -> None:
    """The command names what is missing instead of replaying nothing."""
    with pytest.raises(CommandError, match=r"no data of GOOG.* on 2015-12-28"):
        replayed(tmp_path, "GOOG", "2015-12-28", GOOG_DAY)


def test_a_folder_without_recorded_days_is_refused(tmp_path: Path) -> None:
    """With the setting that would mend it."""
    (tmp_path / "alerts.jsonl").write_text(GOOG_DAY[0])
    with pytest.raises(CommandError, match="LEAN_DATA_DIR"):
        call_command(
            "replay",
            f"--data={tmp_path}",
            "--date=2015-12-24",
            "--symbol=GOOG",
            f"--alerts={tmp_path / 'alerts.jsonl'}",
        )


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"at": "2015-12-24T15:00:00Z"}',
        '{"at": "noon", "body": ""}',
        '{"at": "2015-12-24T15:00:00", "body": ""}',
        '{"at": "2015-12-24T15:00:00Z", "body": 1}',
    ],
)
def test_a_line_that_is_no_alert_is_named(tmp_path: Path, line: str) -> None:
    """File and line number, and what every line needs."""
    path = tmp_path / "alerts.jsonl"
    path.write_text(GOOG_DAY[0] + "\n\n" + line)
    with pytest.raises(BadAlertFile, match="line 3"):
        read_alerts(path)
