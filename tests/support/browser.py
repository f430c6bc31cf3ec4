"""A real Chromium, kept from talking to anybody but us."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_browser(path: str, profile: Path) -> Iterator[BrowserContext]:
    """A browser with an empty profile, 1440 by 900, dark."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            headless=True,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
            color_scheme="dark",
        )
        yield context
        context.close()


@contextmanager
def strict_page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test when it logs an error or asks anything of another host."""
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("request", lambda asked: None if is_local(asked.url) else wrong.append(f"asked {asked.url}"))
    yield page
    page.close()
    assert not wrong


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def keep_picture(page: Page, name: str) -> None:
    """Keep what the page shows in the folder that LRCP_SCREENSHOTS names; without it nothing."""
    folder = os.environ.get("LRCP_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
