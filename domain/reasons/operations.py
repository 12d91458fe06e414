"""Reason codes of reaching the system and of its running: who may ask, how often, and what happens when it is away."""

from __future__ import annotations

from .reason import Reason

REASONS: tuple[Reason, ...] = (
    Reason(
        "unauthenticated",
        "The address, the token in the body, the signature or the sender is not one we know.",
        "Copy the webhook address and the token again from the strategy's page in admin; after a rotation the old ones "
        "end within an hour. If the strategy lists source addresses, check that the sender's is among them.",
        401,
    ),
    Reason(
        "method_not_allowed",
        "A webhook takes POST only.",
        "Send the alert with POST.",
        405,
    ),
    Reason(
        "sign_in_locked",
        "Ten tries to sign in under this name from this address have failed within a quarter of an hour.",
        "Wait as long as the Retry-After header says, or ask an operator for 'manage.py unlock NAME'.",
        429,
    ),
    Reason(
        "rate_limited",
        "This strategy has sent more alerts in a minute than it may.",
        "Let the alert fire once per bar, or raise 'alerts per minute' of the strategy in admin.",
        429,
    ),
    Reason(
        "database_unavailable",
        "The database did not answer in time, so nothing was stored.",
        "Nothing needs to be done: TradingView sends the alert again within seconds. If it lasts, run 'manage.py doctor'.",
        503,
    ),
    Reason(
        "duplicate",
        "The same alert was received before; it is answered with the first one's id and has no further effect.",
        "Nothing needs to be done. If two genuine alerts look alike, give each its own order id or time in the body.",
        200,
    ),
    Reason(
        "retries_exhausted",
        "The row failed each time it was tried and was taken out so that others flow.",
        "Read the last error on the signal's page, mend the cause, and send the alert again if it is still wanted.",
    ),
    Reason(
        "deferred",
        "The row waits for something that is expected to come, and is taken up again at its due time.",
        "Nothing needs to be done; the reason of the wait stands beside it.",
    ),
    Reason(
        "not_found",
        "There is no such row.",
        "Check the number; 'manage.py trail' and the admin list what exists.",
        404,
    ),
    Reason(
        "forbidden",
        "Your role does not allow this.",
        "Ask the operator for the role: viewers read, traders close positions and cancel orders, risk officers also halt "
        "books and change limits.",
        403,
    ),
)
