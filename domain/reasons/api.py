"""Reason codes of the HTTP API: requests refused before any rule of trading has looked at them."""

from __future__ import annotations

from .reason import Reason

REASONS: tuple[Reason, ...] = (
    Reason(
        "invalid_request",
        "The request's body, a filter or a page number has a value that is not allowed.",
        "Correct what the message names; /api/docs/ lists every field with its type and range.",
        400,
    ),
    Reason(
        "not_authenticated",
        "The request carries no valid sign-in, or its token has expired.",
        "Get a token with POST /api/v1/token/ and send it as 'Authorization: Bearer …', or sign in to admin first.",
        401,
    ),
    Reason(
        "wrong_method",
        "This address does not take that HTTP method.",
        "Use one of the methods that the answer's Allow header names.",
        405,
    ),
    Reason(
        "not_acceptable",
        "The API answers in JSON only, and the request accepts something else.",
        "Send 'Accept: application/json'.",
        406,
    ),
    Reason(
        "request_too_large",
        "The request's body is larger than any request here needs to be.",
        "Send only the fields that change.",
        413,
    ),
    Reason(
        "unsupported_media_type",
        "The API reads JSON only, and the body is declared to be something else.",
        "Send the body as JSON with 'Content-Type: application/json'.",
        415,
    ),
    Reason(
        "too_many_requests",
        "You have sent more requests within a minute than the API takes.",
        "Wait as long as the Retry-After header says; fetch larger pages, less often.",
        429,
    ),
    Reason(
        "guard_refused",
        "The database refused the change, because it would break a rule that every row has to keep.",
        "Load the row again and correct what the message names.",
        409,
    ),
    Reason(
        "row_busy",
        "Somebody else was changing the same row, and it did not become free in time.",
        "Load the row again, and repeat the request if it is still wanted.",
        409,
    ),
)
