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


def replayed(tmp_path: Path, symbol: str, day: str, lines: list[str], *arguments: str) -> dict[str, Any]:
    """The report of one replay."""
    alerts, out = tmp_path / "alerts.jsonl", tmp_path / "out.json"
    alerts.write_text("\n".join(lines))
    call_command(
        "replay",
        f"--data={DATA}",
        f"--date={day}",
        f"--symbol={symbol}",
        f"--alerts={alerts}",
        f"--json={out}",
        *arguments,
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


TWX_DAY = [alert("2014-06-05T15:00:00Z", ticker="TWX", action="buy")]


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
    call, put = (position for position in report["positions"] if not position["shadow"])
    assert (call["symbol"][10], put["symbol"][10]) == ("C", "P")
    assert put["opened_at"] >= call["closed_at"]
    assert (put["exit_reason"], put["closed_at"][11:16]) == ("end_of_day", "17:55")
    assert report["checks"] == []
    assert report["audit"]["violations"] == []
    assert report["audit"]["checked"] >= 30


@recorded
def test_both_engines_decide_every_alert_of_a_recorded_day(tmp_path: Path) -> None:
    """The jury is heard on what would open something while the market is open, by every agent of a fresh system."""
    report = replayed(tmp_path, "GOOG", "2015-12-24", GOOG_DAY)

    by_signal: dict[int, dict[str, Any]] = {}
    for decision in report["decisions"]:
        by_signal.setdefault(decision["signal"], {})[decision["engine"]] = decision
    assert [sorted(decided) for decided in by_signal.values()] == [["A", "B"]] * len(GOOG_DAY)
    juries = [decided["B"]["jury"] for decided in by_signal.values()]
    assert [jury is not None for jury in juries] == [False, True, True, True, True, False]
    for jury in filter(None, juries):
        agents = {vote["agent"]: vote for vote in jury["votes"]}
        assert set(agents) == {"risk", "technical", "context", "orb", "gamma_flow", "squeeze", "strat"}
        assert all(vote["reasons"] and not vote["alarm"] for vote in agents.values())
        assert len(jury["view_sha256"]) == len(jury["votes_sha256"]) == 64
    # At 10:00 there is a snapshot of the chain already; of IBM nothing is known, and what is missing abstains.
    assert "abstain" not in {
        vote["action"] for vote in juries[1]["votes"] if vote["agent"] in ("context", "gamma_flow")
    }
    assert {vote["agent"] for vote in juries[3]["votes"] if vote["action"] != "abstain"} == {"risk"}


@recorded
def test_the_other_engines_trades_are_marked_as_shadows(tmp_path: Path) -> None:
    """On a book of their own, in orders, fills, positions and books; bought on one quote, left by the same rule."""
    bought = alert("2015-12-24T17:05:00Z", ticker="GOOG", action="buy", sentiment="long")
    report = replayed(tmp_path, "GOOG", "2015-12-24", [bought])

    assert [(book["book"], book["shadow"]) for book in report["books"]] == [("replay", False), ("replay-shadow", True)]
    for kind in ("orders", "fills", "positions"):
        assert {(row["book"], row["shadow"]) for row in report[kind]} == {("replay", False), ("replay-shadow", True)}
    real, shadow = report["positions"]
    same = {"book": "replay-shadow", "shadow": True}
    assert shadow == real | same and real["exit_reason"] == "end_of_day"
    bought_on, sold_on = ([f["quote"] for f in report["fills"] if f["side"] == side] for side in ("buy", "sell"))
    assert bought_on[0] == bought_on[1] and sold_on[0] == sold_on[1]


@recorded
def test_engine_a_alone_comes_to_the_same_outcomes(tmp_path: Path) -> None:
    """A shadow changes nothing of what the strategy's book does."""
    both = replayed(tmp_path, "TWX", "2014-06-05", TWX_DAY)
    alone = replayed(tmp_path, "TWX", "2014-06-05", TWX_DAY, "--engines=A")

    assert {decision["engine"] for decision in alone["decisions"]} == {"A"}
    assert [book["book"] for book in alone["books"]] == ["replay"]
    outcomes = [[(a["outcome"], a["reason"]) for a in report["alerts"]] for report in (both, alone)]
    assert outcomes[0] == outcomes[1]
    assert [fill for fill in both["fills"] if not fill["shadow"]] == alone["fills"]


@recorded
def test_two_replays_of_a_day_are_the_same(tmp_path: Path) -> None:
    """One hash over both engines' decisions, votes, orders and fills, and nothing of it in the real database."""
    first = replayed(tmp_path, "TWX", "2014-06-05", TWX_DAY)
    again = replayed(tmp_path, "TWX", "2014-06-05", TWX_DAY)

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
