"""Who may look at figures about the system: the machine itself, a scraper with its token, or staff that is signed in."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")  # a proxy on this machine adds one
View = Callable[[HttpRequest], HttpResponse]


def is_local(request: HttpRequest) -> bool:
    """True when the caller is on this machine, and not a proxy that speaks for somebody else."""
    if any(name in request.META for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def for_operators(view: View) -> View:
    """404 for everybody else, so that strangers do not learn that there is something."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if is_local(request) or _has_token(request) or _is_staff(request):
            return view(request)
        return HttpResponse("Not found.\n", status=404, content_type="text/plain")

    return guarded


def _has_token(request: HttpRequest) -> bool:
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _is_staff(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and request.user.is_active and getattr(request.user, "is_staff", False))
