"""Finding the words of a reason code."""

from __future__ import annotations

from django.conf import settings

from domain.reasons import REASONS, Reason


def known(code: str) -> Reason | None:
    """The entry of a code; None for what is no refusal, such as the kind of an exit rule."""
    return REASONS.get(code)


def page_of(code: str) -> str:
    """Absolute address of a code's page."""
    return f"{settings.PUBLIC_URL}/docs/reasons/{code}/"
