"""Issuing, rotating and recognising the secrets of a strategy. Only hashes are stored; a secret is shown once."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from books_app import clock
from books_app.audit import Trail
from books_app.rows import fetched
from signals_app.models import Credential, Strategy

OVERLAP = timedelta(hours=1)  # alerts already in flight or not yet edited keep working that long after a rotation
CACHE_SECONDS = 1.0  # a revoked secret may be taken this much longer
CACHE_SIZE = 1024
Kind = Credential.Kind


def digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """The strategy that a delivery comes for, as far as the webhook asks, and the hashes of the tokens its body may carry."""

    strategy_id: int
    strategy_name: str
    account_id: int
    source_addresses: Sequence[str]
    alerts_per_minute: int
    freshness: timedelta
    token_digests: Sequence[str] = ()

    def holds(self, candidates: Iterable[str]) -> bool:
        """True when one candidate is a valid token. Compares hashes in constant time and never stops early."""
        found = False
        for candidate in candidates:
            candidate_digest = digest(candidate)
            for known in self.token_digests:
                found |= hmac.compare_digest(candidate_digest, known)
        return found


class _RecentCallers:
    """Callers by endpoint hash for a second, so that a burst does not read the same rows for every alert."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()

    def get(self, key: str) -> tuple[bool, Caller | None]:
        entry = self._entries.get(key)
        if entry is None or time.monotonic() - entry[0] > CACHE_SECONDS:
            return False, None
        return True, entry[1]

    def put(self, key: str, caller: Caller | None) -> None:
        self._entries[key] = (time.monotonic(), caller)
        while len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()


recent_callers = _RecentCallers()


def caller_of_endpoint(endpoint_id: str) -> Caller | None:
    """The strategy behind a webhook address, or None. One query, the same for known and unknown addresses."""
    key = digest(endpoint_id)
    known, caller = recent_callers.get(key)
    if not known:
        caller = _read_caller(key)
        recent_callers.put(key, caller)
    return caller


def _valid(at: datetime) -> Q:
    return Q(expires_at__isnull=True) | Q(expires_at__gt=at)


# Plain SQL and only the columns that a webhook looks at: through the ORM this was a third of the whole request.
_OF_ENDPOINT = """
    SELECT strategy.id, strategy.name, strategy.account_id,
           ARRAY(SELECT host(address) FROM unnest(strategy.source_addresses) AS address), strategy.alerts_per_minute,
           make_interval(secs => strategy.freshness_seconds), ARRAY(
               SELECT token.digest FROM signals_app_credential AS token
               WHERE token.strategy_id = strategy.id AND token.kind = 'token'
                 AND (token.expires_at IS NULL OR token.expires_at > %(at)s)
           )
      FROM signals_app_credential AS endpoint JOIN signals_app_strategy AS strategy ON strategy.id = endpoint.strategy_id
     WHERE endpoint.kind = 'endpoint' AND endpoint.digest = %(digest)s
       AND (endpoint.expires_at IS NULL OR endpoint.expires_at > %(at)s)
"""


def _read_caller(endpoint_digest: str) -> Caller | None:
    found = fetched(_OF_ENDPOINT, {"digest": endpoint_digest, "at": clock.now()})
    return Caller(*found[0]) if found else None


@transaction.atomic
def issue(strategy: Strategy, kind: str, *, secret: str | None = None, actor: str = "system") -> str:
    """Make a new secret beside the ones that are valid, and return it: the only time it can be seen."""
    secret = secret or secrets.token_urlsafe(32)
    credential = Credential.objects.create(strategy=strategy, kind=kind, digest=digest(secret))
    _note(credential, "", "valid", actor)
    recent_callers.clear()
    return secret


@transaction.atomic
def rotate(strategy: Strategy, kind: str, *, actor: str, overlap: timedelta = OVERLAP) -> str:
    """Issue a new secret; the old ones stay valid for the overlap, so that no genuine alert is refused meanwhile."""
    ends_at = clock.now() + overlap
    ending = Credential.objects.select_for_update().filter(_valid(ends_at), strategy=strategy, kind=kind)
    for credential in ending:
        credential.expires_at = ends_at
        credential.save(update_fields=["expires_at"])
        _note(credential, "valid", "expiring", actor)
    return issue(strategy, kind, actor=actor)


@transaction.atomic
def issue_signing_key(strategy: Strategy, *, actor: str = "system") -> tuple[str, str]:
    """A (key id, key) pair for a caller that signs. The key is derived, so the database holds nothing to steal."""
    public_id = secrets.token_hex(8)
    key = signing_key(public_id)
    credential = Credential.objects.create(
        strategy=strategy, kind=Kind.SIGNING, digest=digest(key), public_id=public_id
    )
    _note(credential, "", "valid", actor)
    return public_id, key


def signing_key(public_id: str) -> str:
    master = settings.WEBHOOK_SIGNING_SECRET.encode()
    return hmac.new(master, public_id.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def caller_of_signature(public_id: str, signature: str, signed: bytes) -> Caller | None:
    """The strategy whose signing key made this HMAC-SHA256 (hex) over ``signed``, or None."""
    expected = hmac.new(signing_key(public_id).encode(), signed, sha256).hexdigest()
    genuine = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))
    credential = (
        Credential.objects.filter(_valid(clock.now()), kind=Kind.SIGNING, digest=digest(signing_key(public_id)))
        .select_related("strategy")
        .first()
    )
    return _caller_for(credential.strategy) if credential is not None and genuine else None


def _caller_for(strategy: Strategy) -> Caller:
    return Caller(
        strategy.pk,
        strategy.name,
        strategy.account_id,
        strategy.source_addresses,
        strategy.alerts_per_minute,
        strategy.freshness,
    )


def _note(credential: Credential, before: str, after: str, actor: str) -> None:
    trail = Trail(actor)
    trail.note("credential", credential.pk, before, after, text=f"{credential.kind} of {credential.strategy.name}")
    trail.write()
