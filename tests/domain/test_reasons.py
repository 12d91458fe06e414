"""Every reason code has its words, and every code that is raised is declared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.reason_pages import INDEX, page_name, reason_pages
from domain.reasons import REASONS, Reason, reason_for

_ROOT = Path(__file__).parents[2]
_RAISED = re.compile(
    r"""(?:AlertRefused|RuleBroken|OrderDenied|IllegalTransition|OverfillError|MarketDataUnavailable|VenueRejected)"""
    r"""\(\s*f?["']([a-z_]+)["']"""
)
_PACKAGES = ("domain", "books_app", "market_app", "positions_app", "risk_app", "orders_app", "signals_app", "workers")


@pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.code)
def test_a_reason_says_what_it_means_and_what_to_do(reason: Reason) -> None:
    """A code of lower-case words, a meaning and a fix in whole sentences, and no status that means a fault of ours."""
    assert re.fullmatch(r"[a-z][a-z_]{2,39}", reason.code)
    assert reason.meaning[0].isupper() and reason.meaning.endswith(".")
    assert reason.fix[0].isupper() and reason.fix.endswith(".")
    assert reason.http_status in {None, 200, *range(400, 500), 503}


def test_every_code_that_is_raised_has_a_page() -> None:
    """A refusal without a page would leave its reader alone."""
    raised = {
        (code, str(path.relative_to(_ROOT)))
        for package in _PACKAGES
        for path in (_ROOT / package).rglob("*.py")
        for code in _RAISED.findall(path.read_text("utf-8"))
    }

    assert raised
    assert {each for each in raised if each[0] not in REASONS} == set()


def test_there_is_one_page_per_code_and_an_index() -> None:
    """The index links every page, each page names its code, its meaning and its fix."""
    pages = reason_pages(REASONS)

    assert set(pages) == {INDEX} | {page_name(code) for code in REASONS}
    for code, reason in REASONS.items():
        assert f"]({page_name(code)})" in pages[INDEX]
        page = pages[page_name(code)]
        assert page.startswith(f"# {code}\n") and reason.meaning in page and reason.fix in page


def test_a_page_tells_the_status_it_is_answered_with() -> None:
    """And says so where a code never answers a request."""
    pages = reason_pages({"a_b": Reason("a_b", "A | b.", "Do c.", 422), "d_e": Reason("d_e", "D.", "Do e.")})

    assert "HTTP 422" in pages["a_b.md"]
    assert "Never the answer" in pages["d_e.md"]
    assert "| [a_b](a_b.md) | 422 | A \\| b. |" in pages[INDEX]


def test_an_undeclared_code_is_a_bug() -> None:
    """It is not answered with empty words."""
    with pytest.raises(KeyError):
        reason_for("no_such_code")
