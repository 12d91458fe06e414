"""What the words of an alert mean: its action, the position it reports, its order type and its unit of quantity."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from domain.orders import Side

_SQUEEZED = str.maketrans("", "", " _-./")


class Holding(StrEnum):
    """A position as an alert reports it."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class Verb(StrEnum):
    TRADE = "trade"  # buy or sell, and nothing said about the position
    OPEN = "open"
    EXIT = "exit"
    ADD = "add"
    REDUCE = "reduce"
    REVERSE = "reverse"
    CANCEL = "cancel"


class Word(NamedTuple):
    """One action. side is the instruction it gives; holding is the position that is opened, closed or changed."""

    verb: Verb
    side: Side | None = None
    holding: Holding | None = None
    order_type: str | None = None


BUY, SELL = Side.BUY, Side.SELL
LONG, SHORT, FLAT = Holding.LONG, Holding.SHORT, Holding.FLAT

_BY_MEANING: Final = {
    Word(Verb.TRADE, BUY): "buy bid buymarket marketbuy",
    Word(Verb.TRADE, SELL): "sell sellmarket marketsell",
    Word(Verb.TRADE, BUY, None, "limit"): "buylimit limitbuy",
    Word(Verb.TRADE, SELL, None, "limit"): "selllimit limitsell",
    Word(Verb.TRADE, BUY, None, "stop"): "buystop",
    Word(Verb.TRADE, SELL, None, "stop"): "sellstop",
    Word(Verb.OPEN, BUY, LONG): "long bull bullish enterlong entrylong longentry openlong golong startlong buylong "
    "buytoopen bto longopen longenter",
    Word(Verb.OPEN, SELL, SHORT): "short bear bearish entershort entryshort shortentry openshort goshort startshort "
    "sellshort selltoopen sto shortopen shortenter",
    Word(Verb.OPEN): "open enter entry",
    Word(Verb.EXIT): "exit close flat flatten closeall exitall closeposition exitposition closepositions liquidate "
    "flattenall squareoff",
    Word(Verb.EXIT, SELL, LONG): "exitlong longexit closelong longclose stoplong selllong selltoclose stc closelongs",
    Word(Verb.EXIT, BUY, SHORT): "exitshort shortexit closeshort shortclose stopshort cover covershort buytocover "
    "buytoclose btc buycover closeshorts",
    Word(Verb.ADD): "add addtoposition increase scalein pyramid",
    Word(Verb.ADD, BUY, LONG): "addlong addtolong increaselong",
    Word(Verb.ADD, SELL, SHORT): "addshort addtoshort increaseshort",
    Word(Verb.REDUCE): "reduce decrease trim scaleout partialclose partialexit closepartial exitpartial",
    Word(Verb.REDUCE, SELL, LONG): "reducelong decreaselong trimlong partialcloselong closepartiallong",
    Word(Verb.REDUCE, BUY, SHORT): "reduceshort decreaseshort trimshort partialcloseshort closepartialshort",
    Word(Verb.REVERSE): "reverse flip",
    Word(Verb.REVERSE, BUY, LONG): "reverselong reversetolong fliplong fliptolong",
    Word(Verb.REVERSE, SELL, SHORT): "reverseshort reversetoshort flipshort fliptoshort",
    Word(Verb.CANCEL): "cancel cancelall cancelorder cancelorders",
}
_WORDS: Final = {word: meaning for meaning, words in _BY_MEANING.items() for word in words.split()}

_HOLDINGS: Final = {
    **dict.fromkeys(("long", "bullish", "bull", "buy"), LONG),
    **dict.fromkeys(("short", "bearish", "bear", "sell"), SHORT),
    **dict.fromkeys(("flat", "neutral", "none", "closed"), FLAT),
}
_ORDER_TYPES: Final = {
    **dict.fromkeys(("market", "mkt"), "market"),
    **dict.fromkeys(("limit", "lmt"), "limit"),
    **dict.fromkeys(("stop", "slm", "stopmarket", "stopmkt", "stoploss"), "stop"),
    **dict.fromkeys(("stoplimit", "sl", "stoplosslimit", "stplmt"), "stop_limit"),
    **dict.fromkeys(("trailingstop", "trail", "trailing"), "trailing_stop"),
}
UNITS: Final = "units"
_QUANTITY_TYPES: Final = {
    **dict.fromkeys(
        ("fixed", "fixedquantity", "units", "shares", "contracts", "quantity", "qty", "lots", "lot", "coins"), UNITS
    ),
    "base": "base",
    "quote": "quote",
    **dict.fromkeys(("dollaramount", "dollars", "usd", "cash", "notional", "notionalvalue", "amount"), "dollar_amount"),
    **dict.fromkeys(("marginpercent", "percentofmargin", "percentmargin"), "percent_of_margin"),
    **dict.fromkeys(
        ("equitypercent", "percentofequity", "percentequity", "percent", "percentage", "accountpercent"),
        "percent_of_equity",
    ),
    **dict.fromkeys(("positionpercent", "percentofposition", "percentposition"), "percent_of_position"),
    **dict.fromkeys(("riskpercent", "risk", "percentrisk", "riskpct"), "risk_percent"),
    **dict.fromkeys(("riskdollaramount", "riskamount", "riskdollars", "riskusd"), "risk_dollar_amount"),
}


def squeezed(text: str) -> str:
    """The letters of a word without case and separators: ``Enter-Long`` and ``enter_long`` are one."""
    return text.strip().lower().translate(_SQUEEZED)


def action_word(value: object) -> Word | None:
    return _WORDS.get(squeezed(value)) if isinstance(value, str) else None


def direction_word(value: object) -> Word | None:
    """As ``action_word``, for fields that name a direction: there, buy and sell mean going long and short."""
    word = action_word(value)
    if word is not None and word.verb is Verb.TRADE:
        return Word(Verb.OPEN, word.side, LONG if word.side is BUY else SHORT, word.order_type)
    return word


def holding_word(value: object) -> Holding | None:
    return _HOLDINGS.get(squeezed(value)) if isinstance(value, str) else None


def order_type_word(value: object) -> str | None:
    return _ORDER_TYPES.get(squeezed(value)) if isinstance(value, str) else None


def quantity_type_word(value: object) -> str | None:
    return _QUANTITY_TYPES.get(squeezed(value)) if isinstance(value, str) else None
