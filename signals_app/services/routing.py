"""Which engine trades an alert."""

from __future__ import annotations

from domain.stats.assignment import assign
from signals_app.jury.force import InForce
from signals_app.models import Signal
from signals_app.services.plans import ENGINE_A, ENGINE_B


def engine_for(signal: Signal, force: InForce) -> str:
    """A where there is no jury; else the running experiment's draw, or the strategy's own engine where none runs.

    An engine that the experiment's guard has stopped trades nothing more: its alerts go to the other one. The draw is a
    function of salt and signal, so it is the same in every process.
    """
    if not force.jury:
        return ENGINE_A
    if force.split is None:
        return str(signal.strategy.engine)
    drawn = assign(force.split.salt, signal.pk, force.split.percent_a)
    return other_engine(drawn) if drawn in force.split.stopped else drawn


def other_engine(engine: str) -> str:
    return ENGINE_B if engine == ENGINE_A else ENGINE_A
