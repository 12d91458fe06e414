"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from signals_app import webhook
from tradingsite import desk, desk_experiments, health, metrics, reasons_pages
from tradingsite.comparison.page import page as comparison

admin.site.site_header = admin.site.site_title = "Trading desk"
admin.site.index_title = "Overview"
admin.site.site_url = None

urlpatterns = [
    path("webhook/tradingview/<str:endpoint_id>/", webhook.tradingview, name="webhook-tradingview"),
    path("webhook/signed/", webhook.signed, name="webhook-signed"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/desk/comparison/", admin.site.admin_view(comparison), name="desk-comparison"),
    path("admin/desk/", include(desk.urlpatterns + desk_experiments.urlpatterns)),
    path("admin/", admin.site.urls),
    path("api/", include("tradingsite.api")),
    path("docs/reasons/", reasons_pages.index, name="reasons"),
    path("docs/reasons/<slug:code>/", reasons_pages.page, name="reason"),
    path("health", health.alive, name="health"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/deep", health.deep, name="health-deep"),
    path("metrics", metrics.metrics, name="metrics"),
]
