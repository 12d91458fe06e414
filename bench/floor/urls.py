"""A bare view: one INSERT, one publish."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, JsonResponse
from django.urls import path

from bench.floor.models import Alert
from bench.floor.tasks import decide


def receive(request: HttpRequest) -> JsonResponse:
    received_at = datetime.now(UTC)
    alert = Alert.objects.create(received_at=received_at, body=request.body.decode())
    decide.delay(alert.pk)
    return JsonResponse({"signals": [alert.pk]}, status=202)


urlpatterns = [path("webhook/", receive)]
