"""What is documented, and what must be."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from typer.models import ArgumentInfo

from lrcp.app.settings import Settings, variable_name
from lrcp.cli.commands import app
from tests.arch.packages import FLOORS, OUTSIDE, modules

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
OTHER_VARIABLES = {
    "LRCP_APP_MODEL",
    "LRCP_GATEWAY_POLICY",
    "LRCP_GATEWAY_KEY",
    "LRCP_APP_TIMEOUT_S",
    "LRCP_FUZZ_N",
    "LRCP_FUZZ_SEED",
    "LRCP_TEST_BROWSER",
}
"""Variables of ours that are no settings."""


def headings(page: Path) -> set[str]:
    return set(re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE))


def test_every_setting_has_a_heading_and_nothing_else_has() -> None:
    assert headings(DOCS / "settings.md") == {field.name for field in fields(Settings)}


def test_every_setting_is_shown_with_its_option_variable_and_default() -> None:
    text = (DOCS / "settings.md").read_text()
    lines = [
        f"`--{field.name.replace('_', '-')}`, `{variable_name(field.name)}`, default: `{field.default if str(field.default) else 'empty'}`"
        for field in fields(Settings)
    ]
    assert [line for line in lines if line not in text] == []


def commands() -> Iterator[tuple[str, Callable[..., object]]]:
    """Each command with its function; those of a group go by the group's name, which has one section for all."""
    for command in app.registered_commands:
        assert command.callback is not None
        yield command.name or command.callback.__name__, command.callback
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert command.callback is not None
            yield str(group.name), command.callback


def test_every_command_has_a_heading_and_nothing_else_has() -> None:
    assert headings(DOCS / "cli.md") == {f"lrcp {name}" for name, _ in commands()}


def test_every_command_of_a_group_is_in_its_section() -> None:
    text = (DOCS / "cli.md").read_text()
    groups = {str(group.name): group.typer_instance for group in app.registered_groups}
    assert [
        f"{name} {command.name}"
        for name, group in groups.items()
        for command in (group.registered_commands if group else [])
        if f"`lrcp {name} {command.name or getattr(command.callback, '__name__', '')}" not in text
    ] == []


def options(callback: Callable[..., object]) -> set[str]:
    """The options of a command as they are written, settings by their names; arguments are no options."""
    found = set()
    settings = {field.name for field in fields(Settings)}
    for name, parameter in inspect.signature(callback).parameters.items():
        given = [one for one in getattr(parameter.annotation, "__metadata__", ()) if hasattr(one, "param_decls")]
        if name in settings:
            found.add(name)
        elif not any(isinstance(one, ArgumentInfo) for one in given):
            # In an annotation, typer keeps the first name of an option where its default would stand.
            words = [word for one in given for word in (one.default, *(one.param_decls or ()))]
            declared = [word for word in words if isinstance(word, str) and word.startswith("--")]
            found.add(declared[0] if declared else f"--{name.replace('_', '-')}")
    return found


def test_every_option_of_a_command_is_in_its_section() -> None:
    text = (DOCS / "cli.md").read_text()
    settings = {field.name for field in fields(Settings)}
    missing = []
    for name, callback in commands():
        section = text.partition(f"## lrcp {name}\n")[2].partition("\n## ")[0]
        missing += [f"{name} {option}" for option in options(callback) - settings if f"`{option}" not in section]
    assert missing == []


def test_every_package_is_in_the_floor_plan_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", (DOCS / "architecture.md").read_text(), re.MULTILINE)
    there = {module.package for module in modules()} - OUTSIDE - {""}
    assert {package: int(floor) for floor, package in rows} == {package: FLOORS[package] for package in there}


every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    missing = {
        str((page.parent / target).resolve().relative_to(ROOT))
        for target in targets
        if not (page.parent / target).exists()
    }
    assert missing == set()


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@every_page
def test_links_to_a_heading_name_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#\s]*)#([^)]+)\)", page.read_text())
    assert [link for link in links if link[1] not in anchors((page.parent / link[0]) if link[0] else page)] == []


@every_page
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    ours = {name for name, _ in commands()}
    assert set(re.findall(r"(?:`|bin/|^)lrcp ([a-z]+)", text, re.MULTILINE)) <= ours
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets


@every_page
def test_every_variable_of_ours_that_a_page_names_is_there(page: Path) -> None:
    settings = {variable_name(field.name) for field in fields(Settings)}
    named = set(re.findall(r"\bLRCP_[A-Z_]*[A-Z]\b", page.read_text()))
    assert named <= settings | OTHER_VARIABLES


def test_every_other_variable_is_read_somewhere() -> None:
    folders = (ROOT / name for name in ("src", "tests/fuzz", "tests/support", "scripts"))
    code = "".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    assert [name for name in OTHER_VARIABLES if name not in code] == []


@every_page
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|sql|md|json|sh|png))`", page.read_text()))
    bases = (ROOT, ROOT / "src" / "lrcp", ROOT / "src" / "lrcp" / "ingest" / "receivers")
    patterns = [name.replace("NNNN_name", "[0-9]*") for name in named]
    assert [name for name in patterns if not any(list(base.glob(name)) for base in bases)] == []


@every_page
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert re.findall(r"/(?:home|root|work|Users)/\w+", page.read_text()) == []


def test_every_benchmark_has_a_section_with_its_command() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text()
    runnable = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()}
    assert headings(ROOT / "benchmarks" / "README.md") >= runnable
    assert [name for name in runnable if f"python -m benchmarks.{name}" not in text] == []
