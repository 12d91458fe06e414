"""Triggers that hold what no constraint can: legal steps of a status, rows that are never changed, bookings that balance.

Used by migrations only. Their errors carry SQLSTATE 23514, so Django raises IntegrityError with the guard's name in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.migrations.operations import RunSQL


def guard_steps(table: str, steps: Mapping[str, Sequence[str]]) -> RunSQL:
    """Refuse every change of ``status`` that the table of legal steps does not hold, ``.update()`` and plain SQL included."""
    name = f"{table}_legal_step"
    pairs = ", ".join(f"'{a}>{b}'" for a, following in sorted(steps.items()) for b in sorted(following))
    return RunSQL(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF OLD.status || '>' || NEW.status <> ALL (ARRAY[{pairs}]) THEN
                RAISE EXCEPTION '{name}: % cannot go from % to %', OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        END $body$;
        CREATE TRIGGER {name} BEFORE UPDATE OF status ON {table}
            FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {name}();
        """,
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE and DELETE: a correction is another row."""
    name = f"{table}_append_only"
    return RunSQL(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            RAISE EXCEPTION '{name}: row % is never changed', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
        END $body$;
        CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
        """,
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def balanced_bookings(table: str) -> RunSQL:
    """At commit, the lines of each new booking sum to zero."""
    name = f"{table}_balanced"
    return RunSQL(  # the names are those of our own tables, written in migrations
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF (SELECT sum(amount) FROM {table} WHERE booking = NEW.booking) <> 0 THEN
                RAISE EXCEPTION '{name}: booking % does not sum to zero', NEW.booking
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NULL;
        END $body$;
        CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.line = 'cash') EXECUTE FUNCTION {name}();
        """,  # noqa: S608
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def fillfactor(table: str, percent: int) -> RunSQL:
    """Leave room in each page, so that a row that is marked every few seconds is rewritten where it is."""
    return RunSQL(f"ALTER TABLE {table} SET (fillfactor = {percent})", f"ALTER TABLE {table} RESET (fillfactor)")
