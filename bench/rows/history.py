"""A million old signals and orders: does one alert's way get longer when the tables are full?"""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.figures import Result
from bench.rows.way import FAST, P50, in_turn, paced, percentiles
from bench.run import Run

FULL: Final = "full"
# Spread over the books that the new alerts are for, and over the past hundred days. session_replication_role=replica
# leaves out the foreign keys' checks; columns, constraints and indexes are the real ones.
_OLD = "now() - interval '1 day' - n %% 100 * interval '1 day'"
LOADS: Final = (
    f"""INSERT INTO signals_app_webhookevent (id, strategy_id, received_at, body, body_sha256, outcome, reason, text,
            http_status, correlation_id)
        SELECT n, 1 + n %% %(books)s, {_OLD}, '{{"ticker": "NASDAQ:AAPL", "action": "buy", "sentiment": "long"}}',
            repeat('0', 64), 'accepted', '', '', 202, md5(n::text)
        FROM generate_series(1, %(rows)s) AS n""",  # noqa: S608  # made of constants
    f"""INSERT INTO signals_app_signal (id, strategy_id, account_id, event_id, leg, correlation_id, dedupe_key, symbol,
            asset_class, intent, alert, alert_time, received_at, signal_price, status, reason, reason_text, attempts,
            due_at, last_error, updated_at, engine)
        SELECT n, 1 + n %% %(books)s, 1 + n %% %(books)s, n, 0, md5(n::text), md5(n::text) || md5(n::text), 'AAPL',
            'equity', 'open_long', '{{"symbol": "AAPL", "intent": "open_long", "interval_s": 300}}', {_OLD}, {_OLD},
            100, 'ordered', '', '', 0, {_OLD}, '', {_OLD}, 'A'
        FROM generate_series(1, %(rows)s) AS n""",  # noqa: S608  # made of constants
    f"""INSERT INTO orders_app_order (id, client_order_id, venue_order_id, account_id, signal_id, strategy_id,
            correlation_id, purpose, side, reduce_only, thesis, symbol, underlying, multiplier, order_type, quantity,
            filled_quantity, average_price, status, reason, reason_text, attempts, due_at, expires_at, sizing, quote,
            created_at, submitted_at, terminal_at, updated_at)
        SELECT n, 'signal-' || n || '-entry-1', 'paper:signal-' || n || '-entry-1', 1 + n %% %(books)s, n,
            1 + n %% %(books)s, md5(n::text), 'entry', 'buy', false, 'long', 'AAPL261120C00270000', 'AAPL', 100,
            'market', 1, 1, 5.25, 'filled', '', '', 1, {_OLD}, {_OLD}, '1 contract', NULL, {_OLD}, {_OLD}, {_OLD}, {_OLD}
        FROM generate_series(1, %(rows)s) AS n""",  # noqa: S608  # made of constants
)
TABLES: Final = ("signals_app_webhookevent", "signals_app_signal", "orders_app_order")


def with_old_rows(run: Run) -> list[Result]:
    ours, full = run.ours(), run.ours(FULL)
    _load(run)
    run.started(ours, full)
    measure = partial(paced, run.counts.fast_alerts, FAST)
    taken = in_turn(run, measure, full, ours)
    run.retire(FULL)
    what = f"alert to position at 20/s with {run.counts.old_rows:,} old signals and orders"
    return percentiles("million", what, *taken, {P50: 1.2}, "the same without them")


def _load(run: Run) -> None:
    parameters = {"books": run.counts.books, "rows": run.counts.old_rows}
    for number, (table, load) in enumerate(zip(TABLES, LOADS, strict=True), 1):
        run.tell(f"loading {run.counts.old_rows:,} rows into {table}, {number} of {len(TABLES)}")
        following = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {run.counts.old_rows})"
        run.ground.run(FULL, "SET session_replication_role = replica", load % parameters, following)
    run.tell("vacuum and analyze")
    run.ground.run(FULL, "VACUUM ANALYZE", "CHECKPOINT")
