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
CONTENT_POLICY: Final = "Content-Security-Policy"
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
ACCEPTABLE: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


def correlation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Bind the caller's correlation id, or a new one, to the request's logs, and send back what is bound at the end."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        correlation_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        # Cleared first: a thread of the web server keeps the context of its last request.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**{CORRELATION: correlation_id})
        response = get_response(request)
        response[HEADER] = structlog.contextvars.get_contextvars()[CORRELATION]
        return response

    return middleware


class PolicyByPath(CSPMiddleware):
    """The site's content policy, with the additions that settings.CSP_RELAXED names for a path; data may do nothing at all."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type") == "application/json":
            response.headers.setdefault(CONTENT_POLICY, NOTHING)  # written out: an alert's answer waits for it
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, additions in settings.CSP_RELAXED.items():
            if request.path_info.startswith(prefix):
                parts.update = {**additions, **(parts.update or {})}
        return parts
