"""What importing the indicators costs a process."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = (
    "import sys, domain.indicators.saty{after}; print([name for name in ('pandas', 'polars') if name in sys.modules])"
)


@pytest.mark.parametrize(("after", "loaded"), [("", "[]"), (", pandas", "['pandas']")])
def test_indicators_bring_no_pandas_and_do_not_keep_it_away(after: str, loaded: str) -> None:
    """TA-Lib would import it (a second, fifty megabytes); a provider that needs it later still gets it."""
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(after=after)], check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == loaded
