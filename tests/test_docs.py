"""What the documents name exists, and what exists that a reader needs is named."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from django.core.management import get_commands
from django.test import RequestFactory

from books_app import nudges
from domain.alerts import candidate_secrets, interpret, own_time, read_document
from domain.exits import defaults
from domain.orders import NEXT as ORDER_STEPS
from domain.positions import NEXT as POSITION_STEPS
from domain.reasons import REASONS
from domain.rules.view import Limits
from domain.signals import NEXT as SIGNAL_STEPS
from risk_app.models import RiskLimit
from signals_app import webhook
from signals_app.models import Signal
from signals_app.services.credentials import issue_signing_key
from signals_app.services.strategies import alert_body
from tests.factories import a_desk
from tradingsite.config import Settings
from tradingsite.invariants import ALL as INVARIANTS
from workers.schedule import EVERY_SECONDS

PROJECT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = PROJECT / "docs"
PAGES: Final = sorted([PROJECT / "README.md", PROJECT / "CHANGELOG.md", *DOCS.rglob("*.md")])
LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
REFUSES: Final = frozenset(  # whose first argument is the code of a refusal
    {"TradingError", "AlertRefused", "OrderDenied", "RuleBroken", "IllegalTransition", "OverfillError"}
    | {"VenueRejected", "VenueUnavailable", "OutcomeUnknown", "MarketDataUnavailable", "RuleResult"}
    | {"refused", "refusal", "envelope", "reason_for", "count_refusal"}
)
VERDICTS: Final = frozenset({"Verdict", "QuoteVerdict"})  # whose second one is


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def all_text() -> str:
    return "\n".join(map(text_of, PAGES))


def anchors_of(path: Path) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file or folder of the project, and to a heading that is there."""
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        if not place.exists() or (anchor and anchor not in anchors_of(place)):
            broken.append(target)
    assert broken == []


