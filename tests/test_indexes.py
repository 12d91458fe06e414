"""An index costs a write for every row of an alert: none is there that another one does the work of."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

# Small tables that an operator edits keep what Django makes by itself.
EDITED = {"risk_app_risklimit", "risk_app_symbolrule", "positions_app_exitrule"}
COVERED = """
    SELECT short.indexrelid::regclass::text, long.indexrelid::regclass::text
      FROM pg_index AS short JOIN pg_index AS long USING (indrelid)
     WHERE indrelid::regclass::text = ANY (%s) AND short.indexrelid <> long.indexrelid
       AND NOT short.indisunique AND short.indpred IS NULL AND long.indpred IS NULL
       AND short.indclass::text || ' ' = left(long.indclass::text || ' ', length(short.indclass::text) + 1)
       AND short.indkey::text || ' ' = left(long.indkey::text || ' ', length(short.indkey::text) + 1)
"""


@pytest.mark.django_db
def test_no_index_is_the_beginning_of_another_one() -> None:
    """Whoever reads by the first columns of an index reads by that index."""
    tables = {model._meta.db_table for model in apps.get_models() if model.__module__.split(".")[0].endswith("_app")}
    with connection.cursor() as cursor:
        cursor.execute(COVERED, [sorted(tables - EDITED)])
        assert cursor.fetchall() == []
