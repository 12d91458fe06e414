"""Many comparisons side by side: by strategy, by symbol, by regime. Of twenty without any difference one looks like one.

A verdict keeps its promise for itself, not for the best of a page of them. Of e-values there is a choice that does for
all together: among those chosen, the share that is false is ``level`` at most on average, however they depend on each
other, and at whatever day the page is looked at. Source: Wang and Ramdas, False discovery rate control with e-values,
JRSS B 84 (2022).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from domain.stats.intervals import check_level

K = TypeVar("K", bound=Hashable)


def discoveries(evidence: Mapping[K, float], *, level: float = 0.05) -> frozenset[K]:
    """The comparisons that can be believed to differ, all of them together (the e-BH procedure).

    evidence: the e-value of each, 0 or more, as in ``Judgement.e_different``; all that were made, not only the promising.
    The k greatest are chosen for the greatest k of which all reach count / (level * k). Raises ValueError for a level that
    is no probability.
    """
    check_level(level)
    ranked = sorted(evidence.values(), reverse=True)
    enough = [value for k, value in enumerate(ranked, 1) if value * level * k >= len(ranked)]
    return frozenset(key for key, value in evidence.items() if enough and value >= enough[-1])
