"""The doctor's look at the language model: whether it can be asked, and what is left of its day's money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Final
from urllib.parse import urlsplit

from books_app import clock
from signals_app.advice.terms import Terms
from signals_app.models import AdviceBudget
from tradingsite.config import is_loopback
from tradingsite.findings import Finding, Level, judged

SUBJECT: Final = "language model"


def language_model(*, enabled: bool) -> Iterator[Finding]:
    """enabled: whether the flag ``enable_llm`` is in force, by whoever said so. Sends nothing: a question costs money."""
    if not enabled:
        yield Finding(Level.OK, SUBJECT, "is not asked: the flag enable_llm is off")
        return
    terms = Terms.of_settings()
    missing = [name for name, value in (("LLM_BASE_URL", terms.url), ("LLM_MODEL", terms.model)) if not value]
    if missing:
        text = f"is to be asked, and {' and '.join(missing)} is empty"
        yield Finding(Level.WARN, SUBJECT, text, "set it in .env, or switch the flag enable_llm off")
        return
    yield Finding(Level.OK, SUBJECT, f"{terms.model} at {terms.url}, {terms.timeout_s:g} s for an answer")
    yield from _in_the_clear(terms)
    yield _money(terms)


def _in_the_clear(terms: Terms) -> Iterator[Finding]:
    place = urlsplit(terms.url)
    if terms.key and place.scheme == "http" and not is_loopback(place.hostname or ""):
        fix = "use https in LLM_BASE_URL unless the network between is yours alone"
        yield Finding(Level.WARN, f"{SUBJECT}: key", f"travels unencrypted to {place.hostname}", fix)


def _money(terms: Terms) -> Finding:
    day = AdviceBudget.objects.filter(day=clock.now().astimezone(UTC).date()).first()
    spent, reserved = (day.spent, day.reserved) if day else (0, 0)
    text = f"{spent:.4f} spent and {reserved:.4f} reserved of {terms.daily_cost} USD today"
    fix = "it is asked again tomorrow (UTC); raise LLM_DAILY_COST if it is worth it"
    return judged(spent + reserved >= terms.daily_cost > 0, f"{SUBJECT}: money", text, fix, level=Level.WARN)
