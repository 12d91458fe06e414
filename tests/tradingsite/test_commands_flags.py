"""Feature flags from a terminal."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from books_app.models import AuditEvent
from domain.flags import FLAGS
from signals_app.models import FeatureFlag

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("flags", *arguments, stdout=out)
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_every_flag_is_listed_as_it_is_in_force() -> None:
    """With who said so and what it waits for, for people and for machines."""
    text = run()
    assert all(name in text for name in FLAGS)
    listed = {flag["name"]: flag for flag in told()}
    assert listed["enable_shadow"] == {
        "name": "enable_shadow", "in_force": False, "asked": True, "by": "default", "waits_for": ["enable_variant_b"],
        "default": True, "needs": ["enable_variant_b"], "variable": "FLAG_ENABLE_SHADOW",
        "meaning": FLAGS["enable_shadow"].meaning,
    }  # fmt: skip


def test_a_row_is_set_with_an_audit_row_and_twice_is_once() -> None:
    """Old and new value, and who did it."""
    assert told("enable_variant_b", "on")["in_force"] is True
    run("enable_variant_b", "on")
    assert "enable_variant_b is off, said by row" in run("enable_variant_b", "off")

    assert FeatureFlag.objects.get().enabled is False
    steps = AuditEvent.objects.filter(entity="feature_flag").order_by("pk")
    assert [(event.to_state, event.data["changed"]["enabled"]) for event in steps] == [
        ("added", [None, True]),
        ("changed", [True, False]),
    ]
    assert all(event.actor.startswith("command") for event in steps)


def test_it_says_when_the_environment_overrides_the_row() -> None:
    """The row is written, and has no effect."""
    with override_settings(FLAGS_SAID={"enable_variant_b": False}):
        text = run("enable_variant_b", "on")
    assert FeatureFlag.objects.get().enabled is True
    assert "enable_variant_b is off, said by environment" in text
    assert "FLAG_ENABLE_VARIANT_B overrides the row" in text


def test_a_flag_that_waits_says_for_what() -> None:
    """Switching it on alone changes nothing."""
    assert "It waits for enable_variant_b." in run("enable_satyland", "on")
    assert "It waits for enable_variant_b." in run("enable_satyland")


@pytest.mark.parametrize("arguments", [["enable_hope"], ["enable_hope", "on"]])
def test_a_name_that_is_no_flag_is_refused(arguments: list[str]) -> None:
    """With the names that there are, and without a row."""
    with pytest.raises(CommandError, match="no flag is called enable_hope"):
        run(*arguments)
    assert not FeatureFlag.objects.exists()
