"""The page of the admin that compares the engines, and the same over HTTP as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from books_app.web.views import ApiBase
from signals_app.models import Experiment, Strategy

if TYPE_CHECKING:
    from tradingsite.comparison.report import By, Subject
    from tradingsite.comparison.report import Comparison as Compared

PERMISSION: Final = "signals_app.view_signal"
AGENTS_OF: Final = 1_000  # the newest alerts whose votes a page looks at; the command looks at all
BREAKDOWNS: Final = ("regime", "symbol", "strategy")


def page(request: HttpRequest) -> HttpResponse:
    """The running experiment if nothing else is asked for; all alerts where there is none."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied("Your role does not allow this.")
    from tradingsite.comparison import pictures, text  # numpy: only where somebody looks
    from tradingsite.comparison.agents import agent_figures
    from tradingsite.comparison.outcomes import read
    from tradingsite.comparison.report import current_session, summarise

    subject, by = _asked(request)
    alerts = read(subject.scope)
    found = summarise(subject, alerts, today=current_session(), by=by)
    agents = agent_figures(subject.scope, alerts.alerts, newest=AGENTS_OF)
    context = {
        **admin.site.each_context(request),
        "title": "Comparison of the engines",
        "found": found,
        "promoted": _promoted(found),
        "standing": text.standing(found),
        "remarks": list(text.remarks(found)),
        "rows": text.engine_rows(found),
        "engines": (found.a, found.b),
        "part_head": text.PART_HEAD,
        "parts": [
            (name, list(zip(text.PART_HEAD, cells, strict=True))) for name, *cells in map(text.part_row, found.parts)
        ],
        "evidence": pictures.evidence(found),
        "profits": pictures.profits(found),
        "agent_head": text.AGENT_HEAD,
        "agents": [
            {
                "name": one.name,
                "cells": list(zip(text.AGENT_HEAD, text.agent_row(one), strict=True)),
                "dots": pictures.reliability(one.curve),
            }
            for one in agents
        ],
        "agents_of": min(AGENTS_OF, found.alerts),
        "square": pictures.SQUARE,
        "experiments": Experiment.objects.exclude(status=Experiment.Status.DRAFT).order_by("-pk")[:20],
        "strategies": Strategy.objects.order_by("name"),
        "breakdowns": BREAKDOWNS,
        "asked": _query(request),
    }
    return TemplateResponse(request, "admin/desk/comparison.html", context)


def _promoted(found: Compared) -> int | None:
    """The split that a verdict asks for, in percent to engine A; None where there is none to be prepared."""
    experiment = found.subject.experiment
    if experiment is None or experiment.status != Experiment.Status.RUNNING:
        return None
    wanted = {"a_better": 100, "b_better": 0}.get(found.judgement.verdict)
    return None if wanted == experiment.percent_a else wanted


def _query(request: HttpRequest) -> str:
    """What was asked for, without the breakdown, to be carried on by a link."""
    asked = request.GET.copy()
    asked.pop("by", None)
    return asked.urlencode()


def _asked(request: HttpRequest) -> tuple[Subject, By | None]:
    """Raises Http404 for names that nothing has."""
    from tradingsite.comparison.report import By
    from tradingsite.comparison.subjects import chosen

    experiment, strategy = request.GET.get("experiment"), request.GET.get("strategy")
    if not experiment and not strategy and "all" not in request.GET:
        running = Experiment.objects.filter(status=Experiment.Status.RUNNING).order_by("-pk").first()
        experiment = None if running is None else running.name
    by = request.GET.get("by")
    try:
        subject = chosen(
            experiment=experiment or None,
            strategy=strategy or None,
            symbol=request.GET.get("symbol", "").upper() or None,
        )
        return subject, By(by) if by else None
    except (ObjectDoesNotExist, ValueError) as e:
        raise Http404("Nothing has that name.") from e


def _parameter(name: str, description: str, **kwargs: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, description=description, **kwargs)


class Comparison(ApiBase):
    """The two engines compared."""

    reads = PERMISSION

    @extend_schema(
        operation_id="comparison",
        parameters=[
            _parameter("experiment", "Name of the experiment; alone it is judged on the terms it has declared"),
            _parameter("strategy", "Name of the strategy"),
            _parameter("symbol", "Only alerts on it"),
            _parameter("from", "Only alerts received from then on, ISO 8601 with a zone"),
            _parameter("to", "Only alerts received before"),
            _parameter("by", "One line each", enum=BREAKDOWNS),
            OpenApiParameter("agents", bool, description="Every agent's figures too"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Verdict, each engine's figures with intervals, the paired difference, and the confidence sequence day by day."""
        from tradingsite.comparison.agents import agent_figures
        from tradingsite.comparison.document import as_json
        from tradingsite.comparison.outcomes import read
        from tradingsite.comparison.report import By, current_session, summarise
        from tradingsite.comparison.subjects import chosen

        asked = request.query_params
        by = asked.get("by")
        if by and by not in BREAKDOWNS:
            raise ValidationError({"by": f"one of {', '.join(BREAKDOWNS)}"})
        names = {name: asked.get(name) or None for name in ("experiment", "strategy", "symbol")}
        subject = chosen(**names, since=_moment(asked, "from"), until=_moment(asked, "to"))
        alerts = read(subject.scope)
        found = summarise(subject, alerts, today=current_session(), by=By(by) if by else None)
        wanted = asked.get("agents", "").lower() in ("1", "true")
        agents = agent_figures(subject.scope, alerts.alerts, newest=AGENTS_OF) if wanted else None
        return Response(as_json(found, agents))


def _moment(asked: Any, name: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(asked[name]) if asked.get(name) else None
    except ValueError as e:
        raise ValidationError({name: "not a time of ISO 8601"}) from e
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)
