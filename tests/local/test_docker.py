"""What can be said of the containers without an engine: the compose file and the image's recipe, read as text."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from local.programs import QUEUES
from tradingsite.config import BASE_DIR, Settings

OURS = ("migrate", "web", "worker", "beat", "stream", "flower")
FOLDER = BASE_DIR / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def recipe() -> str:
    return (FOLDER / "Dockerfile").read_text()


def test_one_process_per_container(compose):
    """Each can be restarted, limited and scaled alone."""
    assert set(compose["services"]) == {"postgres", "valkey", *OURS}


def test_workers_can_be_scaled(compose):
    """A fixed name or port would stop the second one from starting."""
    for name in ("web", "worker", "beat"):
        assert "container_name" not in compose["services"][name]
    assert "ports" not in compose["services"]["worker"]


def test_everything_that_goes_on_has_a_health_check(compose):
    """An orchestrator can only replace what it can ask."""
    without = [name for name, service in compose["services"].items() if "healthcheck" not in service]
    assert without == ["migrate"]


@pytest.mark.parametrize("name", OURS)
def test_our_programs_have_as_little_power_as_they_need(compose, name):
    """No capability, no way to gain one, no place to write but memory."""
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


def test_nothing_is_published_beyond_this_machine(compose):
    """A proxy with TLS stands in front; servers are reached inside only."""
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"web", "flower"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_flower_is_off_unless_asked_for_and_has_a_password(compose):
    """It can revoke tasks and shut workers down."""
    flower = compose["services"]["flower"]
    assert flower["profiles"] == ["flower"]
    assert "FLOWER_BASIC_AUTH" in flower["environment"]


def test_no_secret_has_a_default(compose):
    """A forgotten one stops the start instead of opening the door."""
    text = (FOLDER / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "WEBHOOK_SIGNING_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        uses = re.findall(r"(?<!\$)\$\{" + name + r"([^}]*)\}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_the_worker_takes_the_same_queues_as_everywhere(compose):
    assert f"--queues={QUEUES}" in compose["services"]["worker"]["command"]


def test_every_setting_that_is_passed_exists(compose):
    """A misspelt name would be ignored silently."""
    known = {*Settings.model_fields, "WEB_CONCURRENCY", "FLOWER_BASIC_AUTH"}
    for name in OURS:
        assert set(compose["services"][name]["environment"]) <= known


def test_programs_wait_for_migrations(compose):
    """Code that is newer than its tables would fail in many ways at once."""
    for name in ("web", "worker", "beat", "flower"):
        assert compose["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_alerts_are_taken_while_redis_is_unhealthy(compose):
    """An alert is a row before it is a message."""
    assert compose["services"]["web"]["depends_on"]["valkey"] == {"condition": "service_started"}


def test_images_are_pinned_to_a_version(compose, recipe):
    """The same file gives the same system next month."""
    bases = re.findall(r"^FROM (\S+)", recipe, re.MULTILINE)
    images = [compose["services"][name]["image"] for name in ("postgres", "valkey")]
    for image in bases + images:
        assert re.search(r":\d+\.\d+(\.\d+)?-", image), image


def test_the_image_runs_without_root_and_installs_by_hash(recipe):
    """The last USER counts, and pip takes nothing that is not in the list."""
    assert re.findall(r"^USER (\S+)", recipe, re.MULTILINE)[-1] == "10001:10001"
    assert "--require-hashes" in recipe
    assert "collectstatic" in recipe


def test_neither_secrets_nor_data_enter_the_image():
    """A layer is for ever."""
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().split()
    assert {".env", ".data", ".git", ".venv"} <= set(ignored)
    assert "**/.env" in ignored
