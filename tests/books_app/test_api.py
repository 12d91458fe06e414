"""What all of the API has in common: who may, how a refusal looks, pages; and the books."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.urls import reverse
from rest_framework.test import APIClient

from books_app.models import Account
from books_app.web.errors import answer_to
from domain.errors import IllegalTransition, OrderDenied, VenueUnavailable
from orders_app.models import Order
from tests.factories import Desk, Floor, a_book
from tests.people import NOBODY, PASSWORD, VIEWER, a_person, at_the_api
from tests.trading import open_a_position

pytestmark = pytest.mark.django_db


def the_error(answer):
    """The envelope's content, after seeing that it is whole."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "fix", "docs"}
    assert error["docs"].endswith(f"/docs/reasons/{error['code']}/")
    assert all(error.values())
    return error


def test_a_viewer_reads_books_with_decimals_as_plain_strings():
    """Neither a float nor a column's filling zeros."""
    a_book(name="paper", cash=100_000)

    row = at_the_api(VIEWER).get("/api/v1/books/").json()["results"][0]

    assert (row["name"], row["cash"], row["commission_per_contract"]) == ("paper", "100000", "0.65")


def test_a_book_is_found_by_its_name_and_a_wrong_one_is_told():
    """404 in the one shape of all refusals."""
    a_book(name="paper")
    viewer = at_the_api(VIEWER)

    assert viewer.get("/api/v1/books/paper/").json()["status"] == "active"
    missing = viewer.get("/api/v1/books/gold/")
    assert (missing.status_code, the_error(missing)["code"]) == (404, "not_found")


