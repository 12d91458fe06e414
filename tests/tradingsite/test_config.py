"""Settings are refused before anything starts, by name, with what was found and what is allowed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradingsite import config

GOOD = {
    "TRADINGSITE_ENV_FILE": "",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "WEBHOOK_SIGNING_SECRET": "0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgresql://trader:hidden-password@127.0.0.1:1/trading",
    "REDIS_URL": "redis://:hidden-password@127.0.0.1:1/0",
    "PUBLIC_URL": "https://trading.example.com",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing but a good environment; tests spoil it."""
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refusal() -> str:
    with pytest.raises(config.SettingsError) as caught:
        config.load()
    return str(caught.value)


def test_paper_on_a_simulated_market_is_what_one_gets_without_asking(environment):
    """Neither live trading nor a real provider may begin because a line was forgotten."""
    settings = config.load()
    assert (settings.TRADING_MODE, settings.MARKET_PROVIDER, settings.DEBUG) == ("paper", "simulated", False)


def test_live_trading_is_refused_in_plain_words(environment):
    """There is no code that sends real orders, so the setting must not pretend it."""
    environment.setenv("TRADING_MODE", "live")
    text = refusal()
    assert "TRADING_MODE" in text
    assert "'live'" in text
    assert "live trading does not exist" in text


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "WEBHOOK_SIGNING_SECRET"])
def test_a_missing_setting_is_named(environment, name):
    """Found: nothing; allowed: what to write there."""
    environment.delenv(name)
    text = refusal()
    assert text.startswith(f"  {name}\n    found:   nothing\n    allowed: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short-secret-that-must-not-be-shown"),
        ("SECRET_KEY", "abababab" * 10),
        ("WEBHOOK_SIGNING_SECRET", "short-secret"),
        ("DATABASE_URL", "mysql://trader:hidden-password@host/trading"),
        ("REDIS_URL", "http://:hidden-password@host"),
        ("ADMIN_PASSWORD", "shortpass"),
        ("FLOWER_PASSWORD", "shortpass"),
        ("SENTRY_DSN", "hidden-password"),
    ],
)
def test_a_wrong_secret_is_named_but_not_shown(environment, name, value):
    """A refusal ends up in logs and screenshots."""
    environment.setenv(name, value)
    text = refusal()
    assert f"  {name}\n" in text
    assert f"{len(value)} characters (hidden)" in text
    assert value not in text
    assert "hidden-password" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARKET_PROVIDER", "bloomberg"),
        ("SIMULATED_SEED", "-1"),
        ("SIMULATED_SEED", "today"),
        ("WEB_PORT", "80000"),
        ("DEBUG", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "my-proxy"),
        ("PUBLIC_URL", "trading.example.com"),
        ("PUBLIC_URL", "http://trading.example.com"),
        ("PUBLIC_URL", "https://trading.example.com/path"),
        ("LEAN_DATA_DIR", "/nowhere/at/all"),
        ("WEB_STATEMENT_TIMEOUT_MS", "0"),
        ("PROCESS_ROLE", "king"),
        ("FLOWER_USER", "a:b"),
        ("LLM_BASE_URL", "llm.example.com/v1"),
        ("LLM_BASE_URL", "https://llm.example.com/v1/"),
        ("LLM_BASE_URL", "https://user:password@llm.example.com/v1"),
        ("LLM_DAILY_COST", "NaN"),
        ("LLM_DAILY_COST", "-1"),
        ("LLM_PRICE_OUT", "free"),
        ("LLM_TIMEOUT_S", "0"),
    ],
)
def test_a_wrong_value_is_shown_beside_what_is_allowed(environment, name, value):
    """The reader must not have to open the source."""
    environment.setenv(name, value)
    text = refusal()
    assert f"  {name}\n    found:   {value!r}" in text
    assert "    allowed: " in text


def test_the_lean_provider_needs_its_folder(environment):
    """A provider without data would refuse every alert at run time instead."""
    environment.setenv("MARKET_PROVIDER", "lean")
    assert "LEAN_DATA_DIR\n    found:   nothing" in refusal()


def test_every_wrong_setting_is_told_at_once(environment):
    """One start shows all of them, not one after the other."""
    environment.setenv("TRADING_MODE", "live")
    environment.setenv("WEB_PORT", "no")
    environment.delenv("REDIS_URL")
    text = refusal()
    assert all(name in text for name in ("TRADING_MODE", "WEB_PORT", "REDIS_URL"))


def test_the_environment_wins_over_the_file(environment, tmp_path: Path):
    """One run can be changed without editing what the others use."""
    file = tmp_path / "env"
    file.write_text("SIMULATED_SEED=7\nLOG_LEVEL=ERROR\n")
    environment.setenv("TRADINGSITE_ENV_FILE", str(file))
    environment.setenv("LOG_LEVEL", "DEBUG")
    settings = config.load()
    assert (settings.SIMULATED_SEED, settings.LOG_LEVEL) == (7, "DEBUG")


def test_a_wrong_value_in_the_file_is_quoted_from_there(environment, tmp_path: Path):
    """What is shown is what was written, wherever it was written."""
    file = tmp_path / "env"
    file.write_text("WEB_PORT=eighty\n")
    environment.setenv("TRADINGSITE_ENV_FILE", str(file))
    assert "found:   'eighty'" in refusal()


def test_web_gives_up_sooner_than_a_worker(environment):
    """A webhook has 2.5 s to say 503; a worker may take its time."""
    environment.setenv("PROCESS_ROLE", "web")
    web = config.load()
    environment.setenv("PROCESS_ROLE", "worker")
    worker = config.load()
    assert web.statement_timeout_ms < 2_500 < worker.statement_timeout_ms
    assert web.lock_timeout_ms < web.statement_timeout_ms


def test_plain_http_is_for_loopback(environment):
    """There cookies cannot be marked secure, and nothing leaves the machine."""
    environment.setenv("PUBLIC_URL", "http://127.0.0.1:8001")
    assert not config.load().https


def test_health_checks_from_inside_are_allowed_hosts(environment):
    """A probe in the same container asks by loopback, whatever the site's public name."""
    assert {"trading.example.com", "127.0.0.1"} <= set(config.load().hosts)


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["-m", "celery", "-A", "tradingsite", "worker"],
        ["-m", "gunicorn", "-c", "python:tradingsite.gunicorn", "tradingsite.wsgi"],
    ],
    ids=["manage", "worker", "web"],
)
def test_every_program_stops_with_a_readable_refusal(command):
    """Exit status 2 and the same words, whichever program was started; no traceback."""
    environment = {**os.environ, **GOOD, "TRADING_MODE": "live", "DJANGO_SETTINGS_MODULE": "tradingsite.settings"}
    result = subprocess.run(
        [sys.executable, *command], cwd=config.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 2
    assert "live trading does not exist" in result.stderr
    assert "Traceback" not in result.stderr
