"""Every reason code of the system in one list: what it means and how to fix it.

A code is stable: users filter on it, and docs/reasons/ holds one page for each. Each topic of the domain keeps its own
codes in a module beside this one; importing this package joins them and refuses a code defined twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from .reason import Reason

TOPICS = ("alerts", "engine", "engines", "advice", "orders", "positions", "market", "operations", "api")


def _joined() -> Mapping[str, Reason]:
    table: dict[str, Reason] = {}
    for topic in TOPICS:
        for reason in import_module(f"{__name__}.{topic}").REASONS:
            if reason.code in table:
                raise ValueError(f"reason code defined twice: {reason.code}")
            table[reason.code] = reason
    return MappingProxyType(table)


REASONS: Mapping[str, Reason] = _joined()


def reason_for(code: str) -> Reason:
    """The entry of one code. Raises KeyError for a code that was never declared: a refusal without a page is a bug."""
    return REASONS[code]


__all__ = ["REASONS", "Reason", "reason_for"]
