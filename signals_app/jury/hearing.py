"""Hearing the agents: each within its deadline, and whatever one of them does, the others are heard.

An agent that raises, comes late, or says what cannot be a vote is made to abstain, with an alarm. Python cannot kill a
thread, so the agents speak in one of their own: one that comes late is interrupted where it runs, is given up with its
thread, and has no seat in this process until that thread has ended.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread, local
from time import perf_counter, sleep
from typing import Final

import structlog

from domain.agents import Agent, JuryView, Vote, abstention
from domain.agents.jury import Seat

log = structlog.get_logger(__name__)

_STOP: Final = None
SHORTEST_WAIT_S: Final = 0.001
LOOK_S: Final = 0.01


class Overdue(Exception):
    """Raised inside an agent that is late."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One agent's vote, how long it took, and why it was made to abstain, if it was."""

    vote: Vote
    took_us: int
    alarm: str = ""


@dataclass(slots=True)
class _Hearing:
    """One view before several agents. Written by the speaker, read by who waits for it; ``done`` is set at its end."""

    agents: Sequence[Agent]
    view: JuryView
    said: list[_Said] = field(default_factory=list)
    began: float = 0.0  # the agent that speaks now, or spoke last
    done: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class _Said:
    """What came back from one agent: a vote, or what went wrong."""

    took_us: int
    answer: object = None
    trouble: BaseException | None = None


_late: dict[str, Thread] = {}
_late_lock = Lock()
_own = local()


def hear(seats: Sequence[Seat], deadlines_s: Sequence[float], view: JuryView) -> list[Heard]:
    """One for each seat, in their order. Never raises for what an agent does."""
    heard: dict[str, Heard] = {}
    waiting = []
    for seat, deadline_s in zip(seats, deadlines_s, strict=True):
        if _still_late(seat.name):
            heard[seat.name] = _silenced(seat.name, "still busy with an earlier alert", 0)
        else:
            waiting.append((seat.agent, deadline_s))
    while waiting:
        said = _spoken([agent for agent, _ in waiting], [deadline_s for _, deadline_s in waiting], view)
        for (agent, _), each in zip(waiting, said, strict=False):
            heard[agent.name] = _judged(agent.name, each)
        waiting = waiting[len(said) :]
    return [heard[seat.name] for seat in seats]


def _spoken(agents: Sequence[Agent], deadlines_s: Sequence[float], view: JuryView) -> list[_Said]:
    """What the first of them said: all of them, or as far as one that came too late, which is counted as said.

    Who waits is woken once, at the end: each change of thread may cost a busy worker milliseconds.
    """
    speaker, hearing = _speaker(), _Hearing(agents, view, began=perf_counter())
    speaker.ask(hearing)
    left = max(deadlines_s)
    while not hearing.done.wait(left):
        spoken = len(hearing.said)
        if spoken == len(agents):
            break
        left = hearing.began + deadlines_s[spoken] - perf_counter()
        if left <= 0 and len(hearing.said) == spoken:
            return _cut_off(hearing, spoken, deadlines_s[spoken])
        left = max(left, SHORTEST_WAIT_S)
    return hearing.said


def _cut_off(hearing: _Hearing, spoken: int, deadline_s: float) -> list[_Said]:
    """Those that have spoken, and for the one that is late the reason why it is not waited for."""
    name = hearing.agents[spoken].name
    _give_up(name)
    late = TimeoutError(f"no vote within {deadline_s * 1000:.0f} ms")
    return [*hearing.said[:spoken], _Said(_since(hearing.began), trouble=late)]


def _judged(name: str, said: _Said) -> Heard:
    if isinstance(said.trouble, TimeoutError):
        return _silenced(name, str(said.trouble), said.took_us)
    if said.trouble is not None:
        return _silenced(name, f"{type(said.trouble).__name__}: {said.trouble}", said.took_us)
    try:
        vote = _believed(name, said.answer)
    except (ValueError, TypeError, LookupError, AttributeError) as lie:
        return _silenced(name, f"no vote: {lie}", said.took_us)
    return Heard(vote, said.took_us)


def _believed(name: str, answer: object) -> Vote:
    """The vote, checked again as if it came from outside. Raises ValueError and its like for anything else."""
    if not isinstance(answer, Vote):
        raise TypeError(f"a {type(answer).__name__}")
    if answer.agent != name:
        raise ValueError(f"it speaks as {answer.agent!r}")
    return Vote.from_json(answer.as_json())


def _silenced(name: str, why: str, took_us: int) -> Heard:
    log.error("agent_silenced", agent=name, why=why)
    return Heard(abstention(name, f"made to abstain: {why}"), took_us, why[:200])


def _since(started: float) -> int:
    return int((perf_counter() - started) * 1_000_000)


class _Speaker:
    """A thread in which agents speak, one after the other."""

    def __init__(self) -> None:
        self._hearings: SimpleQueue[_Hearing | None] = SimpleQueue()
        self.thread = Thread(target=self._work, name="jury", daemon=True)
        self.thread.start()

    def ask(self, hearing: _Hearing) -> None:
        self._hearings.put(hearing)

    def dismiss(self) -> None:
        """Let it end: at once where it runs, else as soon as what it waits for lets it go."""
        self._hearings.put(_STOP)
        interrupt_if_running(self.thread)

    def _work(self) -> None:
        try:
            while (hearing := self._hearings.get()) is not _STOP:
                for agent in hearing.agents:
                    if not self._let_speak(agent, hearing):
                        return
                hearing.done.set()
        except Overdue:
            return  # dismissed between two agents

    def _let_speak(self, agent: Agent, hearing: _Hearing) -> bool:
        """False when it was too late: nobody waits for the others here any more."""
        hearing.began = perf_counter()
        try:
            answer, trouble = agent.vote(hearing.view), None
        except BaseException as e:  # noqa: BLE001  # an agent that exits must not take the speaker with it
            answer, trouble = None, e
        hearing.said.append(_Said(_since(hearing.began), answer, trouble))
        return not isinstance(trouble, Overdue)


def _speaker() -> _Speaker:
    """This thread's own, made when it is first needed or the last one was given up."""
    speaker: _Speaker | None = getattr(_own, "speaker", None)
    if speaker is None or not speaker.thread.is_alive():
        speaker = _own.speaker = _Speaker()
    return speaker


def interrupt_if_running(thread: Thread) -> None:
    """Raise Overdue in a thread that is using the processor.

    Not in one that waits: until it runs again the exception would stay pending, and while one is pending for any thread the
    interpreter takes its slow path in all of them, with a tracer even without end (CPython 3.11).
    """
    ident = thread.ident
    if ident is not None and _is_running(thread):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Overdue))


def _is_running(thread: Thread) -> bool:
    """By the time it has spent on a processor, as Linux counts it in nanoseconds; True where nobody counts."""
    times = Path(f"/proc/self/task/{thread.native_id}/schedstat")
    try:
        before = times.read_text().split()[0]
        sleep(LOOK_S)
        return times.read_text().split()[0] != before
    except (OSError, IndexError):
        return thread.is_alive()


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
        if not thread.is_alive():
            del _late[name]
            return False
    interrupt_if_running(thread)
    return True
