"""The operator's commands: trail, close_position, cancel_order, halt, resume, reasons."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from books_app.models import Account, AuditEvent
from orders_app.models import Order
from positions_app.models import Position
from tests.factories import Desk, Floor, a_book, a_desk
from tests.trading import a_pending_order, open_a_position

pytestmark = pytest.mark.django_db(transaction=True)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_trail_prints_the_way_of_a_signal(desk: Desk, floor: Floor):
    """Aligned for people, and as one document for machines."""
    position = open_a_position(desk, floor)

    text = said("trail", str(position.signal_id))
    document = json.loads(said("trail", str(position.signal_id), "--json"))

    assert "pending → approved" in text
    assert "2026-03-11 15:00:00.000" in text
    assert document["signal"]["status"] == "ordered"


def test_a_number_that_nothing_has_is_told_with_its_fix(db):
    """As an error for people, as the same envelope as the API's for machines."""
    with pytest.raises(CommandError, match="there is no such signal\nCheck the number"):
        said("trail", "999")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("trail", "999", "--json", stdout=out)
    assert ended.value.code == 1
    assert json.loads(out.getvalue())["error"]["code"] == "not_found"


def test_close_position_sells_at_once(desk: Desk, floor: Floor):
    """The order is sent here and not left to a worker; a second call is told that it is closed."""
    position = open_a_position(desk, floor)

    done = json.loads(said("close_position", str(position.pk), "--json"))

    assert (done["status"], done["filled_quantity"], done["still_held"]) == ("filled", 1, 0)
    assert Position.objects.get().exit_reason == "manual"
    assert AuditEvent.objects.filter(entity="order", actor__startswith="command:").exists()
    with pytest.raises(CommandError, match="is closed"):
        said("close_position", str(position.pk))


def test_close_position_takes_a_part_and_never_more(floor: Floor):
    """What is asked beyond is refused with the figures."""
    desk = a_desk(sizing="fixed", sizing_value=2, limits={"max_exposure_per_position": 5000})
    position = open_a_position(desk, floor)

    with pytest.raises(CommandError, match="holds 2, asked to sell 3"):
        said("close_position", str(position.pk), "--quantity", "3")
    assert "1 still held" in said("close_position", str(position.pk), "--quantity", "1")


def test_close_position_without_a_quote_leaves_the_rest_to_the_workers(desk: Desk, floor: Floor):
    """The exit order is there and waits."""
    position = open_a_position(desk, floor)
    floor.market.silent = True

    assert "is pending_execution, 0 filled" in said("close_position", str(position.pk))
    assert Position.objects.get().status == "closing"


def test_cancel_order_takes_it_back(desk: Desk, floor: Floor):
    """Once; then it has ended."""
    order = a_pending_order(desk, floor)

    assert "is cancelled" in said("cancel_order", str(order.pk))
    assert Order.objects.get().status == "cancelled"
    with pytest.raises(CommandError, match="has ended"):
        said("cancel_order", str(order.pk))


def test_halt_and_resume_one_book_or_all(db):
    """The reason stands in the rows; an unknown name halts nothing."""
    a_book(name="one"), a_book(name="two")

    said("halt", "--book", "one", "--reason", "drill")
    assert list(Account.objects.order_by("name").values_list("status", "halt_reason")) == [
        ("halted", "drill"),
        ("active", ""),
    ]
    assert [row["status"] for row in json.loads(said("halt", "--all", "--reason", "storm", "--json"))] == [
        "halted",
        "halted",
    ]
    said("resume", "--all")
    assert not Account.objects.filter(status="halted").exists()
    with pytest.raises(CommandError, match="no book named 'gold'"):
        said("halt", "--book", "gold", "--reason", "x")


@pytest.mark.parametrize("arguments", [["halt", "--reason", "x"], ["halt", "--book", "one"], ["resume"]])
def test_a_halt_names_its_books_and_its_reason(arguments, db):
    """What is left out is asked for, and nothing is halted by a slip."""
    with pytest.raises(CommandError):
        said(*arguments)


def test_reasons_writes_a_page_for_each_code_and_removes_what_is_old(tmp_path):
    """--check says whether they are up to date, and writes nothing."""
    (tmp_path / "gone.md").write_text("a code of long ago")

    with pytest.raises(SystemExit):
        said("reasons", "--check", "--folder", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["gone.md"]
    said("reasons", "--folder", str(tmp_path))
    assert "0 differ" in said("reasons", "--check", "--folder", str(tmp_path))
    assert not (tmp_path / "gone.md").exists()
    assert (tmp_path / "market_closed.md").read_text().startswith("# market_closed\n")
