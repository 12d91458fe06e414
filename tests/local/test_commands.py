"""The small things around the servers: ports, the .env, the terminal's table, logs, going into the background."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dotenv import dotenv_values

from local import checks, choices, console, dotenv, logs, probes, state, status
from local.ports import free_port, is_free
from tradingsite import config

PROJECT = Path(__file__).resolve().parents[2]


def test_a_taken_port_is_followed_by_the_next_free_one():
    """8000 is taken, so the site is on 8001, not anywhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert not is_free(taken)
        assert taken < free_port(preferred=taken, following=True) <= taken + 100


def test_the_env_file_has_random_secrets_for_its_owner_only(tmp_path):
    """Two installations never share one, and it is never written over."""
    first, second = tmp_path / "a", tmp_path / "b"
    assert dotenv.write_if_missing(first)
    assert dotenv.write_if_missing(second)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    secrets = ("SECRET_KEY", "WEBHOOK_SIGNING_SECRET", "ADMIN_PASSWORD", "FLOWER_PASSWORD")
    one, other = dotenv_values(first), dotenv_values(second)
    assert all(one[name] != other[name] for name in secrets)
    text = first.read_text()
    assert not dotenv.write_if_missing(first)
    assert first.read_text() == text


def test_the_env_file_that_is_written_is_accepted(tmp_path, monkeypatch):
    """With the addresses of the servers that are started beside it."""
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    dotenv.write_if_missing(tmp_path / "env")
    monkeypatch.setenv("TRADINGSITE_ENV_FILE", str(tmp_path / "env"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://trader:x@127.0.0.1:1/trading")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert config.load().TRADING_MODE == "paper"


@pytest.fixture
def folders(tmp_path, monkeypatch) -> Path:
    """The project's files in a folder of the test's own."""
    for module in (choices, state):
        monkeypatch.setattr(module, "DATA", tmp_path)
        monkeypatch.setattr(module, "ENV_FILE", tmp_path / ".env")
        monkeypatch.setattr(module, "SERVERS_FILE", tmp_path / "servers.env")
    monkeypatch.setattr(state, "STATE_FILE", tmp_path / "supervisor.json")
    monkeypatch.setenv("TRADINGSITE_ENV_FILE", str(tmp_path / ".env"))
    for name in config.Settings.model_fields:
        monkeypatch.setenv(name, "x")  # noted first, so that what a test changes is put back
        monkeypatch.delenv(name)
    dotenv.write_if_missing(tmp_path / ".env")
    return tmp_path


def test_servers_of_ones_own_are_used_instead(folders, monkeypatch):
    """Nothing is started in their place."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:x@db.example.com/trading")
    chosen = choices.choose()
    assert not chosen.own_postgres
    assert chosen.own_valkey
    assert chosen.addresses.database_url == "postgresql://me:x@db.example.com/trading"


def test_a_taken_web_port_is_told_and_the_public_address_follows(folders, monkeypatch, capsys):
    """The webhook address that is printed must be the one that works."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setenv("WEB_PORT", str(taken))
        chosen = choices.choose()
    assert taken != chosen.settings.WEB_PORT
    assert f"http://127.0.0.1:{chosen.settings.WEB_PORT}" == chosen.settings.PUBLIC_URL
    assert f"port {taken} is taken" in capsys.readouterr().out


def test_two_programs_never_get_the_same_port(folders, monkeypatch):
    """Whatever .env says."""
    port = str(free_port())
    monkeypatch.setenv("WEB_PORT", port)
    monkeypatch.setenv("FLOWER_PORT", port)
    chosen = choices.choose()
    assert chosen.settings.WEB_PORT != chosen.settings.FLOWER_PORT


def test_a_wrong_setting_is_refused_before_anything_starts(folders, monkeypatch):
    """With the same words as by every other program."""
    monkeypatch.setenv("TRADING_MODE", "live")
    with pytest.raises(config.SettingsError, match="live trading does not exist"):
        choices.choose()


def test_status_of_nothing_is_not_well(folders, capsys):
    """Exit 1, so that a script can ask."""
    assert status.report(as_json=True) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["well"] is False
    assert {server["state"] for server in shown["servers"]} == {"stopped"}


def test_a_server_that_does_not_answer_is_a_finding_and_not_a_crash():
    """`make status` is asked when things are broken."""
    nowhere = probes.Addresses("postgresql://a:b@127.0.0.1:1/x", "redis://127.0.0.1:1/0", *["http://127.0.0.1:1"] * 2)
    for name in probes.PROBES:
        finding = probes.ask(name, nowhere)
        assert not finding.well
        assert finding.detail


def test_a_table_has_columns_of_one_width():
    assert console.table([("web", "well"), ("postgres", "unwell")], ("server", "state")).splitlines() == [
        "server    state",
        "--------  ------",
        "web       well",
        "postgres  unwell",
    ]


def test_logs_shows_the_end_of_each_and_names_what_there_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(logs, "LOGS", tmp_path)
    (tmp_path / "web.log").write_text("".join(f"line {n}\n" for n in range(100)))
    assert logs.logs("web", follow=False) == 0
    assert capsys.readouterr().out.splitlines() == [f"web | line {n}" for n in range(80, 100)]
    assert logs.logs("cat", follow=False) == 1
    assert "There are: web" in capsys.readouterr().err


def test_following_a_log_shows_whole_lines_only(tmp_path, capsys):
    """Half a line of JSON is of no use to anybody."""
    path = tmp_path / "web.log"
    path.write_text("one\ntwo")
    offset = logs._show_new(path, 0)
    assert capsys.readouterr().out == "web | one\n"
    path.write_text("one\ntwo\n")
    assert logs._show_new(path, offset) == 8
    assert capsys.readouterr().out == "web | two\n"


BACKGROUND = """
import sys, time
from pathlib import Path
from local.detach import in_background

def work(ready):
    print("starting")
    if sys.argv[2] == "fail":
        return 3
    ready()
    print("working")
    return 0

raise SystemExit(in_background(work, log=Path(sys.argv[1])))
"""


def run_in_background(log: Path, how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BACKGROUND, str(log), how]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30)


def test_the_terminal_sees_the_start_and_the_log_what_follows(tmp_path):
    """`make up DETACH=1` returns when everything runs."""
    log = tmp_path / "log"
    result = run_in_background(log, "succeed")
    assert (result.returncode, result.stdout) == (0, "starting\n")
    deadline = time.monotonic() + 10
    while not log.exists() or log.read_text() != "working\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_failed_start_in_the_background_fails_in_the_terminal(tmp_path):
    """With the same exit status."""
    result = run_in_background(tmp_path / "log", "fail")
    assert (result.returncode, result.stdout) == (3, "starting\n")


def test_mypy_looks_at_all_of_domain_services_and_queries():
    """A new app is included by its room's name."""
    paths = checks.typed_paths()
    assert "domain" in paths
    assert any(path.startswith("risk_app/") for path in paths)
    assert not any(path.startswith(".venv") for path in paths)


def test_an_old_python_is_told_what_is_missing():
    """Without a traceback; here no Python of the path will do."""
    code = (
        "import sys; import local.__main__ as entry; entry.usable = lambda python: False;"
        "sys.argv = ['local', 'up']; entry.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, env=dict(os.environ), timeout=30
    )
    assert result.returncode == 1
    assert "needs Python 3.11 or newer with its venv module" in result.stderr
    assert "Traceback" not in result.stderr
