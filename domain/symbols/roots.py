"""Option roots and the tickers they stand for: a root has neither dots nor the ticker's last word on the matter.

BRK.B's options have the root BRKB; the S&P 500 has SPX (settled on the morning's prints) and SPXW (at the close). A
contract changed by a split or merger gets a digit (AAPL1), the minis of ten shares had a 7 (AAPL7).
"""

from __future__ import annotations

from typing import Final

_CLASS_SHARES: Final = (
    "AKO.A", "AKO.B", "BF.A", "BF.B", "BH.A", "BRK.A", "BRK.B", "CRD.A", "CRD.B", "CWEN.A", "GEF.B", "GTN.A", "HEI.A",
    "HVT.A", "JW.A", "JW.B", "LEN.B", "MKC.V", "MOG.A", "MOG.B", "STZ.B", "TAP.A", "UHAL.B", "WSO.B",
)  # fmt: skip
_TICKERS: Final = {
    **{ticker.replace(".", ""): ticker for ticker in _CLASS_SHARES},
    "MRUTW": "MRUT", "NDXP": "NDX", "RUTW": "RUT", "SPXW": "SPX", "VIXW": "VIX", "XSPW": "XSP",
}  # fmt: skip


def is_adjusted(root: str) -> bool:
    """Whether contracts of this root may deliver something else than a hundred shares: AAPL1, T1, AAPL7."""
    return root[-1:].isdigit()


def ticker_of(root: str) -> str:
    """The ticker or index that a root's contracts are on: BRK.B of BRKB, SPX of SPXW, AAPL of AAPL1.

    A root that no table holds is its own ticker.
    """
    plain = root.rstrip("0123456789") or root
    return _TICKERS.get(plain, plain)


def root_of(ticker: str) -> str:
    """The root of a ticker's standard contracts: BRKB of BRK.B. An index's own name; its weekly roots are others."""
    return ticker.replace(".", "")