def test_without_a_token_nothing_is_told():
    """401 with what to do, and the challenge that clients expect."""
    answer = APIClient().get("/api/v1/books/")

    assert (answer.status_code, the_error(answer)["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_broken_token_is_not_a_missing_one():
    """It is refused all the same."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")

    answer = client.get("/api/v1/books/")

    assert (answer.status_code, the_error(answer)["code"]) == (401, "not_authenticated")


def test_name_and_password_buy_a_token_that_opens_the_api():
    """The whole way of a script; a refresh token buys the next."""
    user, client = a_person(VIEWER), APIClient()
    pair = client.post("/api/v1/token/", {"username": user.username, "password": PASSWORD}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")

    assert client.get("/api/v1/books/").status_code == 200
    assert "access" in APIClient().post("/api/v1/token/refresh/", {"refresh": pair["refresh"]}).json()


def test_passwords_cannot_be_tried_by_the_thousand():
    """After ten tries of a minute the answer is 429 with a time to wait."""
    at_the_api(NOBODY)  # clears the counts
    client = APIClient()
    answers = [client.post("/api/v1/token/", {"username": "admin", "password": "x"}) for _ in range(11)]

    assert {answer.status_code for answer in answers[:10]} == {401}
    assert (answers[10].status_code, the_error(answers[10])["code"]) == (429, "too_many_requests")
    assert int(answers[10]["Retry-After"]) > 0


def test_a_session_is_as_good_as_a_token_for_reading(client):
    """A browser that is signed in to admin can use the documentation's try-out."""
    client.force_login(a_person(VIEWER))

    assert client.get("/api/v1/books/").status_code == 200


@pytest.mark.parametrize(
    "path", ["signals", "decisions", "orders", "fills", "positions", "exit-rules", "limits", "books", "events", "stats"]
)
def test_who_has_no_role_reads_nothing(path):
    """Being signed in is not enough."""
    answer = at_the_api(NOBODY).get(f"/api/v1/{path}/")

    assert (answer.status_code, the_error(answer)["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "path",
    [
        "signals",
        "decisions",
        "orders",
        "fills",
        "positions",
        "exit-rules",
        "limits",
        "books",
        "events",
        "votes",
        "experiments",
    ],
)
def test_every_list_is_paged_and_refuses_what_it_does_not_know(path):
    """A wrong page and a wrong filter are the caller's mistakes; nothing is a 5xx."""
    viewer = at_the_api(VIEWER)

    assert set(viewer.get(f"/api/v1/{path}/?page_size=1").json()) == {"count", "next", "previous", "results"}
    assert viewer.get(f"/api/v1/{path}/?page=99999999999999999999999").status_code == 404
    assert viewer.get(f"/api/v1/{path}/?page=zero").status_code == 404
    wrong = viewer.get(f"/api/v1/{path}/?ordering=password")
    assert (wrong.status_code, the_error(wrong)["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["signals", "orders", "positions", "fills", "events", "decisions"])
def test_a_number_beyond_every_row_is_not_found(path):
    """However many digits it has."""
    viewer = at_the_api(VIEWER)

    assert viewer.get(f"/api/v1/{path}/999999999999999999/").status_code == 404
    answer = viewer.get(f"/api/v1/{path}/{'9' * 40}/")
    assert (answer.status_code, the_error(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["symbol=%00", "received_after=yesterday", "status=lost", "received_after=0001-01-01T00:00:00%2B14:00", "event=x"],
)
def test_a_strange_filter_is_refused_or_finds_nothing(query):
    """Zero bytes and impossible times never reach PostgreSQL as an error."""
    assert at_the_api(VIEWER).get(f"/api/v1/signals/?{query}").status_code in (200, 400)


def test_rows_are_changed_by_their_deeds_only():
    """405 names the methods that there are."""
    a_book(name="paper")
    answer = at_the_api(VIEWER).delete("/api/v1/books/paper/")

    assert (answer.status_code, the_error(answer)["code"]) == (405, "wrong_method")
    assert "GET" in answer["Allow"]


def test_an_address_that_does_not_exist_is_told_in_json():
    """Also below /api/, where a browser's page would be of no use."""
    answer = at_the_api(VIEWER).get("/api/v2/anything/")

    assert (answer.status_code, the_error(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "invalid_request"),
        ("[" * 60_000, "application/json", 400, "invalid_request"),
        ('{"reason": NaN}', "application/json", 400, "invalid_request"),
        ('{"reason": "\\ud800"}', "application/json", 400, "invalid_request"),
        ('{"reason": "\\u0000"}', "application/json", 400, "invalid_request"),
        ('["reason"]', "application/json", 400, "invalid_request"),
        ('{"reason": "%s"}' % ("x" * 70_000), "application/json", 413, "request_too_large"),
        (b"\xff\xfe", "application/json", 400, "invalid_request"),
        ("reason=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
def test_a_broken_body_is_the_callers_mistake(body, kind, status, code):
    """Whatever is sent, the answer is a refusal in the one shape."""
    a_book(name="paper")
    client = at_the_api("risk officer")

    answer = client.generic("POST", "/api/v1/books/paper/halt/", body, content_type=kind)

    assert (answer.status_code, the_error(answer)["code"]) == (status, code)
    assert Account.objects.get(name="paper").status == "active"


@pytest.mark.django_db(transaction=True)
def test_the_databases_own_guard_becomes_a_conflict(desk: Desk, floor: Floor):
    """What no constraint of the form has caught is 409 with the guard's words, not a 500."""
    order = Order.objects.get(position=open_a_position(desk, floor))
    with pytest.raises(IntegrityError) as caught:
        Order.objects.filter(pk=order.pk).update(status="submitting")

    answer = answer_to(caught.value, {})

    assert (answer.status_code, answer.data["error"]["code"]) == (409, "guard_refused")
    assert "cannot go from filled to submitting" in answer.data["error"]["message"]


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_locked_is_busy_and_not_broken():
    """A statement that ran out of time is the moment's fault: try again."""
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20ms'; SELECT pg_sleep(1)")
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")

    answer = answer_to(caught.value, {})

    assert (answer.status_code, answer.data["error"]["code"], answer["Retry-After"]) == (409, "row_busy", "1")
    assert answer_to(OperationalError("gone"), {}).status_code == 503


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OrderDenied("size_zero", "less than one"), 422),
        (IllegalTransition("illegal_transition", "not from here"), 409),
        (VenueUnavailable("quote_missing", "no quote"), 409),
    ],
)
def test_a_rule_that_says_no_is_never_a_fault_of_the_server(error, status):
    """The code's own status, and 409 where it has none."""
    assert answer_to(error, {}).status_code == status


def test_a_bug_stays_visible():
    """What is nobody's refusal is left to become a 500 with its traceback in the log."""
    assert answer_to(ZeroDivisionError(), {}) is None


def test_the_index_of_the_api_is_documented_and_valid(tmp_path):
    """The schema has no warning, and every operation tells its refusals."""
    import yaml
    from django.core.management import call_command

    file = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    schema = yaml.safe_load(file.read_text())

    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert operation["summary"], (path, method)
            refusals = {status for status in operation["responses"] if status.startswith("4")}
            assert {"401", "429"} <= refusals, (path, method)


def test_the_documentation_pages_keep_the_content_policy():
    """No script stands in the page itself, and nothing is fetched from elsewhere."""
    from tests.people import at_the_admin

    viewer = at_the_admin(VIEWER)
    for name in ("api-docs", "api-redoc"):
        page = viewer.get(reverse(name))
        assert page.status_code == 200
        assert "script-src 'self';" in page["Content-Security-Policy"] + ";"
        assert b"<script>" not in page.content
        assert b"https://" not in page.content
