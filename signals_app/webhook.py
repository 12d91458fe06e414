"""The webhook: plain Django views, because this path is timed. They parse, call one service and map its error."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from books_app import clock, nudges
from domain.errors import AlertRefused
from domain.reasons import reason_for
from signals_app.services.counters import count_ack, count_refusal
from signals_app.services.intake import (
    MAX_BODY_BYTES,
    Delivery,
    Receipt,
    receive_signed,
    receive_tradingview,
)

log = structlog.get_logger(__name__)

RESEND_AFTER_SECONDS = "5"


@csrf_exempt  # called by machines: authenticated by address and token, no cookie is read
def tradingview(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    return _answer(request, lambda delivery: receive_tradingview(endpoint_id, delivery))


@csrf_exempt  # called by machines: authenticated by its signature, no cookie is read
def signed(request: HttpRequest) -> HttpResponse:
    headers = request.headers
    return _answer(
        request,
        lambda delivery: receive_signed(
            headers.get("X-Key-Id", ""), headers.get("X-Timestamp", ""), headers.get("X-Signature", ""), delivery
        ),
    )


class Answer(JsonResponse):
    """The sender is answered first: workers are told, and the time is counted, once the answer has left.

    The rows are committed by then, so what is lost when this process dies in between is a nudge, and a sweep finds them.
    """

    def __init__(self, receipt: Receipt, begun: float) -> None:
        body = {
            "outcome": receipt.outcome,
            "event": receipt.event_id,
            "correlation_id": receipt.correlation_id,
            "signals": list(receipt.signal_ids),
        }
        super().__init__(body, status=200 if receipt.outcome == "duplicate" else 202)
        self._receipt = receipt
        self._begun = begun
        # From here on the alert's own id, to its exit: what the sender called the request is in the lines before.
        structlog.contextvars.bind_contextvars(correlation_id=receipt.correlation_id)

    def close(self) -> None:
        """Called by the web server after the last byte."""
        taken = time.monotonic() - self._begun
        for signal_id in self._receipt.new_signal_ids:
            nudges.send("workers.signals.process_signal", signal_id)
        count_ack(taken)
        super().close()


def _answer(request: HttpRequest, receive: Callable[[Delivery], Receipt]) -> HttpResponse:
    begun = time.monotonic()
    try:
        if request.method != "POST":
            raise AlertRefused("method_not_allowed", f"{request.method} is not taken here.")
        return Answer(receive(_delivery(request)), begun)
    except AlertRefused as refusal:
        return refused(refusal.code, refusal.message)
    except (OperationalError, InterfaceError, DatabaseError) as e:
        log.error("webhook_without_database", error=type(e).__name__)
        answer = refused("database_unavailable", "Nothing was stored; please send it again.")
        answer["Retry-After"] = RESEND_AFTER_SECONDS
        return answer


def _delivery(request: HttpRequest) -> Delivery:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        body = request.read(MAX_BODY_BYTES + 1)
    except (UnreadablePostError, RawPostDataException) as e:
        raise AlertRefused("invalid_json", "The body ended before it was complete.") from e
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    return Delivery(body=body, source_address=source_address(request), received_at=clock.now())


def _too_large() -> AlertRefused:
    count_refusal("body_too_large")
    return AlertRefused("body_too_large", f"The body is over {MAX_BODY_BYTES} bytes.")


def source_address(request: HttpRequest) -> str | None:
    """The sender's address. X-Forwarded-For is believed only from a trusted proxy, and only its last entry."""
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if peer and forwarded and any(peer in network for network in settings.TRUSTED_PROXIES):
        peer = _address(forwarded.rsplit(",", 1)[-1].strip())
    return None if peer is None else str(peer)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """None for a unix socket, which has no address, and for the nonsense a proxy may forward."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def refused(code: str, message: str) -> JsonResponse:
    reason = reason_for(code)
    error = {"code": code, "message": message, "fix": reason.fix, "docs": f"{settings.PUBLIC_URL}/docs/reasons/{code}/"}
    return JsonResponse({"error": error}, status=reason.http_status or 422)
