"""The SHA-256 of a JSON value, the same wherever it is taken."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def canonical(document: Any) -> str:
    """The one way in which a JSON value is written to be compared. Raises ValueError for NaN and infinity."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(document: Any) -> str:
    """Of its canonical form, as hexadecimal digits."""
    return sha256(canonical(document).encode()).hexdigest()
