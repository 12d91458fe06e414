"""Seeding a fresh system, twice."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from books_app import clock
from books_app.models import Account, LedgerEntry
from domain.rules.view import Limits
from domain.selection import ContractPolicy
from positions_app.models import ExitRule
from risk_app.models import RiskLimit
from risk_app.queries import standing_of
from signals_app.models import SelectionPolicy
from tradingsite.defaults import seed

pytestmark = pytest.mark.django_db


def test_a_fresh_system_can_trade_after_seeding() -> None:
    """A book with its cash booked, limits and exit rules with their defaults, a schedule."""
    made = dict(seed())

    book = Account.objects.get(name="paper")
    assert sum(LedgerEntry.objects.filter(line="cash").values_list("amount", flat=True)) == book.cash
    assert standing_of(book, now=clock.now()).limits == Limits()
    assert set(RiskLimit.objects.values_list("code", flat=True)) == set(Limits.__dataclass_fields__)
    assert ExitRule.objects.get(kind="stop_loss").params == {"fraction": "0.50"}
    assert SelectionPolicy.objects.get(name="default").as_policy() == replace(ContractPolicy(), name="default")
    assert SelectionPolicy.objects.get(name="at-the-money").strike == "atm"
    assert made["schedule"] > 0


def test_seeding_again_changes_nothing() -> None:
    """What an operator has changed stays."""
    list(seed())
    RiskLimit.objects.filter(code="max_exposure").update(value=5)
    out = StringIO()
    call_command("seed", json=True, stdout=out)

    assert set(json.loads(out.getvalue()).values()) == {0}
    assert RiskLimit.objects.get(code="max_exposure").value == 5
