"""Which providers are asked for what, in which order and on which terms: rows, kept for some seconds by each process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from market_app import roster
from market_app.capabilities import Capability, Source
from market_app.chain.budget import Budget
from market_app.chain.terms import Terms, Use
from market_app.models import Provider, ProviderUse
from market_app.providers.access import Patience

KEPT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Rows:
    read_at: float
    terms: Mapping[str, Terms]
    uses: Mapping[Capability, tuple[str, ...]]


_kept: _Rows | None = None
_sources: dict[tuple[str, Patience], Source] = {}
_lock = Lock()


def uses_of(capability: Capability) -> list[Use]:
    """Providers in use for a capability that have a key, in order."""
    rows = _rows()
    return [
        Use(name, capability, rows.terms[name], roster.offers(name)[capability], _source(name, rows.terms[name]))
        for name in rows.uses.get(capability, ())
        if roster.has_key(name)
    ]


def terms_of(provider: str) -> Terms:
    return _rows().terms[provider]


def used_for(provider: str) -> dict[Capability, int]:
    """What rows use this provider for and its place among those used, from 1, with or without a key."""
    return {capability: names.index(provider) + 1 for capability, names in _rows().uses.items() if provider in names}


def forget() -> None:
    """Read the rows again, and build the adapters anew."""
    global _kept
    with _lock:
        _kept = None
        _sources.clear()


def _rows() -> _Rows:
    global _kept
    kept = _kept
    if kept is None or monotonic() - kept.read_at > KEPT_S:
        kept = _kept = _read()
    return kept


def _read() -> _Rows:
    """Without rows the roster itself counts, so that a system that was never seeded still has prices."""
    found = {row.name: row for row in Provider.objects.all()}
    terms = {name: _terms(name, found.get(name) or Provider(name=name, **limits(name))) for name in roster.ROSTER}
    uses: dict[Capability, tuple[str, ...]] = {}
    if found:
        chosen = ProviderUse.objects.filter(enabled=True, provider__enabled=True).select_related("provider")
        for use in chosen.order_by("capability", "rank", "provider__name"):
            capability, name = Capability(use.capability), use.provider.name
            if capability in roster.offers(name):
                uses[capability] = (*uses.get(capability, ()), name)
    else:
        uses = {capability: tuple(_offering(capability)) for capability in Capability}
    return _Rows(monotonic(), terms, uses)


def _offering(capability: Capability) -> list[str]:
    return [name for name in roster.ROSTER if capability in roster.offers(name)]


def limits(name: str) -> dict[str, int | None]:
    """What the roster says of a provider's free plan, as columns of its row."""
    member = roster.ROSTER[name]
    return {"calls_per_minute": member.per_minute, "calls_per_day": member.per_day}


def _terms(name: str, row: Provider) -> Terms:
    member = roster.ROSTER[name]
    starts = member.day_starts
    return Terms(
        row.calls_per_minute,
        row.calls_per_day,
        row.opens_after,
        float(row.rest_s),
        float(row.connect_s),
        float(row.read_s),
        float(row.total_s),
        ZoneInfo(member.day_zone),
        starts.hour * 60 + starts.minute,
    )


def _source(name: str, terms: Terms) -> Source:
    """One adapter for each provider and patience in the process: it keeps its connections."""
    patience = Patience(terms.connect_s, terms.read_s, terms.total_s)
    with _lock:
        if (name, patience) not in _sources:
            _sources[name, patience] = roster.built(name, Budget(name, lambda: terms_of(name)), patience)
        return _sources[name, patience]
