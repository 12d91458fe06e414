"""The kinds of things that a symbol can name."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class AssetClass(StrEnum):
    EQUITY = "equity"
    OPTION = "option"
    CRYPTO = "crypto"
    CRYPTO_PERPETUAL = "crypto_perpetual"
    FOREX = "forex"
    INDEX = "index"
    FUTURE = "future"
    CONTINUOUS_FUTURE = "continuous_future"
    SPREAD = "spread"
    UNKNOWN = "unknown"


TRADABLE: Final = frozenset(
    {AssetClass.EQUITY, AssetClass.OPTION, AssetClass.CRYPTO, AssetClass.CRYPTO_PERPETUAL, AssetClass.FOREX}
)
QUOTED: Final = frozenset(
    {AssetClass.EQUITY, AssetClass.OPTION, AssetClass.CRYPTO, AssetClass.FOREX, AssetClass.INDEX}
)  # fmt: skip
