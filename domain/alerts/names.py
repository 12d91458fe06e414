"""Which field of an alert plays which part: one table of names by meaning, for every family of senders."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Part(StrEnum):
    SYMBOL = "symbol"
    EXCHANGE = "exchange"
    ACTION = "action"
    DIRECTION = "direction"
    HINT = "hint"  # may hold an action, an order type or anything else: used only when its word is known
    POSITION_SIDE = "position_side"
    HOLDING = "holding"  # the position after the fill, as a word
    PREVIOUS_HOLDING = "previous_holding"
    POSITION = "position"  # the position after the fill, signed
    HOLDING_SIZE = "holding_size"  # the same without its sign
    PREVIOUS_SIZE = "previous_size"
    QUANTITY = "quantity"
    QUANTITY_TYPE = "quantity_type"
    RISK_PERCENT = "risk_percent"
    DOLLARS = "dollars"
    EQUITY_PERCENT = "equity_percent"
    ORDER_TYPE = "order_type"
    PRICE = "price"
    LIMIT_PRICE = "limit_price"
    TRIGGER_PRICE = "trigger_price"
    STOP = "stop"
    STOP_PERCENT = "stop_percent"
    STOP_DISTANCE = "stop_distance"
    TARGET = "target"
    TARGET_PERCENT = "target_percent"
    TARGET_DISTANCE = "target_distance"
    TRAIL_PERCENT = "trail_percent"
    TRAIL_DISTANCE = "trail_distance"
    MAX_LAG = "max_lag"
    TIME = "time"
    INTERVAL = "interval"
    ORDER_ID = "order_id"
    COMMENT = "comment"
    STRATEGY = "strategy"
    SOURCE = "source"
    INDICATOR = "indicator"
    MESSAGE = "message"
    EXPIRATION = "expiration"
    RIGHT = "right"
    STRIKE = "strike"


# For each part its names, best first: names in one text say the same, those in a later text are used only without them.
_NAMES: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.SYMBOL: (
        "symbol ticker tvinstrument tvticker tvsymbol instrument tickerid syminfotickerid syminfoticker sym symbolname "
        "tickersymbol",
        "pair tradingpair currencypair asset stock security coin underlying underlyingsymbol",
    ),
    Part.EXCHANGE: ("exchange tvexchange syminfoprefix exch venue",),
    Part.ACTION: (
        "action side orderaction orderside tradeaction tradeside strategyorderaction cmd command transactiontype "
        "operation instruction tradetype",
    ),
    Part.DIRECTION: ("direction dir tradedirection signaldirection", "bias"),
    Part.HINT: ("signal", "event eventname", "type signaltype alerttype", "alert trigger condition"),
    Part.POSITION_SIDE: ("positionside",),
    Part.HOLDING: ("sentiment marketposition strategymarketposition mp newposition currentposition positionafter",),
    Part.PREVIOUS_HOLDING: (
        "prevmarketposition previousmarketposition strategyprevmarketposition prevposition previousposition prevmp "
        "positionbefore oldposition",
    ),
    Part.POSITION: ("positionsize strategypositionsize targetposition netposition targetpositionsize possize",),
    Part.HOLDING_SIZE: ("marketpositionsize strategymarketpositionsize",),
    Part.PREVIOUS_SIZE: (
        "prevmarketpositionsize previousmarketpositionsize strategyprevmarketpositionsize prevpositionsize "
        "previouspositionsize",
    ),
    Part.QUANTITY: (
        "quantity qty contracts ordercontracts strategyordercontracts shares orderquantity orderqty numshares "
        "numcontracts",
        "size ordersize amount orderamount lots lotsize units vollots positionquantity tradesize",
    ),
    Part.QUANTITY_TYPE: ("quantitytype qtytype currencytype sizetype amounttype ordersizetype quantityunit qtyunit",),
    Part.RISK_PERCENT: ("riskpercent riskpct risk",),
    Part.DOLLARS: ("dollaramount notional notionalvalue amountusd usdamount cashamount",),
    Part.EQUITY_PERCENT: ("percentofequity equitypercent equitypct quantitypercent qtypercent sizepercent",),
    Part.ORDER_TYPE: ("ordertype pricetype ordtype orderkind strategyordertype",),
    Part.PRICE: (
        "signalprice",
        "price orderprice strategyorderprice entryprice tradeprice fillprice",
        "triggerprice",
        "lastprice currentprice last marketprice",
        "close barclose closeprice",
        "entry",
    ),
    Part.LIMIT_PRICE: ("limitprice limit orderlimitprice entrylimit",),
    Part.TRIGGER_PRICE: ("stoptrigger stoptriggerprice activationprice",),
    Part.STOP: ("stoploss stoplossprice slprice", "sl stop stopprice"),
    Part.STOP_PERCENT: ("stoplosspercent stoplosspct stoppercent stoppct slpercent slpct",),
    Part.STOP_DISTANCE: ("stopdistance stoplossdistance sldistance slpips stoppips stoplosspips slticks",),
    Part.TARGET: ("takeprofit takeprofitprice tpprice profittarget", "tp target targetprice"),
    Part.TARGET_PERCENT: (
        "takeprofitpercent takeprofitpct tppercent tppct targetpercent targetpct profittargetpercent",
    ),
    Part.TARGET_DISTANCE: ("targetdistance takeprofitdistance tpdistance tppips targetpips takeprofitpips tpticks",),
    Part.TRAIL_PERCENT: ("trailpercent trailingpercent trailingstoppercent trailingstoppct trailpct trailingpct",),
    Part.TRAIL_DISTANCE: (
        "traildistance trailprice trailamount trailingdistance trailingamount trailingstopdistance trailingstop",
    ),
    Part.MAX_LAG: ("maxlag maxage maxdelay maxageseconds maxlagseconds",),
    Part.TIME: (
        "timenow alerttime firedat triggeredat senttime sentat",
        "timestamp ts alerttimestamp signaltime datetime timestamputc timeutc",
        "time",
        "date createdat",
    ),
    Part.INTERVAL: ("interval timeframe tf resolution chartinterval charttimeframe timeframeperiod barinterval",),
    Part.ORDER_ID: ("orderid strategyorderid clientorderid orderref", "signalid alertid tradeid", "id"),
    Part.COMMENT: ("comment ordercomment strategyordercomment", "note notes reason ordermessage"),
    Part.STRATEGY: ("strategy strategyname strategyid", "stub system bot botname algo"),
    Part.SOURCE: ("source src origin",),
    Part.INDICATOR: ("indicator indicatorname study studyname script scriptname",),
    Part.MESSAGE: ("msg message text content", "body alertmessage description"),
    Part.EXPIRATION: ("expiration expiry expirationdate expirydate exp",),
    Part.RIGHT: ("right optiontype optionright callput putcall cp",),
    Part.STRIKE: ("strike strikeprice",),
}

# Inside these objects a plain name means something else than at the top.
_STRATEGY: Final = {"name": (Part.STRATEGY, 0), "title": (Part.STRATEGY, 0), "id": (Part.STRATEGY, 1)}
_ORDER: Final = {
    "id": (Part.ORDER_ID, 0), "type": (Part.ORDER_TYPE, 0), "stop": (Part.TRIGGER_PRICE, 0),
    "stopprice": (Part.TRIGGER_PRICE, 0), "unit": (Part.QUANTITY_TYPE, 0),
}  # fmt: skip
_POSITION: Final = {
    "side": (Part.HOLDING, 0), "direction": (Part.HOLDING, 0), "size": (Part.POSITION, 0),
    "quantity": (Part.POSITION, 0), "qty": (Part.POSITION, 0), "prevside": (Part.PREVIOUS_HOLDING, 0),
    "prevsize": (Part.PREVIOUS_SIZE, 0),
}  # fmt: skip
_BAR: Final = {"close": (Part.PRICE, 8)}
_SYMINFO: Final = {"prefix": (Part.EXCHANGE, 0)}
_INSIDE: Final[Mapping[str, Mapping[str, tuple[Part, int]]]] = {
    "strategy": _STRATEGY,
    "order": _ORDER,
    "position": _POSITION,
    "bar": _BAR, "candle": _BAR, "ohlc": _BAR, "ohlcv": _BAR,
    "syminfo": _SYMINFO, "instrument": _SYMINFO, "symbolinfo": _SYMINFO,
    "data": {}, "payload": {}, "alert": {}, "signal": {}, "trade": {}, "params": {}, "option": {}, "message": {},
}  # fmt: skip
BARS: Final = frozenset({"bar", "candle", "ohlc", "ohlcv"})
_PREFIXES: Final = ("strategy", "tv")
_PARTS: Final = {
    name: (part, tier) for part, tiers in _NAMES.items() for tier, names in enumerate(tiers) for name in names.split()
}
_PUNCTUATION: Final = str.maketrans("", "", " _-.:/")


@lru_cache(maxsize=2048)
def squeezed_name(name: str) -> str:
    """order_action, orderAction and "Order Action" are one name."""
    return name.lower().translate(_PUNCTUATION)


def is_container(name: str) -> bool:
    """Whether an object under this (squeezed) name holds further parts of the alert."""
    return name in _INSIDE


@lru_cache(maxsize=2048)
def part_of(name: str, inside: str = "") -> tuple[Part, int] | None:
    """The part and the tier (0 is best) of a squeezed name, at the top or inside one of the known objects."""
    if found := _INSIDE.get(inside, {}).get(name):
        return found
    if inside in BARS:
        return None
    if found := _PARTS.get(name):
        return found
    for prefix in _PREFIXES:
        if found := _PARTS.get(name.removeprefix(prefix)):
            return found
    return None
