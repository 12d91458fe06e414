"""Option symbols of the Options Symbology Initiative, built and parsed in this one place.

The 21-character form pads the root to six with spaces; the compact form, which we use, leaves the padding out. The last
fifteen characters are date, right and strike, so parsing goes from the right: roots may hold digits (AAPL1, T1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from domain.errors import RuleBroken

_OCC = re.compile(r"(?P<root>[A-Z][A-Z0-9]{0,5}) *(?P<date>\d{6})(?P<right>[CP])(?P<strike>\d{8})", re.ASCII)
_MAX_STRIKE = Decimal("99999.999")
_made, _set = object.__new__, object.__setattr__  # of a frozen contract in the making
CENTURY = 2000  # listed options began in 1973, but the two-digit year of this form is only used for 2000 and later


class Right(StrEnum):
    CALL = "C"
    PUT = "P"


@lru_cache(maxsize=16_384)
def _is_in_steps(strike: Decimal) -> bool:
    return strike * 1000 % 1 == 0


class BadOptionSymbol(RuleBroken):
    """A text that is not an option symbol, or names a date or strike that cannot exist."""

    def __init__(self, message: str, **figures: object) -> None:
        super().__init__("bad_option_symbol", message, **figures)


@dataclass(frozen=True, slots=True, order=True)
class OptionContract:
    """One listed option contract. strike is in quote currency; multiplier is shares per contract.

    Raises BadOptionSymbol when root, strike or multiplier could not be written in the 21-character form.
    """

    root: str
    expiration: date
    right: Right
    strike: Decimal
    multiplier: int = 100
    _symbol: str = field(default="", init=False, repr=False, compare=False)  # made once: it is asked for all the time

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z][A-Z0-9]{0,5}", self.root, re.ASCII):
            raise BadOptionSymbol(f"{self.root!r} is not an option root of 1 to 6 capital letters and digits")
        if not CENTURY <= self.expiration.year < CENTURY + 100:
            raise BadOptionSymbol(f"expiration {self.expiration} is outside {CENTURY}-{CENTURY + 99}")
        if not (Decimal(0) < self.strike <= _MAX_STRIKE) or self.strike * 1000 % 1:
            raise BadOptionSymbol(f"strike {self.strike} is not between 0.001 and {_MAX_STRIKE} in steps of 0.001")
        if self.multiplier <= 0:
            raise BadOptionSymbol(f"multiplier {self.multiplier} is not positive")

    @classmethod
    def parse(cls, text: str, *, multiplier: int = 100) -> OptionContract:
        """Read the compact or the padded 21-character form. Raises BadOptionSymbol."""
        found = _OCC.fullmatch(text)
        if not found:
            raise BadOptionSymbol(f"{text[:40]!r} is not of the form ROOT YYMMDD C|P STRIKE*1000")
        stamp = found["date"]
        try:
            expiration = date(CENTURY + int(stamp[:2]), int(stamp[2:4]), int(stamp[4:]))
        except ValueError:
            raise BadOptionSymbol(f"{stamp} in {text[:40]!r} is not a date YYMMDD") from None
        return cls(found["root"], expiration, Right(found["right"]), Decimal(found["strike"]) / 1000, multiplier)

    @classmethod
    def ladder(
        cls, root: str, expiration: date, right: Right, strikes: Iterable[Decimal], *, multiplier: int = 100
    ) -> list[OptionContract]:
        """Contracts that differ in their strike alone, made several times faster than one by one. Raises BadOptionSymbol."""
        found, given = [], list(strikes)
        for strike in (min(given), max(given)) if given else ():
            cls(root, expiration, right, strike, multiplier)
        for strike in given:
            if not _is_in_steps(strike):
                raise BadOptionSymbol(f"strike {strike} is not in steps of 0.001")
            contract = _made(cls)
            _set(contract, "root", root)
            _set(contract, "expiration", expiration)
            _set(contract, "right", right)
            _set(contract, "strike", strike)
            _set(contract, "multiplier", multiplier)
            _set(contract, "_symbol", "")
            found.append(contract)
        return found

    @property
    def symbol(self) -> str:
        """Compact form, as Alpaca, Yahoo and most providers write it: SPY270115C00700000."""
        if not self._symbol:
            made = f"{self.root}{self.expiration:%y%m%d}{self.right}{int(self.strike * 1000):08d}"
            object.__setattr__(self, "_symbol", made)  # frozen for everybody else
        return self._symbol

    @property
    def padded(self) -> str:
        """The 21-character form: ``SPY   270115C00700000``."""
        return f"{self.root:<6}{self.expiration:%y%m%d}{self.right}{int(self.strike * 1000):08d}"

    def intrinsic(self, spot: Decimal) -> Decimal:
        """Value per share if exercised at that price of the underlying; never negative."""
        value = spot - self.strike if self.right is Right.CALL else self.strike - spot
        return max(value, Decimal(0))
