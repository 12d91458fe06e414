"""Quotes as rows, so that what two books traded on can be shown to be the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from books_app.rows import fetched

_KEEP: Final = """
    INSERT INTO orders_app_quoteseen (digest, symbol, provider_time, quote) VALUES (%s, %s, %s, %s)
    ON CONFLICT (digest) DO NOTHING RETURNING id
"""
_FIND: Final = "SELECT id FROM orders_app_quoteseen WHERE digest = %s"


def keep_quote(quote: Mapping[str, object] | None) -> int | None:
    """The id of its row, the same one for the same quote; None for none. In the caller's transaction."""
    if not quote:
        return None
    text = json.dumps(quote, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()
    told = (digest, quote["symbol"], datetime.fromisoformat(str(quote["provider_time"])), text)
    rows = fetched(_KEEP, told) or fetched(_FIND, [digest])
    return int(rows[0][0])
