"""People for tests: one of each role, in front of the admin or of the API."""

from __future__ import annotations

import itertools

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from tradingsite.roles import install_roles

PASSWORD = "a-long-password-of-tests"
VIEWER, TRADER, RISK_OFFICER, NOBODY, ADMINISTRATOR = "viewer", "trader", "risk officer", "nobody", "administrator"
_numbers = itertools.count(1)


def a_person(role: str) -> User:
    """Somebody of the staff with that role; ``nobody`` has none, ``administrator`` needs none."""
    install_roles()
    user: User = get_user_model().objects.create_user(
        f"{role.split()[0]}-{next(_numbers)}", password=PASSWORD, is_staff=True
    )
    if role == ADMINISTRATOR:
        user.is_superuser = True
        user.save()
    elif role != NOBODY:
        user.groups.add(Group.objects.get(name=role))
    return user


def at_the_admin(role: str, *, csrf: bool = False) -> Client:
    """A browser that is signed in. csrf=True checks forms as in production."""
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(a_person(role))
    return client


def at_the_api(role: str) -> APIClient:
    """A caller with a token."""
    cache.clear()  # throttles count across tests otherwise
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(a_person(role))}")
    return client
