"""Overrides by hand: who made them is kept, and the audit trail has a row for each."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.urls import reverse

from books_app.models import AuditEvent
from market_app.defaults import seed_providers
from market_app.models import Provider, ProviderUse, SessionOverride, TradingSession

pytestmark = pytest.mark.django_db
FORM = {"product": "all", "date": "2026-12-01", "closes_at": "12:00:00", "reason": "system test"}


def trail():
    events = AuditEvent.objects.filter(entity="session_override").order_by("id")
    return [(event.to_state, event.actor) for event in events]


def test_setting_changing_and_removing_an_override_is_written_down(admin_client):
    """Three rows in the audit trail, with the user who acted."""
    admin_client.post(reverse("admin:market_app_sessionoverride_add"), FORM)
    row = SessionOverride.objects.get()
    assert (row.closes_at, row.created_by) == (time(12), "admin")
    admin_client.post(
        reverse("admin:market_app_sessionoverride_change", args=[row.pk]), {**FORM, "closes_at": "13:00:00"}
    )
    admin_client.post(reverse("admin:market_app_sessionoverride_delete", args=[row.pk]), {"post": "yes"})
    assert not SessionOverride.objects.exists()
    assert trail() == [("set", "user:admin"), ("changed", "user:admin"), ("removed", "user:admin")]


def test_removing_several_at_once_is_written_down_for_each(admin_client):
    """The list's action goes the same way as the single one."""
    for day in (1, 2):
        SessionOverride.objects.create(date=date(2026, 12, day), closed=True, reason="drill")
    chosen = list(SessionOverride.objects.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    admin_client.post(reverse("admin:market_app_sessionoverride_changelist"), form)
    assert [what for what, _ in trail()] == ["removed", "removed"]


def test_a_senseless_override_is_refused_in_the_form(admin_client):
    """The form says what is wrong and nothing is stored."""
    answer = admin_client.post(reverse("admin:market_app_sessionoverride_add"), {**FORM, "closed": "on"})
    assert "Either closed for the day, or at least one of the two times." in answer.content.decode()
    assert not SessionOverride.objects.exists()


def test_the_calendar_can_be_read_only(admin_client):
    """Rows of the calendar come from the seed; a day is changed by an override."""
    row = TradingSession.objects.create(
        calendar="XNYS", date=date(2026, 12, 1), opens_at="2026-12-01T14:30Z", closes_at="2026-12-01T21:00Z"
    )
    assert admin_client.get(reverse("admin:market_app_tradingsession_changelist")).status_code == 200
    for page in (
        reverse("admin:market_app_tradingsession_add"),
        reverse("admin:market_app_tradingsession_delete", args=[row.pk]),
    ):
        assert admin_client.post(page, {"post": "yes"}).status_code == 403


def test_a_provider_is_not_used_for_what_it_does_not_offer(admin_client):
    """The form names what it offers; limits are changed and written down."""
    seed_providers()
    provider = Provider.objects.get(name="finnhub")
    uses = {"uses-TOTAL_FORMS": "1", "uses-INITIAL_FORMS": "0", "uses-0-rank": "5", "uses-0-enabled": "on"}
    limits = {"opens_after": "3", "rest_s": "30", "connect_s": "1", "read_s": "2", "total_s": "3", "enabled": "on"}
    page = reverse("admin:market_app_provider_change", args=[provider.pk])
    ProviderUse.objects.filter(provider=provider).delete()

    refused = admin_client.post(page, {**uses, **limits, "uses-0-capability": "chain"})
    assert "finnhub does not offer chain" in refused.content.decode()
    taken = admin_client.post(page, {**uses, **limits, "uses-0-capability": "quotes"})
    assert taken.status_code == 302

    provider.refresh_from_db()
    assert (provider.opens_after, [use.capability for use in provider.uses.all()]) == (3, ["quotes"])
    assert AuditEvent.objects.filter(entity="provider", actor="user:admin").count() == 1


def test_health_of_market_data_can_only_be_read(admin_client):
    """What was seen is written by the chain alone."""
    assert admin_client.get(reverse("admin:market_app_capabilityhealth_changelist")).status_code == 200
    assert admin_client.get(reverse("admin:market_app_capabilityhealth_add")).status_code == 403
    assert admin_client.get(reverse("admin:market_app_provider_changelist")).status_code == 200
