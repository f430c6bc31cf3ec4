"""What is documented, and what must be."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lrcp.app.settings import Settings, variable_name
from lrcp.cli.commands import app
from tests.arch.packages import FLOORS, OUTSIDE, modules

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
DRAWN_LATER = {"docs/images/overview.png"}
"""Pictures that a browser test draws from the running system."""


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


def test_every_command_has_a_heading_and_nothing_else_has() -> None:
    names = {
        f"lrcp {command.name or command.callback.__name__}" for command in app.registered_commands if command.callback
    }
    assert headings(DOCS / "cli.md") == names


def test_every_package_is_in_the_floor_plan_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", (DOCS / "architecture.md").read_text(), re.MULTILINE)
    there = {module.package for module in modules()} - OUTSIDE - {""}
    assert {package: int(floor) for floor, package in rows} == {package: FLOORS[package] for package in there}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    missing = {
        str((page.parent / target).resolve().relative_to(ROOT))
        for target in targets
        if not (page.parent / target).exists()
    }
    assert missing <= DRAWN_LATER
