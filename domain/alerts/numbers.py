"""Numbers out of alerts: JSON numbers or their text, exact, finite and within what the database can hold."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final

from domain.errors import AlertRefused

LIMIT: Final = Decimal(10) ** 12  # NUMERIC(20, 8) ends below it
PRICE_LIMIT: Final = Decimal(10) ** 7  # of one share, contract or coin
STEP: Final = Decimal("1E-8")
_NUMBER = re.compile(r"[+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_EXACT = Context(prec=64)  # the thread's own context may be anything
_PLAIN_EXPONENTS = 64


def as_decimal(value: object) -> Decimal | None:
    """A finite Decimal, or None for anything that is not plainly one: true, "1,000", "1_0", "NaN", 1e400."""
    if isinstance(value, str):
        text = value.strip()
        value = Decimal(text) if _NUMBER.fullmatch(text) else None
    if not isinstance(value, Decimal) or abs(value.adjusted()) > _PLAIN_EXPONENTS:
        return None
    return value


def plain(value: Decimal) -> str:
    """The shortest decimal text: 271.50 is "271.5", 1E+3 is "1000"."""
    if not value:
        return "0"
    if abs(value.adjusted()) > _PLAIN_EXPONENTS:
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def positive(value: object, *, code: str, what: str, limit: Decimal = LIMIT) -> Decimal:
    """A number above 0 and below the limit, rounded to NUMERIC(20, 8)'s places: senders write 0.30000000000000004.

    Raises AlertRefused with the given code.
    """
    number = as_decimal(value)
    if number is None:
        raise AlertRefused(code, f"{what} is {shown(value)}, which is not a plain number")
    if not Decimal(0) < number < limit:
        raise AlertRefused(code, f"{what} is {shown(value)}, which is not above 0 and below {limit}")
    rounded = number.quantize(STEP, context=_EXACT)
    if not rounded:
        raise AlertRefused(code, f"{what} is {shown(value)}, which is below {STEP:f}")
    return rounded


def signed(value: object, *, code: str, what: str) -> Decimal:
    """As ``positive``, for a position: zero and negative numbers are meant."""
    number = as_decimal(value)
    if number is None or abs(number) >= LIMIT:
        raise AlertRefused(code, f"{what} is {shown(value)}, which is not a plain number below {LIMIT}")
    return number.quantize(STEP, context=_EXACT)


def shown(value: object) -> str:
    """A value as a message may quote it: short, and only when it is a number or a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value[:24])
    if isinstance(value, Decimal):
        return str(value)[:24]
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "null"
