from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.llm import FakeLLM
from tests.fixtures import desk, floor
from tests.signals_app.advice.making import terms_of

__all__ = ["desk", "floor"]


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    """A language model that the settings lead to."""
    with FakeLLM() as fake, terms_of(fake):
        yield fake
