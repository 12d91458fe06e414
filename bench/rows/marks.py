"""Marking many open positions and asking the exit rules about them, in this process, on the desk's database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Comparison, Result
from bench.run import DESK, Run

if TYPE_CHECKING:
    from domain.symbols.occ import OptionContract

CONTRACTS: Final = 2_500  # different ones, so that quotes are not shared by many more positions than in life
DAYS_AHEAD: Final = timedelta(days=7)  # nothing expires, so that no rule fires and every run does the same
HOLDER: Final = "bench-holder"
ONE_UPDATE: Final = "one UPDATE … FROM unnest of the same rows, values ready"
_UPDATE: Final = """
    UPDATE positions_app_position AS position SET
        mark = new.mark, marked_at = %s, best_mark = new.mark, worst_mark = new.mark, quote_good = true,
        quote_reason = '', updated_at = %s
    FROM unnest(%s::bigint[], %s::numeric[]) AS new (id, mark) WHERE position.id = new.id
"""


def marks(run: Run) -> list[Result]:
    from positions_app.services import refresh_marks

    measured = {}
    for count in (run.counts.few_positions, run.counts.many_positions):
        _hold(run, count)
        refresh_marks()
        refreshed, written = _in_turn(run, refresh_marks, _one_update(), f"refresh of {count:,}")
        measured[count] = refreshed, written
    results: list[Result] = [
        Comparison("marks", f"refresh of {count:,} positions", "ms", refreshed, written, 2.0, floor_is=ONE_UPDATE)
        for count, (refreshed, written) in measured.items()
    ]
    (few, of_few), (many, of_many) = ((count, [ms * 1000 / count for ms in measured[count][0]]) for count in measured)
    what = f"refresh, each of {many:,}"
    return [*results, Comparison("marks", what, "µs", of_many, of_few, 1.2, floor_is=f"each of {few:,}")]


def exits(run: Run) -> list[Result]:
    from positions_app.services import evaluate_exits, refresh_marks

    count = run.counts.many_positions
    _hold(run, count)
    refresh_marks()
    evaluate_exits()  # the first time every rule's word is new and is written; later only what has changed
    evaluated, refreshed = _in_turn(run, evaluate_exits, refresh_marks, f"exits of {count:,}")
    what = f"exit evaluation of {count:,} positions"
    return [Comparison("exits", what, "ms", evaluated, refreshed, 1.5, floor_is="refresh of the same")]


def _in_turn(
    run: Run, first: Callable[[], Any], second: Callable[[], Any], what: str
) -> tuple[list[float], list[float]]:
    """Milliseconds of each, A B A B …, with the dead rows cleared away before every one."""
    taken: tuple[list[float], list[float]] = ([], [])
    for repetition in range(run.counts.mark_repetitions):
        run.tell(f"{what}, {repetition + 1} of {run.counts.mark_repetitions}")
        for action, own in zip((first, second), taken, strict=True):
            run.ground.run(DESK, "VACUUM positions_app_position")
            began = time.perf_counter()
            action()
            own.append((time.perf_counter() - began) * 1000)
    return taken


def _one_update() -> Callable[[], None]:
    from django.db import connection, transaction

    from books_app import clock
    from positions_app.models import Position

    held = list(Position.objects.exclude(status="closed").order_by("pk").values_list("pk", "mark"))
    ids, known = [pk for pk, _ in held], [mark for _, mark in held]

    def update() -> None:
        now = clock.now()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UPDATE, [now, now, ids, known])

    return update


def _hold(run: Run, count: int) -> None:
    """As many open positions as wanted, made at the middle of their quotes."""
    from positions_app.models import Position

    missing = count - Position.objects.exclude(status="closed").count()
    if missing > 0:
        run.tell(f"making {missing:,} positions")
        Position.objects.bulk_create(_positions(missing), batch_size=1000)
        run.ground.run(DESK, "VACUUM ANALYZE positions_app_position")


def _positions(count: int) -> list[Any]:
    from decimal import Decimal

    from books_app import clock
    from market_app import quoting
    from positions_app.models import Position

    now = clock.now()
    listed = _contracts()
    quoted = quoting.judged_quotes({contract.symbol for contract in listed})
    signal = _a_signal()
    positions = []
    for contract in islice(cycle(listed), count):
        quote = quoted[contract.symbol].quote
        price = quote.mid if quote is not None and quote.mid is not None else Decimal(1)
        positions.append(
            Position(
                account_id=signal.account_id,
                strategy_id=signal.strategy_id,
                signal=signal,
                correlation_id=signal.correlation_id,
                symbol=contract.symbol,
                underlying=contract.root,
                right=contract.right,
                strike=contract.strike,
                expiration=contract.expiration,
                expires_at=quoting.expires_at(contract, contract.root),
                thesis="long",
                quantity=2,
                entry_quantity=2,
                entry_price=price,
                cost=price * 200,
                opened_at=now,
            )
        )
    return positions


def _contracts() -> Sequence[OptionContract]:
    """Of all underlyings in turn, the ones nearest to the money first."""
    from books_app import clock
    from market_app import quoting, services
    from market_app.providers.listing import UNDERLYINGS

    earliest = clock.now().date() + DAYS_AHEAD
    found = []
    for underlying in sorted(UNDERLYINGS):
        judged = quoting.judged_quote(underlying)
        assert judged.quote is not None and judged.quote.mid is not None  # the simulated market never closes
        middle = judged.quote.mid
        chain = [contract for contract in services.chain(underlying) if contract.expiration >= earliest]
        chain.sort(key=lambda contract: abs(contract.strike / middle - 1))
        found.append(chain[: CONTRACTS // len(UNDERLYINGS)])
    return [contract for together in zip(*found, strict=False) for contract in together]


def _a_signal() -> Any:
    """In a book of its own. All the positions may be of one alert: neither marks nor exits look at it."""
    from books_app import clock
    from books_app.models import Account
    from signals_app.models import Signal, Strategy, WebhookEvent

    existing = Signal.objects.filter(dedupe_key=HOLDER).first()
    if existing is not None:
        return existing
    now, account = clock.now(), Account.objects.create(name=HOLDER)
    strategy = Strategy.objects.create(name=HOLDER, account=account, allowed_symbols=["*"])
    event = WebhookEvent.objects.create(
        strategy=strategy, received_at=now, body="", body_sha256="0" * 64, outcome="accepted", http_status=202
    )
    return Signal.objects.create(
        strategy=strategy,
        account=account,
        event=event,
        dedupe_key=HOLDER,
        symbol="AAPL",
        asset_class="equity",
        intent="open_long",
        alert={},
        received_at=now,
        status="ordered",
        due_at=now,
    )
