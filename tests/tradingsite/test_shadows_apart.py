"""What happened on a shadow book is never taken for real: lists, figures, metrics and the overview leave it out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders_app.models import Fill, Order
from positions_app.models import Position
from positions_app.services import refresh_marks
from signals_app.models import Signal
from signals_app.services import decide
from tests.factories import Floor, a_desk
from tests.people import RISK_OFFICER, VIEWER, at_the_admin, at_the_api
from tests.signals_app.jury.stand_ins import Loyal, Sceptic, only
from tests.trading import told, trade
from tradingsite.stats import alert_to_position_ms, today
from tradingsite.templatetags.desk import newest_signals, overview

pytestmark = pytest.mark.django_db(transaction=True)
LISTS = ["signals_app_signal", "orders_app_order", "orders_app_fill", "positions_app_position"]


@pytest.fixture
def signal(floor: Floor) -> Signal:
    """An alert that both engines have traded; what it bought has gained on both books."""
    with only(Loyal):
        made = trade(a_desk(), floor)
    floor.market.option_factor = Decimal("1.1")
    floor.clock.forward(5)
    refresh_marks()
    return made


def rows(browser: Client, name: str, **query: str) -> list[Any]:
    return list(browser.get(reverse(f"admin:{name}_changelist"), query).context["cl"].result_list)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_real_books_until_it_is_asked_for_others(signal: Signal, name: str) -> None:
    """By the filter, or by the book itself: a list that is empty because of a filter nobody chose helps nobody."""
    viewer, book = at_the_admin(VIEWER), signal.shadow.account_id

    assert [row.account_id for row in rows(viewer, name)] == [signal.account_id]
    assert [row.account_id for row in rows(viewer, name, shadow="only")] == [book]
    assert len(rows(viewer, name, shadow="all")) == 2
    assert [row.account_id for row in rows(viewer, name, account__id__exact=str(book))] == [book]
    page = viewer.get(reverse(f"admin:{name}_changelist"), {"shadow": "all"}).content.decode()
    assert page.count('badge-calm">shadow<') == 1


def test_a_search_finds_a_shadow_by_its_number(signal: Signal) -> None:
    """Who has a number wants that row."""
    assert [row.pk for row in rows(at_the_admin(VIEWER), "signals_app_signal", q=str(signal.shadow.pk))] == [
        signal.shadow.pk
    ]


@pytest.mark.parametrize(
    ("path", "model"), [("signals", Signal), ("orders", Order), ("fills", Fill), ("positions", Position)]
)
def test_the_api_lists_real_books_unless_it_is_asked_for_others(
    signal: Signal, path: str, model: type[Signal | Order | Fill | Position]
) -> None:
    """shadow=true gives the others, so does their book's name, and one row is given by its number wherever it is."""
    viewer, book = at_the_api(VIEWER), signal.shadow.account
    shadow = model.objects.get(account=book)

    def found(query: str) -> list[str]:
        return [row["book"] for row in viewer.get(f"/api/v1/{path}/{query}").json()["results"]]

    assert found("") == found("?shadow=false") == [signal.account.name]
    assert found("?shadow=true") == found(f"?book={book.name}") == [book.name]
    assert viewer.get(f"/api/v1/{path}/{shadow.pk}/").json()["id"] == shadow.pk


def test_the_api_finds_what_belongs_to_a_shadow(signal: Signal) -> None:
    """Its signal, orders, fills and position, by what they belong to."""
    viewer, shadow = at_the_api(VIEWER), signal.shadow
    order = Order.objects.get(signal=shadow)
    for query in (
        f"signals/?shadow_of={signal.pk}",
        f"orders/?signal={shadow.pk}",
        f"fills/?order={order.pk}",
        f"positions/?signal={shadow.pk}",
    ):
        books = [row["book"] for row in viewer.get(f"/api/v1/{query}").json()["results"]]
        assert books == [shadow.account.name], query


