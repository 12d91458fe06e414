"""The pages of the reason codes as the site serves them: every refusal links here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from domain.reasons import REASONS


def index(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/reasons.html", {"reasons": [REASONS[code] for code in sorted(REASONS)]})


def page(request: HttpRequest, code: str) -> HttpResponse:
    reason = REASONS.get(code)
    if reason is None:
        raise Http404(f"there is no reason called {code}")
    return render(request, "docs/reason.html", {"reason": reason})
