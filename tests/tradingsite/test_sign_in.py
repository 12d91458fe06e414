"""Guessing passwords at the admin and at the API."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from books_app import clock
from books_app.models import AuditEvent, SignInTries
from books_app.sign_in import TRIES, WITHIN, count_try
from domain.errors import RuleBroken
from tests.factories import VirtualClock
from tests.people import ADMINISTRATOR, PASSWORD, VIEWER, a_person, at_the_admin
from tests.races.starting_gun import at_once

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def time() -> Iterator[VirtualClock]:
    made = VirtualClock()
    with clock.running_on(made):
        yield made


def sign_in(name: str, password: str = PASSWORD, address: str = HOME) -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(reverse("admin:login"), {"username": name, "password": password})


def guess(name: str, times: int, address: str = HOME) -> list[int]:
    return [sign_in(name, "wrong", address).status_code for _ in range(times)]


def test_after_ten_wrong_passwords_the_right_one_is_refused_too(time: VirtualClock) -> None:
    """With 429, the time to wait and a sentence, until a quarter of an hour after the tenth."""
    name = a_person(VIEWER).username
    assert guess(name, TRIES) == [200] * TRIES
    time.forward(60)
    refused = sign_in(name)
    assert (refused.status_code, refused["Retry-After"]) == (429, "840")
    assert "10 tries to sign in have failed. The next one is taken in 14 minutes." in refused.content.decode()
    time.forward(840)

    assert sign_in(name).status_code == 302
    assert not SignInTries.objects.exists()
    assert AuditEvent.objects.filter(entity="sign_in", to_state="locked").count() == 1


def test_others_are_not_locked_out(time: VirtualClock) -> None:
    """Neither the same name from elsewhere nor another name from there; one that does not exist is counted alike."""
    name, other = a_person(VIEWER).username, a_person(VIEWER).username
    for guessed in (name, "nobody-of-that-name"):
        assert guess(guessed, TRIES + 1, ELSEWHERE)[-1] == 429

    assert sign_in(name, address=HOME).status_code == 302
    assert sign_in(other, address=ELSEWHERE).status_code == 302


def test_wrong_passwords_are_counted_for_a_quarter_of_an_hour_or_until_a_right_one(time: VirtualClock) -> None:
    """Nine are nobody's guesses yet."""
    name = a_person(VIEWER).username
    guess(name, TRIES - 1)
    assert sign_in(name).status_code == 302
    guess(name, TRIES - 1)
    time.at += WITHIN
    assert guess(name, 2) == [200, 200]


def test_the_api_counts_with_the_admin(time: VirtualClock) -> None:
    """In its own shape, with the code."""
    name = a_person(VIEWER).username
    guess(name, TRIES)
    cache.clear()
    answer = Client(REMOTE_ADDR=HOME).post(
        "/api/v1/token/", {"username": name, "password": PASSWORD}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "sign_in_locked")


def test_an_operator_ends_a_lock(time: VirtualClock) -> None:
    """By the command, or by removing the row in admin; both leave an audit row."""
    name = a_person(VIEWER).username
    guess(name, TRIES + 1)
    call_command("unlock", name, stdout=StringIO())
    assert sign_in(name).status_code == 302
    guess(name, TRIES + 1)
    row = SignInTries.objects.get()
    boss = at_the_admin(ADMINISTRATOR)
    assert boss.get(reverse("admin:books_app_signintries_changelist")).status_code == 200
    boss.post(reverse("admin:books_app_signintries_delete", args=[row.pk]), {"post": "yes"})

    assert sign_in(name).status_code == 302
    steps = AuditEvent.objects.filter(entity="sign_in").order_by("pk").values_list("to_state", flat=True)
    assert list(steps) == ["locked", "unlocked", "locked", "removed"]


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_all_counted() -> None:
    """Of thirty at once ten passwords are looked at."""
    answers = at_once([partial(count_try, "anna", HOME)] * 30)
    refused = [answer for answer in answers if isinstance(answer, RuleBroken) and answer.code == "sign_in_locked"]
    assert (answers.count(None), len(refused)) == (TRIES, 30 - TRIES)
