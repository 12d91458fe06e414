"""The breaker: a provider that fails is left alone for a while, then tried again by exactly one process.

| state     | what comes                              | next                                              |
|-----------|-----------------------------------------|---------------------------------------------------|
| closed    | a failure, fewer than allowed in a row  | closed, counted                                   |
| closed    | the last failure allowed                | open for the provider's rest                      |
| closed    | an answer                               | closed, count back to zero                        |
| open      | a question before the rest is over      | refused: provider_breaker_open                    |
| open      | a question after it                     | half-open: this question is the one probe         |
| half-open | another question                        | refused                                           |
| half-open | the probe's answer                      | closed                                            |
| half-open | the probe's failure                     | open for another rest                             |
| half-open | nothing: the prober died                | after its time another question may be the probe  |
| open      | a late outcome of an earlier question   | unchanged                                         |

A limit that the provider speaks of, and a refused key, leave the whole provider alone at once, for what it asks. While
Redis is away each process keeps a breaker of its own that opens sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Lock
from time import monotonic
from typing import Final, TypeVar

import structlog

from domain.errors import MarketDataUnavailable
from market_app.capabilities import Capability
from market_app.chain import shared
from market_app.chain.terms import Use
from market_app.providers.access import ProviderTrouble, Trouble, deadline

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

CAREFUL_FAILURES: Final = 2  # alone: every process asks, so each gives up sooner
LIMITED_REST_S: Final = 60.0  # where the provider does not say how long
REFUSED_REST_S: Final = 600.0  # a key or a plan does not mend itself
_KEPT_MS: Final = 600_000  # a failure longer ago than this is not "in a row" any more
_MARGIN_S: Final = 2.0  # beyond a request's own time, before a probe counts as lost
_BLAMELESS: Final = frozenset({Trouble.NO_DATA, Trouble.BUDGET})
_NOTHING: Final = frozenset({"no_market_data", "interval_not_served"})
_CLOSED, _PROBE, _OPEN, _RESTS = range(4)


@dataclass(slots=True)
class _Alone:
    """This process's own breaker of one provider and capability; monotonic seconds."""

    failures: int = 0
    until: float = 0.0


@dataclass(slots=True)
class _Ours:
    lock: Lock = field(default_factory=Lock)
    breakers: dict[str, _Alone] = field(default_factory=dict)


_ours = _Ours()


def guarded(use: Use, ask: Callable[[], Answer]) -> Answer:
    """Ask one provider once, within its time. Raises ProviderTrouble: its own, or provider_breaker_open."""
    token = _admitted(use)
    try:
        with deadline(use.terms.total_s):
            answer = ask()
    except Exception as raised:  # an SDK may raise anything, and each of it speaks against its provider alone
        trouble = _translated(use, raised)
        _after(use, token, trouble)
        raise trouble from raised
    except BaseException:  # the process is told to stop: a probe must not be held by the dead
        _after(use, token, ProviderTrouble(Trouble.FAILED, f"{use.provider}: interrupted"))
        raise
    _record(use, token, ok=True, why="")
    return answer


def _translated(use: Use, raised: Exception) -> ProviderTrouble:
    """An SDK may raise anything; to the chain that is an answer of no known shape."""
    if isinstance(raised, ProviderTrouble):
        return raised
    if isinstance(raised, MarketDataUnavailable):
        trouble = ProviderTrouble(Trouble.NO_DATA if raised.code in _NOTHING else Trouble.FAILED, raised.message)
        trouble.code = raised.code
        return trouble
    log.error("provider_raised", provider=use.provider, capability=use.capability.value, exc_info=raised)
    return ProviderTrouble(Trouble.NONSENSE, f"{use.provider}: {type(raised).__name__}")


def breaker_key(provider: str, capability: Capability) -> str:
    return f"{shared.PREFIX}breaker:{provider}:{capability.value}"


def rest_key(provider: str) -> str:
    return f"{shared.PREFIX}rest:{provider}"


def forget() -> None:
    """Empty this process's own memory."""
    with _ours.lock:
        _ours.breakers.clear()


def _admitted(use: Use) -> str:
    """The token of a probe, or an empty text. Raises ProviderTrouble where the provider is left alone."""
    token = token_hex(8)
    keys = [breaker_key(use.provider, use.capability), rest_key(use.provider)]
    try:
        verdict, left_ms, _ = shared.admit(keys, token, int((use.terms.total_s + _MARGIN_S) * 1000))
    except shared.Alone:
        _admitted_alone(use)
        return ""
    if verdict in (_OPEN, _RESTS):
        raise _left_alone(use, left_ms / 1000)
    return token if verdict == _PROBE else ""


def _admitted_alone(use: Use) -> None:
    with _ours.lock:
        mine = _ours.breakers.setdefault(breaker_key(use.provider, use.capability), _Alone())
        left = mine.until - monotonic()
        if left > 0.0:
            raise _left_alone(use, left)
        if mine.failures >= CAREFUL_FAILURES:  # half-open: the others of this process wait for this one
            mine.until = monotonic() + use.terms.total_s + _MARGIN_S


def _left_alone(use: Use, seconds: float) -> ProviderTrouble:
    text = f"{use.provider} is left alone for {seconds:.0f} s more after failures"
    return ProviderTrouble(Trouble.OPEN, text)


def _after(use: Use, token: str, trouble: ProviderTrouble) -> None:
    if trouble.trouble in _BLAMELESS:
        if token or trouble.trouble is Trouble.NO_DATA:  # it answered, or nobody will ever know: free the probe
            _record(use, token, ok=trouble.trouble is Trouble.NO_DATA, why=trouble.message)
        return
    _record(use, token, ok=False, why=trouble.message)
    if trouble.trouble is Trouble.LIMITED:
        _rest(use, trouble.retry_after_s or LIMITED_REST_S, trouble.message)
    elif trouble.trouble is Trouble.REFUSED:
        _rest(use, REFUSED_REST_S, trouble.message)


def _record(use: Use, token: str, *, ok: bool, why: str) -> None:
    key, terms = breaker_key(use.provider, use.capability), use.terms
    try:
        changed = shared.record(
            key,
            ok=ok,
            token=token,
            opens_after=terms.opens_after,
            rest_ms=int(terms.rest_s * 1000),
            kept_ms=_KEPT_MS,
            why=why[:200],
        )
    except shared.Alone:
        _record_alone(use, ok=ok)
        return
    if changed:
        log.warning(
            "breaker_closed" if ok else "breaker_opened",
            provider=use.provider,
            capability=use.capability.value,
            why=why,
        )


def _record_alone(use: Use, *, ok: bool) -> None:
    with _ours.lock:
        mine = _ours.breakers.setdefault(breaker_key(use.provider, use.capability), _Alone())
        if ok:
            mine.failures, mine.until = 0, 0.0
            return
        mine.failures += 1
        if mine.failures >= CAREFUL_FAILURES:
            mine.until = monotonic() + use.terms.rest_s


def _rest(use: Use, seconds: float, why: str) -> None:
    log.warning("provider_rests", provider=use.provider, seconds=seconds, why=why)
    try:
        shared.rest(rest_key(use.provider), int(seconds * 1000))
    except shared.Alone:
        with _ours.lock:
            for capability in Capability:
                mine = _ours.breakers.setdefault(breaker_key(use.provider, capability), _Alone())
                mine.until = monotonic() + seconds
