"""One alert delivered 64 times at once."""

from __future__ import annotations

import json

from django.http import HttpResponse

from signals_app.models import Signal, WebhookEvent
from tests.factories import Desk, Floor, a_desk
from tests.races.guards import without_unique
from tests.races.starting_gun import at_once
from tradingsite.auditor import violations

TIMES = 64
CONNECTIONS = 16


def _deliver(desk: Desk, body: bytes) -> list[HttpResponse | Exception]:
    """64 deliveries over 16 connections, four times 16 at the same moment."""
    answers: list[HttpResponse | Exception] = []
    for _ in range(TIMES // CONNECTIONS):
        answers += at_once([lambda: desk.post(body)] * CONNECTIONS)
    return answers


def test_without_the_unique_key_every_delivery_is_a_signal(floor: Floor) -> None:
    """The key is the row itself: nothing else in the request keeps a second one out."""
    with without_unique("signal_once_per_alert"):
        desk = a_desk()
        _deliver(desk, desk.alert())

        assert Signal.objects.count() == TIMES
        assert "A3" in {finding.invariant.code for finding in violations()}


def test_the_same_alert_64_times_at_once_is_one_signal(floor: Floor) -> None:
    """Every sender gets a 2xx with the same signal; one was accepted, the others are kept as duplicates."""
    desk = a_desk()
    answers = _deliver(desk, desk.alert())

    told = [(answer.status_code, json.loads(answer.content)) for answer in answers if isinstance(answer, HttpResponse)]
    assert sorted(status for status, _ in told) == [200] * (TIMES - 1) + [202]
    assert {tuple(body["signals"]) for _, body in told} == {(Signal.objects.get().pk,)}
    assert WebhookEvent.objects.filter(outcome="accepted").count() == 1
    assert WebhookEvent.objects.filter(outcome="duplicate").count() == TIMES - 1
    assert violations() == []
