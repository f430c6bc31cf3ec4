"""Imports run downward only, also inside functions (DESIGN.md, section 3)."""

import ast
from pathlib import Path

import pytest

from tests.arch.packages import FLOORS, OUTSIDE, SIDEWAYS, SRC, Module, imported, modules


def may_import(importer: str, target: str) -> bool:
    """Whether a package may import another; '' is the root package, whose files are the version and the entry point."""
    if target in (importer, ""):
        return True
    if importer in OUTSIDE:
        return target == "sdk"
    if target in OUTSIDE:
        return FLOORS[importer] >= FLOORS["app"]
    return FLOORS[target] < FLOORS[importer] or (importer, target) in SIDEWAYS


def breaches(module: Module) -> list[str]:
    """Each import of a module that goes up or sideways, as text."""
    if module.package == "":
        return []
    found = []
    for line, name in imported(module):
        target = name.split(".")[1] if "." in name else ""
        known = target in FLOORS or target in OUTSIDE
        if known and not may_import(module.package, target):
            found.append(f"{module.path.relative_to(SRC)}:{line} imports {name}")
    return found


def test_every_package_has_a_floor() -> None:
    packages = {module.package for module in modules()} - {""}
    assert packages <= FLOORS.keys() | OUTSIDE


def test_imports_run_downward_only() -> None:
    assert [breach for module in modules() for breach in breaches(module)] == []


@pytest.mark.parametrize(
    ("package", "source", "allowed"),
    [
        ("store", "from lrcp.ingest import http", False),
        ("store", "def load():\n    import lrcp.api.traces", False),
        ("store", "from lrcp.gateway.wire import x", False),
        ("store", "from ...api import traces", False),
        ("store", "from lrcp import app", False),
        ("monitors", "from lrcp.incidents.incident import Incident", False),
        ("reference", "from lrcp.model.span import Span", False),
        ("reference", "from lrcp.sdk import trace", True),
        ("ingest", "from lrcp.reference import app", False),
        ("cli", "from lrcp.traffic.run import run_traffic", True),
        ("kit", "from lrcp.model.errors import BusyError", True),
        ("model", "from lrcp.kit.clock import Clock", False),
        ("api", "from lrcp.store.telemetry.reader import Reader", True),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_noticed(package: str, source: str, allowed: bool) -> None:
    path = Path(SRC / "lrcp" / package / "sub" / "module.py")
    module = Module(path, ast.parse(source), 1)
    assert (breaches(module) == []) == allowed
