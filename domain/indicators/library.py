"""TA-Lib, imported so that it does not bring pandas: 4 MB and 10 ms then, 51 MB and a second otherwise.

TA-Lib looks for pandas and polars at import, only to accept their columns as well as arrays; here all input is arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import get_ident
from types import ModuleType


class _NoFrames(MetaPathFinder):
    """Says to one thread that pandas and polars are not installed; another may be importing them at that moment."""

    def __init__(self) -> None:
        self._thread = get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname in ("pandas", "polars") and get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is not needed for this", name=fullname)
        return None


@contextmanager
def _without_frames() -> Iterator[None]:
    finder = _NoFrames()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with _without_frames():
    import talib

__all__ = ["talib"]
