"""Orders and fills in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from orders_app.models import Fill, Order
from tests.factories import Desk, Floor
from tests.people import ADMINISTRATOR, TRADER, VIEWER, at_the_admin
from tests.trading import a_pending_order, open_a_position

pytestmark = pytest.mark.django_db(transaction=True)


def test_cancelling_is_a_question_and_a_post(desk: Desk, floor: Floor):
    """GET asks; POST cancels; a second POST says that it has ended."""
    order = a_pending_order(desk, floor)
    trader = at_the_admin(TRADER)
    cancel = reverse("desk-cancel-order", args=[order.pk])

    assert trader.get(cancel).status_code == 200
    assert Order.objects.get().status == "pending_execution"
    assert "is cancelled" in trader.post(cancel, follow=True).content.decode()
    assert "Not done: order" in trader.post(cancel, follow=True).content.decode()
    assert Order.objects.get().status == "cancelled"


def test_a_viewer_and_a_form_from_elsewhere_cancel_nothing(desk: Desk, floor: Floor):
    """Permission and CSRF."""
    cancel = reverse("desk-cancel-order", args=[a_pending_order(desk, floor).pk])

    assert at_the_admin(VIEWER).post(cancel).status_code == 403
    assert at_the_admin(TRADER, csrf=True).post(cancel).status_code == 403
    assert Order.objects.get().status == "pending_execution"


def test_orders_and_fills_are_read_only(desk: Desk, floor: Floor):
    """For the administrator as well; the pages show them."""
    open_a_position(desk, floor)
    boss = at_the_admin(ADMINISTRATOR)

    for model in (Order, Fill):
        name, row = f"admin:orders_app_{model._meta.model_name}", model.objects.get()
        assert boss.get(reverse(f"{name}_changelist")).status_code == 200
        assert boss.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
        assert boss.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
        assert boss.get(reverse(f"{name}_add")).status_code == 403
        assert boss.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_list_shows_what_waits_and_offers_to_cancel_it(desk: Desk, floor: Floor):
    """An order that has ended has no button."""
    order = a_pending_order(desk, floor)
    viewer = at_the_admin(TRADER)
    address = reverse("desk-cancel-order", args=[order.pk])
    orders = reverse("admin:orders_app_order_changelist")

    assert address in viewer.get(orders).content.decode()
    viewer.post(address)
    assert address not in viewer.get(orders).content.decode()
