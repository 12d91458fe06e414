"""One shape for every refusal of the API, ``{"error": {"code", "message", "fix", "docs"}}``, and which error becomes which.

The family of an error decides: what a rule refused is the caller's to change (409, 422), never a fault of the server.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from books_app.web.reasons import page_of
from domain.errors import TradingError
from domain.reasons import REASONS

REFUSED: Final = 409  # for codes that name no status of their own: the state of things stands against the request
LOCKED: Final = frozenset({"55P03", "40P01", "57014"})  # lock time-out, deadlock, statement time-out
_CODES: Final[dict[type[Exception], str]] = {
    exceptions.ValidationError: "invalid_request",
    exceptions.ParseError: "invalid_request",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "not_authenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "wrong_method",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "too_many_requests",
    PermissionDenied: "forbidden",
    ValidationError: "invalid_request",
    Http404: "not_found",
    ObjectDoesNotExist: "not_found",
    ProtectedError: "guard_refused",
    DataError: "invalid_request",
}


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "request_too_large"


def envelope(code: str, message: str) -> dict[str, dict[str, str]]:
    """The body of a refusal. The message may quote what the caller sent, so it is made printable."""
    printable = message.encode("utf-8", "backslashreplace").decode()
    return {"error": {"code": code, "message": printable, "fix": REASONS[code].fix, "docs": page_of(code)}}


def refusal(code: str, message: str, *, headers: dict[str, str] | None = None) -> Response:
    return Response(envelope(code, message), status=REASONS[code].http_status or REFUSED, headers=headers)


def answer_to(error: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None, and so a 500 with its traceback in the log, only for a bug."""
    if isinstance(error, TradingError):
        return refusal(error.code, error.message)
    if isinstance(error, IntegrityError) and not isinstance(error, ProtectedError):
        return refusal("guard_refused", _guard(error))
    if isinstance(error, OperationalError | InterfaceError):
        return _database(error)
    if isinstance(error, TooLarge):
        return refusal("request_too_large", str(error.detail))
    for family, code in _CODES.items():
        if isinstance(error, family):
            return refusal(code, _words(error), headers=_headers(error))
    return None


def _database(error: Exception) -> Response:
    if getattr(error.__cause__, "pgcode", None) in LOCKED:
        return refusal("row_busy", "The row was not free in time.", headers={"Retry-After": "1"})
    return refusal(
        "database_unavailable", "The database did not answer; nothing was changed.", headers={"Retry-After": "5"}
    )


def _guard(error: Exception) -> str:
    """The guard's own sentence. Values of the row, which PostgreSQL puts in its detail, are left out."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or "The database refused the change.")


def _words(error: Exception) -> str:
    if isinstance(error, exceptions.APIException):
        return _flat(error.detail)
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PermissionDenied):
        return str(error) or "Your role does not allow this."
    return "There is no such row." if isinstance(error, Http404 | ObjectDoesNotExist) else str(error)


def _flat(detail: Any, path: str = "") -> str:
    """Django REST framework's nested lists and dictionaries as one line: ``value: must be …; code: …``."""
    if isinstance(detail, dict):
        hidden = ("non_field_errors", "detail", "code", "messages")
        parts = [
            _flat(value, path if key in hidden else f"{path}{key}: ")
            for key, value in detail.items()
            if key not in hidden[2:]
        ]
        return "; ".join(parts)
    if isinstance(detail, list):
        return f"{path}{' '.join(_flat(part) for part in detail)}"
    return f"{path}{detail}"


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
