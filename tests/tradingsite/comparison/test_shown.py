"""The comparison as people and programs get it: the command, the page of the admin, the API."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from signals_app.models import Experiment
from signals_app.services.experiments import confirm_split, start
from tests.factories import Desk, Floor, a_desk
from tests.people import NOBODY, TRADER, VIEWER, at_the_admin, at_the_api

from .rows import Ballot, Came, session, write

pytestmark = pytest.mark.django_db
PAGE = "/admin/desk/comparison/"
JURY = (Ballot("technical", "enter", 70), Ballot("context", "skip", 40))


@pytest.fixture
def trial(floor: Floor) -> Desk:
    """A running experiment with thirty days on which B was always better."""
    desk = a_desk(name="orb")
    terms = {"margin": "0.1", "cluster": "day", "minimum_signals": 20, "minimum_days": 20}
    experiment = Experiment.objects.create(name="trial", strategy=desk.strategy, **terms)
    start(experiment_id=experiment.pk, actor="user:anna")
    write(
        desk,
        [Came(session(n), -1.0, 1.0, symbol="MSFT" if n % 2 else "AAPL", votes=JURY) for n in range(30)],
        experiment,
    )
    return desk


def told(*args: str) -> str:
    out = io.StringIO()
    call_command("compare", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_verdict_comes_first(trial: Desk) -> None:
    """Then what it rests on."""
    lines = told("--experiment", "trial").splitlines()
    assert lines[0].startswith("experiment trial: B is better, decided on 2025-")
    assert "30 alerts from 2025-01-06 to 2025-02-14, 30 of them settled" in lines[1]
    assert any(line.startswith("win rate") and "0.0%" in line and "100.0%" in line for line in lines)


def test_parts_and_agents_are_shown_when_asked_for(trial: Desk) -> None:
    """One line each."""
    text = told("--strategy", "orb", "--by", "symbol", "--agents")
    assert re.search(r"^MSFT +15 ", text, re.MULTILINE) and re.search(r"^technical +30 ", text, re.MULTILINE)
    assert "exploratory" in text


def test_a_part_of_an_experiment_is_exploratory(trial: Desk) -> None:
    """Its terms were declared for the whole of it."""
    read = json.loads(told("--experiment", "trial", "--symbol", "msft", "--json"))
    assert (read["exploratory"], read["alerts"], read["experiment"]) == (True, 15, None)


def test_days_are_cut_out_by_their_arrival(trial: Desk) -> None:
    """From the first moment of a date on, up to that of another."""
    read = json.loads(told("--from", "2025-01-07", "--to", "2025-01-09", "--json"))
    assert (read["alerts"], read["first_day"], read["last_day"]) == (2, "2025-01-07", "2025-01-08")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--experiment", "nothing"], "there is no such experiment"),
        (["--from", "yesterday"], "no date such as"),
        (["--by", "weekday"], "invalid choice"),
        (["--paths", "0"], "not above 0"),
        (["--experiment", "a", "--strategy", "b"], "not allowed with"),
    ],
)
def test_what_cannot_be_compared_is_refused(floor: Floor, args: list[str], says: str) -> None:
    """In words."""
    with pytest.raises(CommandError, match=says):
        told(*args)


def test_the_method_is_shown_on_what_is_known(floor: Floor) -> None:
    """Two tables, and progress that does not get into the JSON."""
    read = json.loads(told("--simulate", "--paths", "5", "--json"))
    assert {row["effect"] for row in read["false_alarms"]} == {0.0}
    assert {row["effect"] for row in read["detections"]} == {0.05, 0.1, 0.2}


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_page_opens_with_the_running_experiment(trial: Desk) -> None:
    """Verdict, pictures, figures and agents; nothing that a strict content policy would refuse."""
    html = page(at_the_admin(VIEWER))
    assert "B is better, decided on" in html
    assert (html.count('class="chart"'), html.count('class="curve"')) == (2, 1)  # one agent would have entered
    assert '<polygon class="band"' in html and 'class="margin"' in html
    content = html[html.index('id="content-main"') :]
    assert "style=" not in content and "<script" not in content.split("</section>")[0]
    assert 'data-label="agent">technical' in content


def test_a_verdict_is_promoted_by_two_people(trial: Desk) -> None:
    """One click on the page prepares all alerts for the better engine; another person confirms it."""
    assert "Prepare all alerts" not in page(at_the_admin(VIEWER))
    trader, experiment = at_the_admin(TRADER), Experiment.objects.get()
    html = page(trader)
    assert "Prepare all alerts for engine B" in html
    why = re.search(r'name="why" value="([^"]+)"', html)
    assert why is not None and why[1].startswith("B is better")
    trader.post(f"/admin/desk/experiments/{experiment.pk}/prepare-split/", {"percent_a": 0, "why": why[1]})
    change = experiment.changes.get()
    assert (change.percent_to, change.confirmed_at) == (0, None)
    confirm_split(change_id=change.pk, actor="user:somebody-else")
    assert "Prepare all alerts" not in page(trader)


def test_the_page_compares_what_is_asked_for(trial: Desk) -> None:
    """A strategy, everything, one symbol, and parts of it."""
    client = at_the_admin(VIEWER)
    assert "strategy orb" in page(client, "?strategy=orb")
    assert "all alerts" in page(client, "?all")
    assert "15 alerts" in page(client, "?symbol=msft&all")
    assert 'data-label="symbol">MSFT' in page(client, "?experiment=trial&by=symbol")
    assert client.get(f"{PAGE}?experiment=nothing").status_code == 404
    assert client.get(f"{PAGE}?by=weekday").status_code == 404


def test_the_page_of_a_system_without_alerts(floor: Floor) -> None:
    """It says that there is nothing yet."""
    html = page(at_the_admin(VIEWER))
    assert "no alert was decided on by both engines" in html and 'class="chart"' not in html


def test_the_page_is_for_those_who_may_see_signals(trial: Desk) -> None:
    """Others are refused, and who has not signed in is sent to do so."""
    assert at_the_admin(NOBODY).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_the_api_tells_the_same(trial: Desk) -> None:
    """With the agents, if they are asked for."""
    client = at_the_api(VIEWER)
    read: dict[str, Any] = client.get("/api/v1/comparison/", {"experiment": "trial", "agents": "true"}).json()
    assert read["verdict"] == "b_better"
    assert read["agents"] == json.loads(told("--experiment", "trial", "--agents", "--json"))["agents"]
    assert "agents" not in client.get("/api/v1/comparison/").json()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"experiment": "nothing"}, 404),
        ({"by": "weekday"}, 400),
        ({"from": "yesterday"}, 400),
        ({"to": "2025-01-07"}, 200),
    ],
)
def test_the_api_refuses_what_makes_no_sense(trial: Desk, query: dict[str, str], status: int) -> None:
    """As every other address does."""
    assert at_the_api(VIEWER).get("/api/v1/comparison/", query).status_code == status
    assert at_the_api(NOBODY).get("/api/v1/comparison/", query).status_code == 403
