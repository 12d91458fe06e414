"""Who gets in where: roles, and what a stranger is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.people import ADMINISTRATOR, RISK_OFFICER, TRADER, VIEWER, a_person, at_the_admin
from tradingsite.roles import install_roles

pytestmark = pytest.mark.django_db
OPEN = ("admin/login/", "health", "health/ready", "docs/reasons/", "admin/jsi18n/")
SAMPLES = {
    "pk": "1", "name": "paper", "code": "market_closed", "object_id": "1", "app_label": "books_app", "endpoint_id": "x" * 43,
    "content_type_id": "1", "url": "x", "id": "1", "from_date": "x",
}  # fmt: skip


def every_path() -> Iterator[str]:
    """All addresses of the site with something in each of their places."""
    yield from _paths(get_resolver().url_patterns, "")


def _paths(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        route = before + _filled(pattern)
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, route)
        else:
            yield route


def _filled(pattern: URLPattern | URLResolver) -> str:
    """The pattern's text with its converters or groups replaced; Django gives regular expressions and routes."""
    import re

    text = str(pattern.pattern).replace(r"\Z", "").strip("^$")
    text = re.sub(
        r"<(?:\w+:)?(\w+)>",
        lambda found: SAMPLES[found[1]],
        re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\))?[^()]*\)", r"<\1>", text),
    )
    return text.replace("\\.", ".").replace("\\", "")


def test_a_stranger_sees_the_login_health_and_the_reasons_and_nothing_else():
    """Every address of the site is asked, by GET and by POST."""
    paths = sorted(set(every_path()))
    assert len(paths) > 150
    shown = []
    for path in paths:
        for method in ("get", "post"):
            answer = getattr(Client(REMOTE_ADDR="203.0.113.9"), method)(f"/{path}")
            assert answer.status_code < 500, (method, path)
            if answer.status_code == 200 and not path.startswith(OPEN):
                shown.append((method, path))
    assert shown == []


def test_a_stranger_is_sent_to_the_login_with_the_way_back():
    """From the front page, the admin and the documentation."""
    for path in ("/admin/", "/api/docs/", "/admin/desk/books/1/halt/"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")
    assert Client().get("/")["Location"] == "/admin/"


def test_installing_roles_again_changes_nothing():
    """And takes away what somebody has added to a role by hand."""
    assert install_roles() == 3
    before = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    Group.objects.get(name=VIEWER).permissions.clear()

    assert install_roles() == 0
    assert {
        group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
    } == before


READS = ["signals_app.view_signal", "books_app.view_ledgerentry"]
ACTS = ["positions_app.change_position", "orders_app.change_order", "signals_app.change_strategy"]
SETS = ["books_app.change_account", "risk_app.change_risklimit", "positions_app.change_exitrule"]
NEVER = ["auth.view_user", "auth.change_user", "signals_app.delete_signal", "books_app.change_ledgerentry"]


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (VIEWER, READS, ACTS + SETS + NEVER),
        (TRADER, READS + ACTS, SETS + NEVER),
        (RISK_OFFICER, READS + ACTS + SETS, NEVER),
    ],
)
def test_each_role_may_what_it_is_for(role, may, may_not):
    """Nothing of people and passwords belongs to any of them."""
    person = a_person(role)

    assert [name for name in may if not person.has_perm(name)] == []
    assert [name for name in may_not if person.has_perm(name)] == []


def test_every_list_of_the_admin_opens_for_a_viewer():
    """Also with a filter, a search and an order."""
    viewer = at_the_admin(VIEWER)
    lists = [path for path in every_path() if path.startswith("admin/") and path.count("/") == 3 and "_app/" in path]
    assert len(lists) > 15
    for path in lists:
        for query in ("", "?q=1", "?o=1", "?o=-2", "?p=1", "?nonsense=1", "?q=%00", "?p=9999999999999999"):
            answer = viewer.get(f"/{path}{query}")
            assert answer.status_code in (200, 302), (path, query)


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "/docs/reasons/", "/docs/reasons/market_closed/", "/nothing/", "/health"]
)
def test_pages_keep_the_strict_policy(path):
    """No script and no style stands in a page; nothing is relaxed outside the documentation."""
    answer = at_the_admin(ADMINISTRATOR).get(path)

    assert "unsafe" not in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert all("src=" in tag for tag in page.split("<script")[1:])


def test_the_overview_counts_what_matters():
    """Seven figures, each a link; a role without a right to look sees none."""
    page = at_the_admin(VIEWER).get("/admin/").content.decode()

    for label in (
        "open positions",
        "live orders",
        "signals today",
        "refusals today",
        "dead rows",
        "halted books",
        "silent jobs",
    ):
        assert label in page
    assert "open positions" not in at_the_admin("nobody").get("/admin/").content.decode()


def test_a_reason_has_its_page_and_an_unknown_one_has_none():
    """Readable by whoever was refused."""
    page = Client().get("/docs/reasons/symbol_denied/").content.decode()

    assert "What to do" in page
    assert "deny rule" in page
    assert Client().get("/docs/reasons/no_such_reason/").status_code == 404
    assert "symbol_denied" in Client().get("/docs/reasons/").content.decode()
