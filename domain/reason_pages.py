"""The reason codes as pages for people: one Markdown file per code and an index, made from the registry alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.reasons import Reason

INDEX: Final = "README.md"
_GENERATED: Final = "<!-- Made from domain/reasons/; change it there. -->"


def reason_pages(reasons: Mapping[str, Reason]) -> dict[str, str]:
    """File name to text, in the order of the codes; the index comes first."""
    ordered = [reasons[code] for code in sorted(reasons)]
    return {INDEX: _index(ordered)} | {page_name(reason.code): _page(reason) for reason in ordered}


def page_name(code: str) -> str:
    """The file of one code, below docs/reasons/."""
    return f"{code}.md"


def _page(reason: Reason) -> str:
    answer = (
        f"Answered with HTTP {reason.http_status}."
        if reason.http_status
        else "Never the answer to a request by itself."
    )
    return "\n".join(
        (
            f"# {reason.code}", "", _GENERATED, "", reason.meaning, "", "## What to do", "", reason.fix, "", answer, "",
            f"[All reasons]({INDEX})", "",
        )
    )  # fmt: skip


def _index(reasons: list[Reason]) -> str:
    rows = [
        f"| [{reason.code}]({page_name(reason.code)}) | {reason.http_status or ''} | {_cell(reason.meaning)} |"
        for reason in reasons
    ]
    head = [
        "# Reasons",
        "",
        _GENERATED,
        "",
        "Every refusal carries one of these codes.",
        "",
        "| code | HTTP | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
