"""The doctor's look at engine B: flags and who said so, seats that cannot be taken, and agents that fell silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from django.db.models import Count

from books_app import clock
from domain.errors import RuleBroken
from domain.flags import LLM, VARIANT_B, Said, Standing, variable_of
from market_app.models import GammaSnapshot
from signals_app.jury.force import flags_in_force
from signals_app.models import AgentSeat, AgentVote, Strategy
from tradingsite.doctor_advice import language_model
from tradingsite.findings import Finding, Level, judged

GAMMA_FRESH: Final = timedelta(days=1)  # from then on the agents make nothing of it
GAMMA_READERS: Final = ("context", "gamma_flow")
SILENT_WITHIN: Final = timedelta(hours=1)
SEATS: Final = "'manage.py seed' makes a seat for every agent; change it in admin under agent seats"


def _flags() -> Iterator[Finding]:
    """One line for each flag; a name that is no flag is the only trouble there can be."""
    try:
        standings = flags_in_force()
    except RuleBroken as unknown:
        yield Finding(Level.FAIL, "flags", unknown.message, "remove its row, or its FLAG_ variable")
        return
    for name, standing in standings.items():
        waits = bool(standing.asked and standing.waits_for)
        fix = f"switch {', '.join(standing.waits_for)} on, or this one off"
        yield judged(waits and standing.by is not Said.DEFAULT, f"flag {name}", _said(standing), fix, level=Level.WARN)


def _said(standing: Standing) -> str:
    by = variable_of(standing.flag.name) if standing.by is Said.ENVIRONMENT else standing.by.value
    waits = f", waits for {', '.join(standing.waits_for)}" if standing.asked and standing.waits_for else ""
    return f"{'on' if standing.on else 'off'}, said by {by}{waits}"


def _jury() -> Iterator[Finding]:
    """Nothing of it matters while engine B is off."""
    flags = flags_in_force()
    if not flags[VARIANT_B].on:
        wanting = list(Strategy.objects.filter(engine="B").order_by("name").values_list("name", flat=True))
        text = f"engine B is off, and {', '.join(wanting)} would be traded by it" if wanting else "engine B is off"
        fix = f"engine A trades them meanwhile; switch {VARIANT_B} on, or set their engine to A"
        yield judged(bool(wanting), "jury", text, fix, level=Level.WARN)
        return
    seats = list(AgentSeat.objects.filter(enabled=True))
    if not seats:
        yield Finding(Level.FAIL, "jury", "engine B is on and nobody has a seat: it enters nothing", SEATS)
        return
    heard, broken = _taken(seats, flags)
    yield from broken
    names = {seat.name for seat in heard}
    weight = sum(seat.weight for seat in heard)
    text = (
        f"{len(heard)} agents are heard, {weight.normalize() if weight else 0:f} in all" if heard else "nobody is heard"
    )
    yield judged(not weight, "jury", f"{text}", "give a weight above 0 to one seat at least: it enters nothing so")
    yield from _required(names)
    yield from _gamma(names, heard)


def _taken(seats: list[AgentSeat], flags: dict[str, Standing]) -> tuple[list[AgentSeat], list[Finding]]:
    """Seats whose agent can speak, and a finding for each that cannot; one whose flag is off is neither."""
    from domain.agents import build  # numpy: not before the doctor comes to it

    heard, broken = [], []
    for seat in seats:
        try:
            agent = build(seat.name, seat.parameters)
        except RuleBroken as bad:
            fix = (
                "correct or disable the seat in admin: its agent abstains on every alert, and its weight counts against"
            )
            broken.append(Finding(Level.FAIL, f"seat {seat.name}", bad.message, fix))
            continue
        if not agent.flag or flags[agent.flag].on:
            heard.append(seat)
    return heard, broken


def _required(heard: set[str]) -> Iterator[Finding]:
    from domain.agents import AGENTS

    for name in sorted(name for name, agent in AGENTS.items() if agent.required and name not in heard):
        text = "has no seat that can be taken, and must vote: engine B enters nothing"
        yield Finding(Level.FAIL, f"agent {name}", text, f"enable its seat in admin; {SEATS}")


def _gamma(names: set[str], heard: list[AgentSeat]) -> Iterator[Finding]:
    """Snapshots are looked at where an agent that reads them has weight."""
    if not any(seat.weight for seat in heard if seat.name in GAMMA_READERS):
        return
    last = GammaSnapshot.objects.order_by("-at").first()
    text = f"last one {last.at:%Y-%m-%d %H:%M} UTC, of {last.underlying}" if last else "none was ever taken"
    stale = last is None or last.at < clock.now() - GAMMA_FRESH
    readers = ", ".join(name for name in GAMMA_READERS if name in names)
    fix = f"without one of the last day {readers} know less or abstain; 'manage.py gex SPY --save' takes one"
    yield judged(stale, "gamma snapshots", text, fix, level=Level.WARN)


def _silenced() -> Iterator[Finding]:
    """Agents that were made to abstain in the last hour, each with its last alarm."""
    names = list(AgentSeat.objects.values_list("name", flat=True))  # the index is by name first
    lately = AgentVote.objects.filter(agent__in=names, voted_at__gte=clock.now() - SILENT_WITHIN).exclude(alarm="")
    for agent, count in lately.order_by("agent").values_list("agent").annotate(count=Count("pk")):
        why = lately.filter(agent=agent).order_by("-pk").values_list("alarm", flat=True)[0]
        text = f"made to abstain {count} times in the last hour, last: {why}"
        fix = "look for agent_silenced in the worker's log; raise its deadline or disable its seat in admin"
        yield Finding(Level.WARN, f"agent {agent}", text, fix)


def _model() -> Iterator[Finding]:
    yield from language_model(enabled=flags_in_force()[LLM].on)


JURY_CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (_flags, _jury, _silenced, _model)
