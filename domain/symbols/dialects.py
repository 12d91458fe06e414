"""How each provider writes each kind of thing: one table of patterns, which spelling also reads with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.symbols.kinds import AssetClass
from domain.symbols.occ import OptionContract
from domain.symbols.roots import ticker_of
from domain.symbols.tables import INDICES

if TYPE_CHECKING:
    from domain.symbols.instrument import Instrument

A = AssetClass


class Dialect(StrEnum):
    TRADINGVIEW = "tradingview"
    ALPACA = "alpaca"
    YAHOO = "yahoo"
    MASSIVE = "massive"
    MARKETDATA = "marketdata"
    TWELVEDATA = "twelvedata"
    FINNHUB = "finnhub"
    ALPHAVANTAGE = "alphavantage"
    CBOE = "cboe"


D = Dialect


@dataclass(frozen=True, slots=True)
class Grammar:
    """Patterns of one provider by kind of thing, in the order in which they are tried; None: it has no such thing."""

    option: str | None = None
    share: str | None = "{stem}"
    class_share: str | None = "{stem}.{letter}"
    preferred: str | None = None
    warrant: str | None = None
    index: str | None = None
    crypto: str | None = None
    forex: str | None = None


ON_CHARTS: Final = {"preferred": "{stem}/P{letter}", "warrant": "{stem}/W"}
GRAMMARS: Final = {
    # TradingView may put the venue in front and writes strikes as people do: it is read by classify instead.
    D.TRADINGVIEW: Grammar(
        "OPRA:{root}{date}{right}{strike}", **ON_CHARTS, index="{name}", crypto="{base}{quote}", forex="{base}{quote}"
    ),
    D.ALPACA: Grammar("{contract}", preferred="{stem}.PR{letter}", warrant="{stem}.WS", crypto="{base}/{quote}"),
    D.YAHOO: Grammar(
        "{contract}", class_share="{stem}-{letter}", preferred="{stem}-P{letter}", warrant="{stem}-WT", index="^{name}",
        crypto="{base}-{quote}", forex="{base}{quote}=X",
    ),
    D.MASSIVE: Grammar(
        "O:{contract}", preferred="{stem}p{letter}", warrant="{stem}.WS", index="I:{name}", crypto="X:{base}{quote}",
        forex="C:{base}{quote}",
    ),
    D.MARKETDATA: Grammar("{contract}", preferred="{stem}p{letter}", index="{name}"),
    D.TWELVEDATA: Grammar(index="{name}", crypto="{base}/{quote}", forex="{base}/{quote}"),
    D.FINNHUB: Grammar(
        "{contract}", index="^{name}", crypto="COINBASE:{base}-{quote}", forex="OANDA:{base}_{quote}"
    ),
    D.ALPHAVANTAGE: Grammar(
        "{contract}", class_share="{stem}-{letter}", preferred="{stem}-P-{letter}", warrant="{stem}-WS"
    ),
    D.CBOE: Grammar("{contract}", index="_{name}"),
}  # fmt: skip
# Where an index goes by another name within its pattern, and where it follows no pattern; ours first.
INDEX_NAMES: Final[dict[Dialect, dict[str, str]]] = {
    D.MASSIVE: {"IXIC": "COMP"},
    D.FINNHUB: {"SPX": "GSPC"},
}
IRREGULAR: Final[dict[Dialect, dict[str, str]]] = {D.YAHOO: {"DXY": INDICES["DXY"]}}
# Yahoo's options on the S&P 500 hang on ^SPX; its charts know the index as ^GSPC as well.
READ_TOO: Final[dict[Dialect, dict[str, str]]] = {D.YAHOO: {INDICES["SPX"]: "SPX"}}
_SHARE: Final = re.compile(
    r"(?P<stem>[A-Z]{1,5})(?:\.(?:(?P<preferred>PR)?(?P<letter>[A-Z])|(?P<warrant>W[ST])))?", re.ASCII
)


def written(instrument: Instrument, dialect: Dialect) -> str | None:
    """The provider's name of an instrument, None where it has none."""
    if irregular := IRREGULAR.get(dialect, {}).get(instrument.symbol):
        return irregular
    kind, parts = _parts(instrument, dialect)
    pattern = getattr(GRAMMARS[dialect], kind) if kind else None
    return None if pattern is None else str(pattern.format_map(parts))


def _parts(instrument: Instrument, dialect: Dialect) -> tuple[str, dict[str, str]]:
    """Kind of thing, as Grammar names it ("" for none of them), and what its pattern is filled with."""
    match instrument.asset_class:
        case A.OPTION if instrument.option is not None:
            return "option", _contract_parts(instrument.option)
        case A.EQUITY if found := _SHARE.fullmatch(instrument.symbol):
            kinds = {"preferred": found["preferred"], "warrant": found["warrant"], "class_share": found["letter"]}
            kind = next((name for name, there in kinds.items() if there), "share")
            return kind, {"stem": found["stem"], "letter": found["letter"] or ""}
        case A.INDEX:
            name = ticker_of(instrument.symbol) if instrument.symbol in INDICES else instrument.symbol
            return "index", {"name": INDEX_NAMES.get(dialect, {}).get(name, name)}
        case A.CRYPTO | A.FOREX:
            return instrument.asset_class.value, {"base": instrument.base or "", "quote": instrument.quote or ""}
    return "", {}


def _contract_parts(contract: OptionContract) -> dict[str, str]:
    strike = contract.strike.normalize()
    return {
        "contract": contract.symbol,
        "root": contract.root,
        "date": f"{contract.expiration:%y%m%d}",
        "right": contract.right.value,
        "strike": f"{strike:f}" if strike % 1 else f"{strike:.1f}",
    }
