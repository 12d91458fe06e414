"""How each provider stands now: its key, what was spent of its budget, and which of its breakers are not closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from market_app import roster
from market_app.capabilities import Capability
from market_app.chain import shared
from market_app.chain.budget import Budget, Spent
from market_app.chain.guard import breaker_key, rest_key
from market_app.chain.order import terms_of, used_for
from market_app.chain.terms import Terms


class Standing(NamedTuple):
    """used_for: the place in which it is asked, from 1, with a key or without. left_alone: what, and the last failure's cause.

    spent and left_alone are None while Redis is away.
    """

    provider: str
    used_for: Mapping[Capability, int]
    has_key: bool
    terms: Terms
    spent: Spent | None
    left_alone: tuple[str, ...] | None


def standings() -> Iterator[Standing]:
    """Every provider of the roster, in its order."""
    for name in roster.ROSTER:
        try:
            spent, left_alone = Budget(name, partial(terms_of, name)).spent(), tuple(_left_alone(name))
        except shared.Alone:
            spent, left_alone = None, None
        yield Standing(name, used_for(name), roster.has_key(name), terms_of(name), spent, left_alone)


def _left_alone(name: str) -> Iterator[str]:
    (rests,) = shared.fetch([rest_key(name)])
    if rests is not None:
        yield "everything: it told us to wait, or refused the key"
    for capability in used_for(name):
        breaker = shared.hash_of(breaker_key(name, capability))
        if "until" in breaker:
            yield f"{capability.value}: {breaker.get('why', '')}"
