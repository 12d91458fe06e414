"""Which engine trades a signal on the strategy's book: decided by the signal alone, so nobody can choose and any process
at any time finds the same.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

Arm = Literal["A", "B"]

_DRAWS: Final = 2**64  # of the first eight bytes of a digest


def assign(salt: str, signal_id: int, percent_a: int) -> Arm:
    """A for percent_a of a hundred signals, B for the others. Raises ValueError for a percentage outside 0 to 100.

    SHA-256 of "salt:signal_id" in UTF-8, its first eight bytes big-endian over 2**64, below percent_a / 100. Raising the
    percentage moves signals from B to A only; another salt draws anew.
    """
    if not 0 <= percent_a <= 100:
        raise ValueError(f"{percent_a} percent is no share of the signals")
    # Whole numbers on both sides: a float would round the drawn 64 bits to 53.
    return "A" if draw(salt, signal_id) * 100 < percent_a * _DRAWS else "B"


def draw(salt: str, signal_id: int) -> int:
    """The number drawn for that signal, 0 up to 2**64 - 1."""
    digest = hashlib.sha256(f"{salt}:{signal_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
