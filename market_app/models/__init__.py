"""What the market's rows are: sessions, providers and their health, snapshots of chains."""

from market_app.models.providers import CapabilityHealth, Provider, ProviderUse
from market_app.models.sessions import ALL_PRODUCTS, SessionOverride, TradingSession
from market_app.models.snapshots import GammaSnapshot

__all__ = [
    "ALL_PRODUCTS",
    "CapabilityHealth",
    "GammaSnapshot",
    "Provider",
    "ProviderUse",
    "SessionOverride",
    "TradingSession",
]
