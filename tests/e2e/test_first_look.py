"""What a new user does: start everything, ask the demo application a question, find it on the page.

With LRCP_SCREENSHOTS=docs/images the pages are kept there, for the README: `make screenshots`.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import keep_picture, open_browser, strict_page
from tests.support.processes import stop
from tests.support.up import Up

pytestmark = pytest.mark.e2e

QUESTION = "What colour is the harbour chair?"
DOCUMENT = "The harbour chair is green. It costs 89 euros. The table is blue."


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up"))
    running.until_said("Open http")
    yield running
    stop(running.process)


@pytest.fixture(scope="module")
def answer(up: Up) -> dict:
    """The demo application's reply, asked by way of the main port."""
    body = json.dumps({"question": QUESTION, "document": DOCUMENT}).encode()
    url = f"http://127.0.0.1:{up.ports['port']}/qa"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


@pytest.fixture
def page(browser_path: str, tmp_path: Path) -> Iterator[Page]:
    with open_browser(browser_path, tmp_path) as context, strict_page(context) as opened:
        yield opened


def test_the_question_is_found_with_its_words_and_its_cost(up: Up, answer: dict, page: Page) -> None:
    said = answer["metadata"]
    base = f"http://127.0.0.1:{up.ports['port']}"
    page.goto(f"{base}/traces")
    row = page.get_by_role("list", name="Traces").get_by_role("link").filter(has_text=QUESTION)
    expect(row).to_be_visible(timeout=15_000)
    expect(row).to_contain_text(re.compile(r"\$0\.0000\d+"))
    keep_picture(page, "traces")
    row.click()
    expect(page).to_have_url(re.compile(said["trace_id"]))
    chosen = page.get_by_role("complementary", name="Chosen span")
    expect(chosen).to_contain_text(QUESTION)
    expect(chosen).to_contain_text(answer["answer"][:40])
    expect(page.get_by_role("main")).to_contain_text(f"{said['input_tokens']:,}")
    expect(page.get_by_role("main")).to_contain_text(f"${said['cost_usd']:.12f}".rstrip("0")[:11])
    keep_picture(page, "trace")


def test_the_overview_counts_it(up: Up, answer: dict, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{up.ports['port']}/?from=15m")
    expect(page.get_by_role("row", name=re.compile(answer["metadata"]["model"]))).to_be_visible(timeout=15_000)
    keep_picture(page, "overview")
