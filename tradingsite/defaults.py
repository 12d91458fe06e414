"""What a fresh system needs before its first alert. Everything here may be run again: what exists is left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from books_app import clock, ledger
from books_app.models import Account
from domain.flags import VARIANT_B
from domain.rules.view import Limits
from market_app.defaults import seed_providers
from market_app.models import TradingSession
from market_app.sessions import seed_sessions
from positions_app.services.rules import seed_default_rules
from risk_app.models import RiskLimit
from signals_app.jury.defaults import seed_policies, seed_seats
from signals_app.models import FeatureFlag, SelectionPolicy, Signal
from tradingsite.roles import install_roles
from workers.schedule import install_schedule

BOOK = "paper"
CALENDAR_REACHES = timedelta(days=180)


def seed() -> Iterator[tuple[str, int]]:
    """Does it step by step; yields what was seeded and how many rows were new."""
    yield "roles", install_roles()
    yield "administrator", _administrator()
    yield "book", _book()
    yield "limits", _limits()
    yield "selection policies", _policies()
    yield "jury policies", seed_policies()
    yield "seats of the jury", seed_seats()
    yield "feature flags", _flags()
    yield "exit rules", seed_default_rules()
    yield "trading sessions", _sessions()
    yield "providers of market data", seed_providers()
    yield "schedule", install_schedule()


def _administrator() -> int:
    users = get_user_model().objects
    if not settings.ADMIN_PASSWORD or users.filter(username=settings.ADMIN_USER).exists():
        return 0
    users.create_superuser(settings.ADMIN_USER, password=settings.ADMIN_PASSWORD)
    return 1


@transaction.atomic
def _book() -> int:
    account, created = Account.objects.get_or_create(name=BOOK)
    if created:
        ledger.book_deposit(account, booking=f"deposit:{account.pk}", amount=account.cash)
    return int(created)


def _limits() -> int:
    built_in = Limits()
    made = 0
    for code in RiskLimit.Code.values:
        _, created = RiskLimit.objects.get_or_create(
            account=None, code=code, defaults={"value": Decimal(getattr(built_in, code))}
        )
        made += created
    return made


def _policies() -> int:
    """The built-in policy as a row that can be edited, and the nearest strike for those who want nothing else."""
    made = [
        SelectionPolicy.objects.get_or_create(name="default"),
        SelectionPolicy.objects.get_or_create(name="at-the-money", defaults={"strike": SelectionPolicy.Strike.ATM}),
    ]
    return sum(created for _, created in made)


def _flags() -> int:
    """A fresh system decides with both engines: A trades, B is its shadow. One that has lived is left as it was run."""
    if FeatureFlag.objects.exists() or Signal.objects.exists():
        return 0
    FeatureFlag.objects.create(name=VARIANT_B, enabled=True)
    return 1


def _sessions() -> int:
    """The calendar is read from the exchange calendars' library only when the rows end too soon: that takes seconds."""
    today = clock.now().date()
    if TradingSession.objects.filter(date__gt=today + CALENDAR_REACHES).exists():
        return 0
    return seed_sessions(today=today)
