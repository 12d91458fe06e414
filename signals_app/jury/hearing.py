"""Hearing the agents: each within its deadline, and whatever one of them does, the others are heard.

An agent that raises, comes late, or says what cannot be a vote is made to abstain, with an alarm. Python cannot kill a
thread, so the agents speak in one of their own: one that comes late is interrupted where it runs Python code, is given up
with its thread, and has no seat in this process until that thread has ended.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread, local
from time import perf_counter
from typing import Final

import structlog

from domain.agents import Agent, JuryView, Vote, abstention
from domain.agents.jury import Seat

log = structlog.get_logger(__name__)

_STOP: Final = None


class Overdue(Exception):
    """Raised inside an agent that is late."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One agent's vote, how long it took, and why it was made to abstain, if it was."""

    vote: Vote
    took_us: int
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """What came back from the thread: a vote, or what went wrong."""

    answer: object = None
    trouble: BaseException | None = None


_late: dict[str, Thread] = {}
_late_lock = Lock()
_own = local()


def hear(seats: Sequence[Seat], deadlines_s: Sequence[float], view: JuryView) -> list[Heard]:
    """One for each seat, in their order. Never raises for what an agent does."""
    return [_heard(seat.agent, deadline_s, view) for seat, deadline_s in zip(seats, deadlines_s, strict=True)]


def _heard(agent: Agent, deadline_s: float, view: JuryView) -> Heard:
    name, started = agent.name, perf_counter()
    if _still_late(name):
        return _silenced(name, "still busy with an earlier alert", started)
    said = _speaker().ask(agent, view, deadline_s)
    if said is None:
        _give_up(name)
        return _silenced(name, f"no vote within {deadline_s * 1000:.0f} ms", started)
    if said.trouble is not None:
        return _silenced(name, f"{type(said.trouble).__name__}: {said.trouble}", started)
    try:
        vote = _believed(name, said.answer)
    except (ValueError, TypeError, LookupError, AttributeError) as lie:
        return _silenced(name, f"no vote: {lie}", started)
    return Heard(vote, _since(started))


def _believed(name: str, answer: object) -> Vote:
    """The vote, checked again as if it came from outside. Raises ValueError and its like for anything else."""
    if not isinstance(answer, Vote):
        raise TypeError(f"a {type(answer).__name__}")
    if answer.agent != name:
        raise ValueError(f"it speaks as {answer.agent!r}")
    return Vote.from_json(answer.as_json())


def _silenced(name: str, why: str, started: float) -> Heard:
    log.error("agent_silenced", agent=name, why=why)
    return Heard(abstention(name, f"made to abstain: {why}"), _since(started), why[:200])


def _since(started: float) -> int:
    return int((perf_counter() - started) * 1_000_000)


class _Speaker:
    """A thread in which agents speak, one after the other."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[tuple[Agent, JuryView] | None] = SimpleQueue()
        self._answers: SimpleQueue[_Said] = SimpleQueue()
        self.thread = Thread(target=self._work, name="jury", daemon=True)
        self.thread.start()

    def ask(self, agent: Agent, view: JuryView, deadline_s: float) -> _Said | None:
        """None where there was no answer in time; the speaker is not to be asked again then."""
        self._questions.put((agent, view))
        try:
            return self._answers.get(timeout=deadline_s)
        except Empty:
            return None

    def dismiss(self) -> None:
        """Interrupt what it is doing as soon as it runs Python code again, and let it end."""
        self._questions.put(_STOP)
        ident = self.thread.ident
        if ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Overdue))

    def _work(self) -> None:
        try:
            while (question := self._questions.get()) is not _STOP:
                agent, view = question
                try:
                    said = _Said(agent.vote(view))
                except BaseException as e:  # noqa: BLE001  # an agent that exits must not take the speaker with it
                    said = _Said(trouble=e)
                self._answers.put(said)
        except Overdue:
            return  # dismissed between two questions


def _speaker() -> _Speaker:
    """This thread's own, made when it is first needed or the last one was given up."""
    speaker: _Speaker | None = getattr(_own, "speaker", None)
    if speaker is None or not speaker.thread.is_alive():
        speaker = _own.speaker = _Speaker()
    return speaker


def _give_up(name: str) -> None:
    speaker: _Speaker = _own.speaker
    _own.speaker = None
    with _late_lock:
        _late[name] = speaker.thread
    speaker.dismiss()


def _still_late(name: str) -> bool:
    with _late_lock:
        thread = _late.get(name)
        if thread is None:
            return False
        if thread.is_alive():
            return True
        del _late[name]
        return False
