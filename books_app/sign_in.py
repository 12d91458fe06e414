"""Guessing passwords: ten tries for a name from an address within a quarter of an hour, then none for as long.

A try is counted before its password is looked at, by one statement, so that tries at the same moment are no way around it.
Only that name from that address is refused: nobody is locked out by what a stranger does elsewhere.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Final

import structlog
from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from books_app.models import SignInTries
from books_app.rows import fetched
from domain.errors import RuleBroken

log = structlog.get_logger(__name__)

TRIES: Final = 10
WITHIN: Final = timedelta(minutes=15)
# The last try allowed begins the time again: then it is the lock's.
_COUNT: Final = f"""
    INSERT INTO books_app_signintries AS kept (username, address, tries, counted_until)
    VALUES (%(username)s, %(address)s, 1, %(until)s)
    ON CONFLICT (username, address) DO UPDATE SET
        tries = CASE WHEN kept.counted_until <= %(now)s THEN 1 ELSE LEAST(kept.tries + 1, {TRIES + 1}) END,
        counted_until = CASE WHEN kept.counted_until <= %(now)s OR kept.tries = {TRIES - 1} THEN EXCLUDED.counted_until
                             ELSE kept.counted_until END
    RETURNING id, tries, counted_until
"""  # noqa: S608  # made of our own numbers


def count_try(username: str, address: str) -> None:
    """Call it before the password is looked at. Raises RuleBroken ``sign_in_locked`` with the ``seconds`` to wait."""
    now = clock.now()
    who = {"username": username[:150], "address": address}
    with transaction.atomic():
        [(pk, tries, until)] = fetched(_COUNT, {**who, "now": now, "until": now + WITHIN})
        if tries == TRIES:
            trail = Trail("sign-in")
            trail.note("sign_in", pk, "", "locked", text=f"{who['username']} from {address}: the last of {TRIES} tries")
            trail.write()
            log.warning("sign_in_last_try", **who)
    if tries > TRIES:
        seconds = ceil((until - now).total_seconds())
        text = f"{TRIES} tries to sign in have failed. The next one is taken in {ceil(seconds / 60)} minutes."
        raise RuleBroken("sign_in_locked", text, seconds=seconds)


def forget_tries(username: str, address: str) -> None:
    """The password was right."""
    SignInTries.objects.filter(username=username[:150], address=address).delete()


@transaction.atomic
def unlock(username: str, *, actor: str) -> int:
    """Let a name try again from everywhere, and say how many addresses it had been refused or counted from."""
    rows = list(SignInTries.objects.select_for_update().filter(username=username).order_by("pk"))
    trail = Trail(actor)
    for row in rows:
        trail.note("sign_in", row.pk, "", "unlocked", text=f"{row} after {row.tries} tries")
    trail.write()
    SignInTries.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
