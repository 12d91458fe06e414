"""Write docs/reasons/, one page for each reason code, from the registry; --check only says whether they are up to date."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from domain.reason_pages import reason_pages
from domain.reasons import REASONS
from tradingsite.management.base import DeskCommand


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 when a page is missing, old or too many"
        )
        parser.add_argument("--folder", type=Path, help="another folder than docs/reasons")

    def run(self, *, check: bool, folder: Path | None, **options: Any) -> dict[str, Any]:
        place = folder or Path(settings.BASE_DIR) / "docs" / "reasons"
        pages = reason_pages(REASONS)
        outdated = [name for name, text in pages.items() if not _holds(place / name, text)]
        surplus = [path.name for path in sorted(place.glob("*.md")) if path.name not in pages]
        if not check:
            _write(place, {name: pages[name] for name in outdated}, surplus)
        done = "differ" if check else "written"
        self.tell(f"{len(pages)} pages, {len(outdated)} {done}, {len(surplus)} {'too many' if check else 'removed'}")
        for name in [*outdated, *surplus]:
            self.tell(f"  {name}")
        if check and (outdated or surplus):
            raise SystemExit(1)
        return {"pages": len(pages), "outdated": outdated, "surplus": surplus}


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _write(place: Path, pages: dict[str, str], surplus: list[str]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (place / name).write_text(text, encoding="utf-8")
    for name in surplus:
        (place / name).unlink()
