"""Error families: the family says what to do next, the code says why (docs/reasons/<code>.md)."""

from __future__ import annotations


class TradingError(Exception):
    """Base of everything we raise on purpose. ``code`` is a stable reason code, the message carries the figures."""

    def __init__(self, code: str, message: str, **figures: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.figures = figures

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class RuleBroken(TradingError):
    """Stop: the same input is refused again."""


class AlertRefused(RuleBroken):
    """An alert whose body cannot be read, understood or accepted."""


class OrderDenied(RuleBroken):
    """Our own gate said no."""


class IllegalTransition(RuleBroken):
    """A state change that the table of that state machine does not hold."""


class OverfillError(RuleBroken):
    """The venue reports more than was ordered."""


class VenueRejected(TradingError):
    """Record it: the venue's answer is final."""


class VenueUnavailable(TradingError):
    """Retry: nothing can have happened (quotes, balances, order status)."""


class OutcomeUnknown(TradingError):
    """Ask: it may be live, so never send it again blindly."""


class MarketDataUnavailable(VenueUnavailable):
    """No quote, chain or bar could be had; entries are refused, exits by mark wait."""
