"""The wire below every adapter: what no documented answer shows, and a broken server may."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from unittest import mock

import pytest

from market_app.providers import wire
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.wire import Wire
from tests.fakes.server import Answer, Asked, FakeServer, Route

LIMIT = 100_000


class Packed(FakeServer):
    """Answers with so many spaces before an empty object, packed."""

    name = "packed"

    def routes(self) -> Sequence[Route]:
        return (Route(r"/(?P<spaces>\d+)", None, self.spaces),)

    def spaces(self, asked: Asked) -> Answer:
        body = b" " * int(asked.parts["spaces"]) + b"{}"
        return Answer(200, gzip.compress(body), {"Content-Encoding": "gzip"})


def test_an_answer_that_unpacks_to_too_much_is_refused() -> None:
    """A megabyte of spaces travels as a kilobyte; what counts is what it becomes."""
    with mock.patch.object(wire, "LARGEST_ANSWER", LIMIT), Packed() as fake:
        one = Wire("packed", Access(fake.url))
        assert one.get(f"/{LIMIT - 2}") == (200, {})
        with pytest.raises(ProviderTrouble) as raised:
            one.get(f"/{10 * LIMIT}")
    assert raised.value.trouble is Trouble.FAILED
