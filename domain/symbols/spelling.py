"""One symbol, nine spellings: how each provider writes what we call BRK.B, SPX, BTCUSD or SPY270115C00700000.

Our own symbol is the ticker with a dot before a class (BRK.B, BAC.PRL, XYZ.WS), an index without mark (SPX), a pair
without sign (BTCUSD, EURUSD), or the compact option symbol. Writing and reading share one table of patterns, so that
what one writes the other reads. A provider that has no name for a kind of thing refuses it; nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import lru_cache
from typing import Final

from domain.symbols.dialects import GRAMMARS, INDEX_NAMES, IRREGULAR, ON_CHARTS, READ_TOO, Dialect, Grammar
from domain.symbols.instrument import BadSymbol, classify
from domain.symbols.kinds import QUOTED, AssetClass
from domain.symbols.occ import BadOptionSymbol, OptionContract

__all__ = ["Dialect", "read", "spelled"]

A = AssetClass
_NORMAL: Final = {
    "share": ("{stem}", A.EQUITY),
    "class_share": ("{stem}.{letter}", A.EQUITY),
    "preferred": ("{stem}.PR{letter}", A.EQUITY),
    "warrant": ("{stem}.WS", A.EQUITY),
    "index": ("{name}", A.INDEX),
    "crypto": ("{base}{quote}", A.CRYPTO),
    "forex": ("{base}{quote}", A.FOREX),
}
_PARTS: Final = {
    "stem": "[A-Z]{1,5}",
    "letter": "[A-Z]",
    "name": "[A-Z0-9]{1,8}",
    "base": "[A-Z0-9]{2,10}",
    "quote": "[A-Z]{3,5}",
    "contract": "[A-Z][A-Z0-9]{0,5} *[0-9]{6}[CP][0-9]{8}",
}


@lru_cache(maxsize=16_384)
def spelled(symbol: str, dialect: Dialect) -> str:
    """Our symbol as that provider writes it. Raises BadSymbol where it cannot be a symbol or has no name there.

    >>> spelled("BRK.B", Dialect.YAHOO), spelled("SPXW", Dialect.CBOE), spelled("SPY270115C00700000", Dialect.MASSIVE)
    ('BRK-B', '_SPX', 'O:SPY270115C00700000')
    """
    instrument = classify(symbol)
    if (theirs := instrument.spelled_for(dialect)) is not None:
        return theirs
    what = instrument.asset_class.replace("_", " ")
    raise BadSymbol(f"{dialect} has no name for {instrument.symbol} ({what})", symbol=instrument.symbol)


@lru_cache(maxsize=16_384)
def read(text: str, dialect: Dialect) -> str:
    """A provider's symbol as ours. Raises BadSymbol for what that provider would not write.

    >>> read("BRK-B", Dialect.YAHOO), read("I:COMP", Dialect.MASSIVE), read("SPY   270115C00700000", Dialect.CBOE)
    ('BRK.B', 'IXIC', 'SPY270115C00700000')
    """
    if dialect is Dialect.TRADINGVIEW:
        return _from_chart(text)
    if known := _READ[dialect].get(text):
        return known
    for kind, pattern in _PATTERNS[dialect]:
        if (found := pattern.fullmatch(text)) and (symbol := _normal(kind, found.groupdict(), dialect)):
            return symbol
    raise BadSymbol(f"{text[:40]!r} is not how {dialect} writes a symbol")


def _normal(kind: str, parts: dict[str, str], dialect: Dialect) -> str | None:
    """Our symbol from what a pattern caught; None where it is not of the pattern's kind after all."""
    if kind == "option":
        try:
            return OptionContract.parse(parts["contract"]).symbol
        except BadOptionSymbol as e:
            raise BadSymbol(e.message) from e
    if kind == "index":
        parts = {"name": _OURS[dialect].get(parts["name"], parts["name"])}
    pattern, asset_class = _NORMAL[kind]
    found = classify(pattern.format_map(parts))
    return found.symbol if found.asset_class is asset_class else None


def _from_chart(text: str) -> str:
    """What classify understands, venue in front or not, if it is of a kind that can be asked for."""
    venue, colon, name = text.rpartition(":")
    for kind, pattern in _SLASHED:
        if parts := pattern.fullmatch(name):
            text = venue + colon + _NORMAL[kind][0].format_map(parts.groupdict())
    found = classify(text)
    if found.asset_class in QUOTED:
        return found.symbol
    raise BadSymbol(f"{text[:40]!r} is {found.asset_class.replace('_', ' ')} to us, not a symbol to ask for")


def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern to write with, turned into one to read with."""
    pieces = re.split(r"\{(\w+)\}", pattern)
    text = "".join(f"(?P<{piece}>{_PARTS[piece]})" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
    return re.compile(text, re.ASCII)


def _patterns(grammar: Grammar) -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = ((field.name, getattr(grammar, field.name)) for field in fields(grammar))
    return tuple((kind, _compiled(pattern)) for kind, pattern in known if pattern is not None)


_PATTERNS: Final = {
    dialect: _patterns(grammar) for dialect, grammar in GRAMMARS.items() if dialect is not Dialect.TRADINGVIEW
}
_SLASHED: Final = tuple((kind, _compiled(pattern)) for kind, pattern in ON_CHARTS.items())
_OURS: Final = {d: {theirs: ours for ours, theirs in INDEX_NAMES.get(d, {}).items()} for d in Dialect}
_READ: Final = {
    d: {theirs: ours for ours, theirs in IRREGULAR.get(d, {}).items()} | READ_TOO.get(d, {}) for d in Dialect
}