def test_every_make_target_that_is_named_exists() -> None:
    """And every target is named in the README, or it might as well not be there."""
    made = set(re.findall(r"^([a-z]+):", text_of(PROJECT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|\n)make ([a-z]+)", all_text()))
    assert named <= made
    assert made - named == {"help"}


def test_every_command_that_is_named_exists() -> None:
    """And every command of ours is named in the README."""
    known = get_commands()
    named = set(re.findall(r"manage\.py ([a-z]\w*)", all_text()))
    assert named - set(known) == set()
    ours = {name for name, app in known.items() if app in ("tradingsite", "signals_app", "workers")}
    assert ours - set(re.findall(r"manage\.py ([a-z]\w*)", text_of(PROJECT / "README.md"))) == set()


def test_every_setting_is_explained() -> None:
    """With its default, as the code has it."""
    section = text_of(DOCS / "operations.md").split("\n## Settings", 1)[1].split("\n## ", 1)[0]
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", section, re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if field.is_required():
            assert rows[name].startswith("required"), name
        elif field.default in (None, "", []):
            assert rows[name] == "empty", name
        else:
            value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert rows[name] == f"`{value}`", name


def test_every_limit_is_told_with_its_default() -> None:
    """The README's table is the built-in one."""
    rows = dict(re.findall(r"^\| `(max_\w+)` \| ([\d,]+) \|", text_of(PROJECT / "README.md"), re.MULTILINE))
    built_in = Limits()
    assert {name: Decimal(value.replace(",", "")) for name, value in rows.items()} == {
        code: Decimal(getattr(built_in, code)) for code in RiskLimit.Code.values
    }


def test_every_exit_rule_is_told() -> None:
    """By its kind, in the README's table."""
    table = text_of(PROJECT / "README.md").split("### Exit rules", 1)[1].split("\n## ", 1)[0]
    assert {row.kind for row in defaults()} <= set(re.findall(r"`(\w+)`", table))


def test_every_scheduled_job_is_told_with_its_interval() -> None:
    """In the table of the operations page."""
    rows = re.findall(r"^\| `(workers\.[\w.]+)` \| (\d+) s \|", text_of(DOCS / "operations.md"), re.MULTILINE)
    assert {name: int(seconds) for name, seconds in rows} == EVERY_SECONDS


def test_the_state_tables_are_those_of_the_domain() -> None:
    """Every status has its row, and a live one names all its next ones."""
    page = text_of(DOCS / "architecture.md").split("## States", 1)[1].split("\n## ", 1)[0]
    tables = re.findall(r"^\| (Signal|Order|Position) \|.*?(?=\n\n|\Z)", page, re.MULTILINE | re.DOTALL)
    assert tables == ["Signal", "Order", "Position"]
    for title, steps in (("Signal", SIGNAL_STEPS), ("Order", ORDER_STEPS), ("Position", POSITION_STEPS)):
        section = page.split(f"| {title} |", 1)[1].split("\n\n", 1)[0]
        rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
        told = {status: row[-2] for row in rows for status in re.findall(r"`(\w+)`", row[1])}
        assert set(told) == {status.value for status in steps}
        for status, following in steps.items():
            words = set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", told[status.value])))
            assert words == {step.value for step in following}, status


def test_the_number_of_invariants_is_right() -> None:
    """The README counts them."""
    assert len(INVARIANTS) == 57
    assert "57 invariants" in text_of(PROJECT / "README.md")


def test_every_reason_code_has_its_page() -> None:
    """And no page speaks of a code that is gone."""
    assert {path.stem for path in (DOCS / "reasons").glob("*.md")} - {"README", "index"} == set(REASONS)


def codes_in(source: str) -> Iterator[tuple[int, str]]:
    """Line and code of every refusal that is written out in a module."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = 0 if name in REFUSES else 1 if name in VERDICTS else None
        if place is not None and len(node.args) > place:
            argument = node.args[place]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                yield node.lineno, argument.value


def test_nothing_refuses_with_a_code_that_is_not_in_the_list() -> None:
    """A refusal without a page leaves its reader alone."""
    apps = ("domain", "books_app", "market_app", "positions_app", "risk_app", "orders_app", "signals_app", "workers")
    unknown = [
        f"{name_of(path)}:{line} {code}"
        for app in (*apps, "tradingsite")
        for path in sorted((PROJECT / app).rglob("*.py"))
        for line, code in codes_in(text_of(path))
        if code not in REASONS
    ]
    assert unknown == []


def test_no_document_names_a_place_of_one_machine() -> None:
    """Paths are relative to the project; the few absolute ones are every machine's."""
    everywhere = ("/var/tmp",)  # noqa: S108  # named, not used
    found = [
        f"{name_of(page)}: {path}"
        for page in PAGES
        for path in re.findall(
            r"(?<![\w.:/>}`])/(?:work|home|root|tmp|Users|opt|var|etc|mnt|srv)/[\w./-]+", text_of(page)
        )
        if not path.startswith(everywhere)
    ]
    assert found == []
    assert str(PROJECT) not in all_text()


def test_the_message_to_paste_is_the_one_that_admin_shows() -> None:
    """The same placeholders under the same names."""
    section = text_of(PROJECT / "README.md").split("## Pointing TradingView at it", 1)[1]
    block = re.search(r"```json\n(\{\n.*?\n\})\n```", section, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == json.loads(alert_body("your token"))


def test_the_families_of_the_readme_are_understood() -> None:
    """Each example of the table is read without a refusal, and where it holds a token, the token is found."""
    section = text_of(PROJECT / "README.md").split("## Which alerts are understood", 1)[1].split("\n\n", 3)[2]
    columns = [re.split(r"(?<!\\)\|", row)[2] for row in section.splitlines()[2:]]
    bodies = [example for column in columns for example in re.findall(r"`([^`]+)`", column)]
    assert len(bodies) >= 10
    for example in bodies:
        body = example.replace("\\|", "|").replace(", …]", "]").replace("KEY", "tok_demo_1").encode()
        assert candidate_secrets(body) == (("tok_demo_1",) if "KEY" in example else ())
        document = read_document(body)
        sent_at = own_time(document)
        interpret(document, sent_at + timedelta(seconds=1) if sent_at else datetime.now(UTC))


@pytest.mark.django_db(transaction=True)
def test_the_signed_call_of_the_readme_is_accepted(redis_client: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as it stands there, with a key of ours."""
    desk = a_desk()
    key_id, key = issue_signing_key(desk.strategy)
    monkeypatch.setenv("KEY_ID", key_id)
    monkeypatch.setenv("KEY", key)

    def post(url: str, *, data: bytes, headers: dict[str, str], **_options: Any) -> Any:
        assert url.endswith("/webhook/signed/")
        sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        return webhook.signed(RequestFactory().post("/", data=data, content_type="text/plain", **sent))

    monkeypatch.setattr(requests, "post", post)
    block = re.search(r"```python\n(.*?)```", text_of(PROJECT / "README.md"), re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {}
    with nudges.delivered_to(lambda task, args: None):
        exec(compile(block[1], "README.md", "exec"), names)  # noqa: S102  # our own page

    assert names["answer"].status_code == 202, names["answer"].content
    assert Signal.objects.get().intent == "open_long"


def test_no_document_is_ignored_by_git() -> None:
    """So that a clone has all of them."""
    ignored = subprocess.run(
        ["git", "check-ignore", *map(str, PAGES)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout == ""
