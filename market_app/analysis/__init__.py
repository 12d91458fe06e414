"""An option chain looked at as a whole: what its quotes imply, and what its open interest and volume say.

Nothing here decides or writes. Implied volatilities and Greeks are our own, by Black-Scholes-Merton without dividends,
from the middle of good quotes; a contract without one has none and is counted, never guessed.
"""

from market_app.analysis.gamma import DealerGamma, Expiration, LeftOut, dealer_gamma
from market_app.analysis.implied import Analysed, analysed, spot_quote

__all__ = ["Analysed", "DealerGamma", "Expiration", "LeftOut", "analysed", "dealer_gamma", "spot_quote"]
