"""The linter for alert bodies: what it prints and how it exits."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from books_app import clock
from signals_app.management.commands.parse_alert import Command

GOOD = '{"ticker": "F", "action": "buy", "quantity": 3, "time": "2020-05-05T15:00:00Z"}'


def run(*arguments: str, body: str | None = None, monkeypatch: pytest.MonkeyPatch | None = None) -> tuple[int, str]:
    """Exit status and output."""
    if body is not None:
        assert monkeypatch is not None
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body.encode())))
    out = io.StringIO()
    try:
        call_command("parse_alert", *arguments, stdout=out)
    except SystemExit as e:
        return int(e.code or 0), out.getvalue()
    return 0, out.getvalue()


def told(*arguments: str, **options: Any) -> tuple[int, dict[str, Any]]:
    status, printed = run("--json", *arguments, **options)
    return status, json.loads(printed)


def test_an_accepted_alert_is_printed_in_its_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Received one second after its own time, however long ago that was."""
    status, answer = told(body=GOOD, monkeypatch=monkeypatch)

    assert status == 0
    assert (answer["accept"], answer["symbol"], answer["intent"], answer["quantity"]) == (True, "F", "open_long", "3")


def test_without_a_time_it_is_received_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an option that has expired by today's date is refused."""
    body = '{"ticker": "F200117C00009000", "action": "buy"}'
    with clock.running_on(lambda: datetime(2020, 1, 18, 12, tzinfo=UTC)):
        assert told(body=body, monkeypatch=monkeypatch)[1]["reason"] == "expired_contract"
    with clock.running_on(lambda: datetime(2020, 1, 17, 12, tzinfo=UTC)):
        assert told(body=body, monkeypatch=monkeypatch)[0] == 0


def test_a_refused_alert_exits_with_three_and_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code, sentence, fix and page, and the figures of the refusal."""
    status, answer = told(body='{"ticker": "CBOE:SPX", "action": "buy"}', monkeypatch=monkeypatch)

    assert (status, answer["accept"], answer["reason"]) == (3, False, "unmapped_or_untradable_symbol")
    assert answer["docs"] == "docs/reasons/unmapped_or_untradable_symbol.md"
    assert "SPY instead of SPX" in answer["fix"]
    assert (answer["asset_class"], answer["yahoo"], answer["http_status"]) == ("index", "^GSPC", 422)


def test_the_arrival_can_be_set(tmp_path: Path) -> None:
    """And the body read from a file."""
    file = tmp_path / "body.json"
    file.write_text(GOOD)

    assert told("--file", str(file), "--received-at", "2020-05-05T15:04:00Z")[0] == 0
    assert told("--file", str(file), "--received-at", "2020-05-05T16:00:00+00:00")[1]["reason"] == "stale_alert"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (GOOD, ["accepted", "  symbol               F", "  intent               open_long"]),
        ("TSLA 🚀", ["accepted", "  kind                 notice", "  text                 TSLA 🚀"]),
        ("null", ["refused: not_an_object"]),
        ('[{"symbol": "F", "side": "exit", "x": {"y": true}}]', ["  alert 1", "    intent               flatten",
                                                                 "    fields               x=y=true"]),
    ],
)  # fmt: skip
def test_people_get_one_fact_per_line(body: str, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict first, then name and value."""
    printed = run(body=body, monkeypatch=monkeypatch)[1].splitlines()

    assert [line for line in lines if line not in printed] == []


@pytest.mark.parametrize("body", ["", "\x00", "[" * 40_000, "{", '{"a": 1e400}'])
def test_no_body_makes_a_traceback(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that can be wrong has a reason."""
    status, answer = told(body=body, monkeypatch=monkeypatch)

    assert (status, answer["accept"]) == (3, False)


def test_wrong_arguments_are_told() -> None:
    """A file that is not there, a time that is none."""
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("parse_alert", "--file", "/no/such/file")
    with pytest.raises(CommandError, match="is not an ISO time"):
        call_command("parse_alert", "--received-at", "yesterday")


def test_it_needs_no_database() -> None:
    """No system check runs before it, and pytest-django would fail this module if it touched one."""
    assert Command.requires_system_checks == []
