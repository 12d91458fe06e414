"""Signing in, with a limit on guesses that admin and API share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from books_app.sign_in import count_try, forget_tries
from domain.errors import TradingError
from signals_app.webhook import source_address


class CountingBackend(ModelBackend):
    """Users of the database. Raises RuleBroken ``sign_in_locked``, which no form takes for a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **others: Any
    ) -> User | None:
        if request is None or username is None:  # nobody's request: a command or a test
            return super().authenticate(request, username, password, **others)
        address = source_address(request) or ""
        count_try(username, address)
        user = super().authenticate(request, username, password, **others)
        if user is not None:
            forget_tries(username, address)
        return user


class LockedPage:
    """Middleware: the page for people whose tries are used up. The API has its own shape for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TradingError) or exception.code != "sign_in_locked":
            return None
        answer = render(request, "429.html", {"message": exception.message}, status=429)
        answer["Retry-After"] = str(exception.figures["seconds"])
        return answer
