"""What every request passes: a correlation id, and a content policy that is strict unless its path says otherwise."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Final

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tradingsite.log import CORRELATION

HEADER: Final = "X-Correlation-ID"
ACCEPTABLE: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


def correlation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Bind the caller's correlation id, or a new one, to the request's logs, and send it back."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        correlation_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        # Cleared first: a thread of the web server keeps the context of its last request.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**{CORRELATION: correlation_id})
        request.correlation_id = correlation_id  # type: ignore[attr-defined]  # for views that store it
        response = get_response(request)
        response[HEADER] = correlation_id
        return response

    return middleware


class PolicyByPath(CSPMiddleware):
    """The site's content policy, with the additions that settings.CSP_RELAXED names for a path."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, additions in settings.CSP_RELAXED.items():
            if request.path_info.startswith(prefix):
                parts.update = {**additions, **(parts.update or {})}
        return parts
