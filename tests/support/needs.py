"""What some tests need of the machine: without it they are skipped on a developer's machine, and fail under CI=true."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str, fix: str) -> NoReturn:
    """End the test that needs it: skipped, or failed under CI=true."""
    message = f"{what} is not here; {fix}"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"{message} (skipped where CI is not true)", pytrace=False)
    pytest.skip(message)


def find_browser() -> str:
    """Path of a Chromium: the variable LRCP_TEST_BROWSER, Debian's, or Playwright's own; '' when there is none."""
    named = os.environ.get("LRCP_TEST_BROWSER", "")
    if named:
        return named
    return shutil.which("chromium") or shutil.which("chromium-browser") or _playwright_browser()


def _playwright_browser() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's own programs (initdb, postgres); the newest of Debian's when they are not on PATH."""
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None
