"""The source tree as the tests of this folder see it: modules, their floors, what they import, how long their functions are."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

FLOORS = {
    "model": 1,
    "kit": 1,
    "query": 2,
    "evaluators": 2,
    "sdk": 2,
    "store": 3,
    "gateway": 3,
    "ingest": 4,
    "monitors": 4,
    "incidents": 4,
    "insights": 4,
    "datadog": 5,
    "api": 5,
    "app": 6,
    "cli": 7,
}
"""DESIGN.md, section 3. A package may import itself and the packages of lower floors."""

OUTSIDE = {"reference", "traffic"}
"""Applications that are shipped with LRCP: they import the SDK and themselves, as any application would."""

SIDEWAYS = {("kit", "model")}
"""The one permitted step along a floor: the mechanisms raise the errors of the records."""


@dataclass(frozen=True)
class Module:
    """One file of src/lrcp."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """Dotted, such as lrcp.ingest.http."""
        parts = self.path.relative_to(SRC).with_suffix("").parts
        return ".".join(parts).removesuffix(".__init__")

    @property
    def package(self) -> str:
        """The package of section 3 it is in; '' for the files directly in lrcp/."""
        parts = self.path.relative_to(SRC / "lrcp").parts
        return parts[0] if len(parts) > 1 else ""


def modules() -> list[Module]:
    """Every module of src/lrcp."""
    found = []
    for path in sorted((SRC / "lrcp").rglob("*.py")):
        text = path.read_text()
        found.append(Module(path, ast.parse(text), text.count("\n")))
    return found


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import of lrcp in a module, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            if base == "lrcp":
                yield from ((node.lineno, f"lrcp.{alias.name}") for alias in node.names)
            elif _is_ours(base):
                yield node.lineno, base


def _is_ours(name: str) -> bool:
    return name == "lrcp" or name.startswith("lrcp.")


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts if module.path.name == "__init__.py" else parts[:-1]
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def functions(module: Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Each function with its length in lines: signature and body, without the docstring."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or 0) - node.lineno + 1 - _docstring_lines(node)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return (first.end_lineno or 0) - first.lineno + 1
