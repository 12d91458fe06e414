"""Prices to look at over HTTP."""

from __future__ import annotations

import re
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from books_app.web.views import ApiBase, ErrorSerializer, PlainDecimal
from domain.quotes import FeedClass
from market_app.glance import Glance, glances

MOST_SYMBOLS: Final = 50
_SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9.]{0,20}", re.ASCII)
_FEEDS: Final = [(feed.value, feed.value) for feed in FeedClass]
_PRICE: Final[dict[str, Any]] = {"max_digits": None, "decimal_places": None, "allow_null": True}


class PerLooker(UserRateThrottle):
    """Every new symbol costs a call to a provider, on the budget that exits need as well."""

    scope = "quotes"
    rate = "60/min"


class QuotesQuerySerializer(serializers.Serializer[Any]):
    symbols = serializers.CharField(
        max_length=MOST_SYMBOLS * 22,
        help_text=f"At most {MOST_SYMBOLS}, with commas between them: underlyings or compact option symbols.",
    )

    def validate_symbols(self, value: str) -> list[str]:
        symbols = list(dict.fromkeys(symbol.strip().upper() for symbol in value.split(",")))
        for symbol in symbols:
            if not _SYMBOL.fullmatch(symbol):
                raise serializers.ValidationError(f"{symbol!r} is no symbol such as SPY or SPY270115C00700000.")
        if len(symbols) > MOST_SYMBOLS:
            raise serializers.ValidationError(f"{len(symbols)} symbols are more than {MOST_SYMBOLS}.")
        return symbols


class QuoteSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    bid = PlainDecimal(**_PRICE)
    ask = PlainDecimal(**_PRICE)
    mid = PlainDecimal(**_PRICE)
    last = PlainDecimal(**_PRICE)
    provider = serializers.CharField()
    feed = serializers.ChoiceField(choices=_FEEDS)
    provider_time = serializers.DateTimeField(help_text="The provider's clock")
    received_at = serializers.DateTimeField()
    age_seconds = serializers.FloatField(help_text="Since it was received; 30 at most")


class QuotesSerializer(serializers.Serializer[Any]):
    quotes = QuoteSerializer(many=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="Nobody has a quote, or not yet")


class Quotes(ApiBase):
    """Latest prices for people; what is traded on is asked for anew."""

    reads = "market_app.view_provider"
    throttle_classes = [PerLooker]

    @extend_schema(
        operation_id="quotes",
        parameters=[QuotesQuerySerializer],
        responses={200: QuotesSerializer, 400: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Unjudged, up to 30 s old, with their age; what is older than 5 s is fetched meanwhile for the next look."""
        query = QuotesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        symbols: list[str] = query.validated_data["symbols"]
        found = glances(symbols)
        rows = [_row(seen) for seen in found.values()]
        missing = [symbol for symbol in symbols if symbol not in found]
        return Response(QuotesSerializer({"quotes": rows, "missing": missing}).data)


def _row(seen: Glance) -> dict[str, Any]:
    quote = seen.quote
    prices = {"bid": quote.bid, "ask": quote.ask, "mid": quote.mid, "last": quote.last}
    return {
        **quote._asdict(),
        **{name: price if price is not None and price.is_finite() else None for name, price in prices.items()},
        "feed": quote.feed.value,
        "age_seconds": round(seen.age_s, 1),
    }
