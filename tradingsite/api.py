"""The API's addresses under /api/v1/, its sign-in, its schema, and what belongs to no single app."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import include, path, re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from books_app import clock
from books_app.api import BookViewSet
from books_app.web.errors import envelope
from books_app.web.views import ApiBase
from market_app.api import Quotes
from orders_app.api import CancelOrder, ClosePosition, FillViewSet, OrderViewSet
from positions_app.api import ExitRuleViewSet, PositionViewSet
from risk_app.api import HaltBook, LimitViewSet, ResumeBook
from signals_app.api import DecisionViewSet, EventViewSet, SignalViewSet
from signals_app.api_engines import (
    ConfirmSplit,
    ExperimentViewSet,
    PrepareSplit,
    StartExperiment,
    StopExperiment,
    VoteViewSet,
    WithdrawSplit,
)
from signals_app.webhook import source_address
from tradingsite.comparison.page import Comparison
from tradingsite.stats import today
from tradingsite.trail import read_trail
from tradingsite.trail_text import as_json


class GuessingThrottle(SimpleRateThrottle):
    """Sign-ins by the sender's address, so that passwords cannot be tried by the thousand."""

    scope = "sign-in"
    rate = "10/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": source_address(request._request)}


class Token(ApiBase, TokenObtainPairView):
    """Sign in with name and password. The answer holds an access token for minutes and a refresh token for a day."""

    needs = ""
    permission_classes = ()
    throttle_classes = [GuessingThrottle]


class TokenRefresh(ApiBase, TokenRefreshView):
    """A new access token for a refresh token that has not expired."""

    needs = ""
    permission_classes = ()
    throttle_classes = [GuessingThrottle]


class Stats(ApiBase):
    """Figures of today."""

    reads = "signals_app.view_signal"

    @extend_schema(operation_id="stats", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Counts by status and reason since midnight in New York, alert-to-position percentiles, and each book's figures."""
        return Response(today(clock.now()))


class SignalTrail(ApiBase):
    """The whole way of one signal."""

    reads = "signals_app.view_signal"

    @extend_schema(operation_id="signals_trail", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """Event, decisions with every rule and vote, orders, fills, positions, exit verdicts, ledger lines and audit rows.

        The other engine's course on the shadow book stands apart, under ``shadow``.
        """
        return Response(as_json(read_trail(pk)))


class Schema(SpectacularAPIView):
    permission_classes = [IsAuthenticated]


def no_such_address(request: HttpRequest, **_parts: Any) -> JsonResponse:
    return JsonResponse(envelope("not_found", f"There is no {request.path}."), status=404)


router = SimpleRouter()
for prefix, view in {
    "signals": SignalViewSet,
    "decisions": DecisionViewSet,
    "orders": OrderViewSet,
    "fills": FillViewSet,
    "positions": PositionViewSet,
    "exit-rules": ExitRuleViewSet,
    "limits": LimitViewSet,
    "books": BookViewSet,
    "events": EventViewSet,
    "votes": VoteViewSet,
    "experiments": ExperimentViewSet,
}.items():
    router.register(prefix, view, basename=f"api-{prefix}")

urlpatterns = [
    path("v1/", include(router.urls)),
    path("v1/signals/<int:pk>/trail/", SignalTrail.as_view(), name="api-signal-trail"),
    path("v1/positions/<int:pk>/close/", ClosePosition.as_view(), name="api-position-close"),
    path("v1/orders/<int:pk>/cancel/", CancelOrder.as_view(), name="api-order-cancel"),
    path("v1/books/<slug:name>/halt/", HaltBook.as_view(), name="api-book-halt"),
    path("v1/books/<slug:name>/resume/", ResumeBook.as_view(), name="api-book-resume"),
    path("v1/experiments/<int:pk>/start/", StartExperiment.as_view(), name="api-experiment-start"),
    path("v1/experiments/<int:pk>/stop/", StopExperiment.as_view(), name="api-experiment-stop"),
    path("v1/experiments/<int:pk>/prepare/", PrepareSplit.as_view(), name="api-experiment-prepare"),
    path("v1/experiments/<int:pk>/confirm/", ConfirmSplit.as_view(), name="api-experiment-confirm"),
    path("v1/experiments/<int:pk>/withdraw/", WithdrawSplit.as_view(), name="api-experiment-withdraw"),
    path("v1/quotes/", Quotes.as_view(), name="api-quotes"),
    path("v1/comparison/", Comparison.as_view(), name="api-comparison"),
    path("v1/stats/", Stats.as_view(), name="api-stats"),
    path("v1/token/", Token.as_view(), name="api-token"),
    path("v1/token/refresh/", TokenRefresh.as_view(), name="api-token-refresh"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")), name="api-docs"),
    path("redoc/", login_required(SpectacularRedocView.as_view(url_name="api-schema")), name="api-redoc"),
    re_path(r"^.*$", no_such_address),
]