def test_the_figures_of_today_are_those_of_real_books(signal: Signal, floor: Floor) -> None:
    """One signal, one order, one position, one wait; shadow books stand in a list of their own."""
    figures = today(floor.clock.at)

    assert figures["signals"]["by_status"] == {"ordered": 1}
    assert figures["orders"]["by_status"] == {"filled": 1}
    assert figures["positions"]["by_status"] == {"open": 1}
    assert figures["shadow"] == {"signals": {"ordered": 1}, "orders": {"filled": 1}, "positions": {"open": 1}}
    assert alert_to_position_ms(figures["since"])["count"] == 1
    assert [book["name"] for book in figures["books"]] == [signal.account.name]
    assert [book["name"] for book in figures["shadow_books"]] == [signal.shadow.account.name]


def test_the_overview_counts_what_is_real(signal: Signal) -> None:
    """Positions with their gain, orders, signals and the newest ones."""
    cards = {card.label: card for card in overview()}
    own = Position.objects.get(account=signal.account)
    gained = (own.mark - own.entry_price) * own.quantity * own.multiplier - own.commission

    assert cards["open positions"].value == 1
    assert f"{gained:,.2f}" in cards["open positions"].note
    assert (cards["signals today"].value, cards["signals today"].note) == (1, "1 became orders")
    assert [row.pk for row in newest_signals()] == [signal.pk]


def test_a_shadows_refusal_is_no_refusal_of_the_day(floor: Floor) -> None:
    """The jury did not want what engine A has traded."""
    with only(Loyal, Sceptic, loyal={"confidence": 60}):
        refused = trade(a_desk(), floor).shadow

    cards = {card.label: card for card in overview()}

    assert (refused.status, cards["refusals today"].value) == ("rejected", 0)
    assert today(floor.clock.at)["signals"]["by_reason"] == {}


def test_a_dead_shadow_is_seen(floor: Floor) -> None:
    """Somebody has to look at it: the overview counts it, and its link leads there."""
    desk = a_desk()
    with only(Loyal):
        decide(signal_id=told(desk.post(desk.alert()))["signals"][0])
    shadow = Signal.objects.get(shadow_of__isnull=False)
    Signal.objects.filter(pk=shadow.pk).update(status="dead", reason="retries_exhausted")
    card = next(card for card in overview() if card.label == "dead rows")

    assert card.value == 1
    assert [row.pk for row in at_the_admin(VIEWER).get(card.url).context["cl"].result_list] == [shadow.pk]


def test_metrics_of_shadow_books_have_names_of_their_own(signal: Signal, client: Client, redis_client: object) -> None:
    """So that a sum over a metric stays a sum of what is real; what agents said is told for the last hour."""
    page = client.get("/metrics").content.decode()

    def sample(line: str) -> float:
        (value,) = re.findall(rf"^{re.escape(line)} (\S+)$", page, re.MULTILINE)
        return float(value)

    book, shadow = signal.account.name, signal.shadow.account.name
    assert sample('trading_signals{status="ordered"}') == sample('trading_shadow_signals{status="ordered"}') == 1
    assert sample('trading_orders{status="filled"}') == sample('trading_shadow_orders{status="filled"}') == 1
    assert sample(f'trading_open_positions{{book="{book}"}}') == 1
    assert sample(f'trading_shadow_open_positions{{book="{shadow}"}}') == 1
    assert f'trading_book_cash{{book="{shadow}"}}' not in page
    assert sample(f'trading_shadow_book_cash{{book="{shadow}"}}') > 0
    assert sample("trading_alert_to_position_seconds_count") == 1
    assert sample('trading_agent_votes{action="enter",agent="loyal"}') == 1
    assert sample('trading_agent_alarms{agent="loyal"}') == 0


def test_a_shadow_book_is_not_made_by_hand(signal: Signal) -> None:
    """It belongs to a book and is made with the first alert that needs it."""
    page = at_the_admin(RISK_OFFICER).get(reverse("admin:books_app_account_add")).content.decode()

    assert 'value="paper"' in page
    assert 'value="shadow"' not in page
