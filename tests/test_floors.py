"""The floors of the house: an import points down, never up and never sideways. docs/architecture.md draws them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).resolve().parent.parent

# From the ground up; apps of one floor stand side by side and do not know each other.
FLOORS: Final = (
    ("domain",),
    ("books_app",),
    ("market_app",),
    ("positions_app",),
    ("risk_app",),
    ("orders_app", "signals_app"),
    ("workers",),
    ("tradingsite",),
)
HEIGHT: Final = {package: height for height, packages in enumerate(FLOORS) for package in packages}
CALCULATES_WITH: Final = frozenset({"numpy", "talib"})  # beside the standard library the domain knows only these


def modules_of(package: str) -> list[Path]:
    return sorted((PROJECT / package).rglob("*.py"))


def imports_of(source: str, *, module: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every import, those inside functions and under TYPE_CHECKING included."""
    parent = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parent.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and _is_import(node.func):
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield node.lineno, name.value


def _is_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def imports_in(path: Path) -> Iterator[tuple[int, str]]:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    return imports_of(path.read_text(encoding="utf-8"), module=module, is_package=is_package)


def is_below(imported: str, package: str) -> bool:
    """Whether a package may know that name: what stands below it, itself, and everything that is not ours."""
    root = imported.partition(".")[0]
    return root == package or root not in HEIGHT or HEIGHT[root] < HEIGHT[package]


@pytest.mark.parametrize("package", HEIGHT)
def test_imports_point_down(package: str) -> None:
    """Nothing imports from the floor above it or from its neighbour, inside functions neither."""
    upward = [
        f"{path.relative_to(PROJECT)}:{line} imports {name}"
        for path in modules_of(package)
        for line, name in imports_in(path)
        if not is_below(name, package)
    ]
    assert upward == []


def test_the_domain_is_plain_python() -> None:
    """Only itself, the standard library and numpy: no Django, no driver, no Celery, no clock of ours."""
    known = sys.stdlib_module_names | CALCULATES_WITH | {"domain"}
    foreign = [
        f"{path.relative_to(PROJECT)}:{line} imports {name}"
        for path in modules_of("domain")
        for line, name in imports_in(path)
        if name.partition(".")[0] not in known
    ]
    assert foreign == []


@pytest.mark.parametrize("package", HEIGHT)
def test_what_runs_does_not_know_its_tests(package: str) -> None:
    """Nor its benchmark: both may be left out of an installation."""
    found = [
        f"{path.relative_to(PROJECT)}:{line} imports {name}"
        for path in modules_of(package)
        for line, name in imports_in(path)
        if name.partition(".")[0] in ("tests", "bench")
    ]
    assert found == []


def test_every_package_with_code_stands_on_a_floor() -> None:
    """A new app has to be given its place, or these tests would not see it."""
    beside = {"local", "bench", "tests"}  # they use the house and are no part of it
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")}
    assert packages - beside == set(HEIGHT)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import workers.pipeline", "workers.pipeline"),
        ("def f():\n    from orders_app import services", "orders_app.services"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import signals_app", "signals_app"),
        ("from . import models", "risk_app.web.models"),
        ("from ..models import RiskLimit", "risk_app.models.RiskLimit"),
        ("import importlib\nimportlib.import_module('tradingsite.urls')", "tradingsite.urls"),
    ],
)
def test_every_way_to_import_is_seen(source: str, found: str) -> None:
    """Absolute and relative, late, for types only, and by name."""
    assert found in [name for _, name in imports_of(source, module="risk_app.web.pages")]


def test_a_string_that_names_a_model_is_no_import() -> None:
    """That is how a row names one from the floor above: by foreign key."""
    source = 'order = models.ForeignKey("orders_app.Order", on_delete=models.PROTECT)'
    assert list(imports_of(source, module="risk_app.models")) == []
