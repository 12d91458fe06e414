"""Quotes as rows, so that what two books traded on can be shown to be the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from books_app.rows import fetched
from domain.digest import canonical, digest

_KEEP: Final = """
    INSERT INTO orders_app_quoteseen (digest, symbol, provider_time, quote) VALUES (%s, %s, %s, %s)
    ON CONFLICT (digest) DO NOTHING RETURNING id
"""
_FIND: Final = "SELECT id FROM orders_app_quoteseen WHERE digest = %s"


def keep_quote(quote: Mapping[str, object] | None) -> int | None:
    """The id of its row, the same one for the same quote; None for none. In the caller's transaction."""
    if not quote:
        return None
    key = digest(quote)
    told = (key, quote["symbol"], datetime.fromisoformat(str(quote["provider_time"])), canonical(quote))
    rows = fetched(_KEEP, told) or fetched(_FIND, [key])
    return int(rows[0][0])
