"""The pages of the reason codes as the site serves them: every refusal links here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from books_app.web.reasons import ALL_REASONS


def index(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/reasons.html", {"reasons": [ALL_REASONS[code] for code in sorted(ALL_REASONS)]})


def page(request: HttpRequest, code: str) -> HttpResponse:
    reason = ALL_REASONS.get(code)
    if reason is None:
        raise Http404(f"there is no reason called {code}")
    return render(request, "docs/reason.html", {"reason": reason})
