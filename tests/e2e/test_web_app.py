"""The web app in a real browser, over a real server with seeded telemetry."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import open_browser, strict_page
from tests.support.needs import missing
from tests.support.processes import PYTHON, clean_environ
from tests.support.seeded_server import STATIC

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e


def _served(*options: str) -> Iterator[str]:
    if not (STATIC / "index.html").exists():
        missing("the web build", "make web")
    command = [PYTHON, "-m", "tests.support.seeded_server", "--port", "0", *options]
    environ = clean_environ(PYTHONPATH="src:.")
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def shop_url() -> Iterator[str]:
    yield from _served("--traces", "400", "--large", "30000")


@pytest.fixture(scope="module")
def empty_url() -> Iterator[str]:
    yield from _served("--traces", "0")


@pytest.fixture(scope="module")
def context(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with open_browser(browser_path, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with strict_page(context) as opened:
        yield opened


def test_an_empty_store_tells_how_to_send_the_first_trace(page: Page, empty_url: str) -> None:
    page.goto(empty_url)
    expect(page.get_by_role("heading", name="Waiting for the first trace")).to_be_visible()
    expect(page.get_by_text("OPENAI_BASE_URL=http://127.0.0.1:8100/v1")).to_be_visible()
    page.goto(f"{empty_url}/traces")
    expect(page.get_by_text("No traces match")).to_be_visible()


def test_the_overview_shows_figures_charts_and_models_and_keeps_up(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/?from=1d")
    expect(page.get_by_role("row", name=re.compile("gpt-4o-mini"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("smollm2.*unknown"))).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Live")
    assert page.locator("canvas").count() == 6
    with page.expect_response(re.compile("/api/overview"), timeout=5_000):
        pass  # it asks again by itself


def test_filters_live_in_the_url_and_survive_a_look_at_a_trace(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/traces?from=1d")
    rows = page.get_by_role("list", name="Traces").get_by_role("link")
    expect(rows.first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("headphones")
    expect(page).to_have_url(re.compile("q=headphones"))
    expect(rows.first).to_contain_text("headphones")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/traces/[0-9a-f]{32}"))
    page.get_by_role("button", name="Back").click()
    expect(page).to_have_url(re.compile("q=headphones"))


def test_a_trace_shows_its_conversation_and_an_unknown_cost_as_unknown(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/traces?from=1d&model=smollm2-135m-instruct&status=ok")
    page.get_by_role("list", name="Traces").get_by_role("link").first.click()
    chosen = page.get_by_role("complementary", name="Chosen span")
    expect(chosen.get_by_text("You are the support agent")).to_be_visible()
    expect(chosen.get_by_text("find_order")).to_be_visible()
    expect(chosen.get_by_text("unknown", exact=True)).to_be_visible()
    expect(page.get_by_role("treeitem")).to_have_count(9)
    page.get_by_role("treeitem").first.get_by_role("button", name="Collapse").click()
    expect(page.get_by_role("treeitem")).to_have_count(1)


def test_thirty_thousand_spans_open_with_only_the_visible_rows_in_the_page(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/traces/{'f' * 32}")
    expect(page.get_by_role("tree", name="30,000 spans")).to_be_visible()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    assert page.get_by_role("treeitem").count() < 120


def test_an_unknown_trace_says_so(page: Page, shop_url: str) -> None:
    answered = page.context.new_page()  # its 404 is logged by the browser, which is no fault of the page
    answered.goto(f"{shop_url}/traces/{'0' * 31}1")
    expect(answered.get_by_role("heading", name="This trace is not here")).to_be_visible()
    answered.close()


def test_the_theme_follows_the_system_until_it_is_chosen(page: Page, shop_url: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{shop_url}/traces")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Switch to the light theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_role("button", name="Switch to the dark theme").click()


def test_the_api_reference_is_whole_without_a_network(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/docs")
    expect(page.get_by_text("Find traces").first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Query with SQL").first).to_be_visible()
