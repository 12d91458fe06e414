"""One alert's whole way, from the webhook to the closed position, and how what a death left behind is taken up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.db import connection

from domain.orders import LIVE as LIVE_ORDERS
from domain.signals import LIVE as LIVE_SIGNALS
from orders_app.models import Order
from positions_app import services as positions
from positions_app.models import Position
from signals_app.models import Signal
from tests.crash.harness import Death, Tell, Tripwire, places_of, run_in_child
from tests.factories import Desk, Floor, a_desk, seed_exit_rules
from tradingsite.auditor import violations
from workers import pipeline
from workers.sweeps import sweep_orders, sweep_signals

Way = Callable[[Floor, Desk, bytes, Tripwire, Tell], None]
FALLEN = Decimal("0.4")  # far below the stop loss
ROUNDS = 12


@dataclass(slots=True)
class Attempt:
    """One child's desk, the alert it was given, and how it ended."""

    desk: Desk
    body: bytes
    place: str
    death: Death | None = None


def go(floor: Floor, desk: Desk, body: bytes, wire: Tripwire, tell: Tell) -> None:
    """Webhook, decide, order, execute, fill, mark, exit: what one process would do if nothing happened to it."""
    with wire.armed():
        tell(str(desk.post(body).status_code))
        floor.follow_nudges()
        held = list(Position.objects.filter(account=desk.account).values_list("pk", flat=True))
        floor.market.option_factor = FALLEN
        floor.clock.forward(60)
        positions.refresh_marks(only=held)
        pipeline.monitor_exits(only=held)
        floor.follow_nudges()


def recover(floor: Floor) -> None:
    """Restart: every nudge is lost, time goes on, and sweeps, marks and exit rules run until nothing is left to do."""
    floor.lose_nudges()
    for factor in (Decimal(1), FALLEN):
        floor.market.option_factor = factor
        for _ in range(ROUNDS):
            floor.clock.forward(10)
            if factor == FALLEN:
                positions.refresh_marks()
                pipeline.monitor_exits()
            sweep_signals()
            floor.follow_nudges()
            sweep_orders()
            if not something_is_live(with_positions=factor == FALLEN):
                break
    floor.market.option_factor = Decimal(1)


def something_is_live(*, with_positions: bool) -> bool:
    return (
        Signal.objects.filter(status__in=LIVE_SIGNALS).exists()
        or Order.objects.filter(status__in=LIVE_ORDERS).exists()
        or (with_positions and Position.objects.exclude(status="closed").exists())
    )


def resend_unanswered(attempts: list[Attempt]) -> None:
    """TradingView sends again what got no 2xx."""
    for attempt in attempts:
        assert attempt.death is not None
        if not attempt.death.told:
            assert attempt.desk.post(attempt.body).status_code in (200, 202)


def wrong_with(attempt: Attempt) -> list[str]:
    """What is lost, doubled or unfinished of one alert; empty when it became exactly one position, since closed."""
    strategy = attempt.desk.strategy
    signals = list(Signal.objects.filter(strategy=strategy).values_list("status", flat=True))
    entries = list(Order.objects.filter(strategy=strategy, reduce_only=False).values_list("status", flat=True))
    exits = list(Order.objects.filter(strategy=strategy, reduce_only=True).values_list("status", flat=True))
    held = list(Position.objects.filter(strategy=strategy).values_list("status", flat=True))
    found = {"signals": signals, "entries": entries, "exits": exits, "positions": held}
    wanted = {"signals": ["ordered"], "entries": ["filled"], "exits": ["filled"], "positions": ["closed"]}
    return [f"{attempt.place}: {name} {found[name]}" for name in wanted if found[name] != wanted[name]]


def broken_invariants() -> list[str]:
    return [f"{finding.invariant.code} {what}: {found}" for finding in violations() for what, found in finding.rows]


def clear_the_floor() -> None:
    """Empty tables for the next round: TRUNCATE asks no trigger."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE books_app_account, books_app_auditevent, workers_schedulerun CASCADE")
    seed_exit_rules()


def part_of(steps: Sequence[int], part: int, parts: int) -> Sequence[int]:
    """The share of the steps that one of several tests takes."""
    return steps[len(steps) * part // parts : len(steps) * (part + 1) // parts]


def kill_and_recover(
    floor: Floor, places: Sequence[str], steps: Sequence[int], way: Way, *, deaths_of_recovery: Sequence[int] = ()
) -> list[str]:
    """Kill one child at each of these steps, recover all, and give what is wrong with any of them or with the books."""
    before = floor.clock.at
    attempts = [attempt_at(places[step - 1]) for step in steps]
    for attempt, step in zip(attempts, steps, strict=True):
        attempt.death = run_in_child(partial(way, floor, attempt.desk, attempt.body), fatal=step)
        assert attempt.death.killed, f"step {step}, {attempt.place}, was not reached"
    resend_unanswered(attempts)
    for fatal in deaths_of_recovery:
        recover_and_die(floor, fatal)
    recover(floor)
    wrong = [text for attempt in attempts for text in wrong_with(attempt)] + broken_invariants()
    clear_the_floor()
    floor.clock.at = before
    return wrong


def places_along(floor: Floor, way: Way) -> list[str]:
    """Where a way can be cut. One run before it, to the exit, warms what a process keeps in memory."""
    warm = attempt_at("warming up")
    warm.desk.post(warm.body)
    floor.follow_nudges()
    recover(floor)
    attempt = attempt_at("undisturbed")
    places = places_of(partial(way, floor, attempt.desk, attempt.body))
    recover(floor)
    assert wrong_with(attempt) + broken_invariants() == []  # undisturbed, any variant does its work
    clear_the_floor()
    return places


def attempt_at(place: str) -> Attempt:
    desk = a_desk()
    return Attempt(desk, desk.alert(), place)


def recover_and_die(floor: Floor, fatal: int) -> Death:
    """A recovery that is itself killed."""

    def work(wire: Tripwire, tell: Tell) -> None:
        with wire.armed():
            recover(floor)

    return run_in_child(work, fatal=fatal)
