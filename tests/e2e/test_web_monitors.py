"""Monitors, runbooks and SLOs of the web app in a real browser, over a real server that has something to say.

With LRCP_SCREENSHOTS=docs/images pages are kept there, for the documentation: `make screenshots`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import keep_picture, open_browser, strict_page
from tests.support.needs import missing
from tests.support.processes import wait_until
from tests.support.seeded_server import STATIC
from tests.support.watched_shop import ask, fill_shop, running_shop

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Shop:
    """url: of the web app. slow: id of the monitor in alert. slo: id of the one that is missed."""

    url: str
    slow: int
    slo: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server whose monitor of checkouts is in alert by one of forty hosts, and has told so."""
    if not (STATIC / "index.html").exists():
        missing("the web build", "make web")
    with running_shop(tmp_path_factory.mktemp("shop"), traces=300) as server:
        made = fill_shop(server)
        told = f"/api/monitors/notifications?monitor_id={made['slow']}"
        wait_until(lambda: bool(ask(server, "GET", told)["notifications"]), "the alert", within_s=60)
        yield Shop(server.url, made["slow"], made["slo"])


@pytest.fixture(scope="module")
def context(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with open_browser(browser_path, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with strict_page(context) as opened:
        yield opened


def test_the_list_has_the_alert_first_and_narrows_by_state_and_words(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors")
    rows = page.get_by_role("table", name="Monitors").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("ALERT")
    keep_picture(page, "monitors")
    everything = rows.count()
    page.get_by_role("group", name="State").get_by_role("button", name="ALERT").click()
    expect(page).to_have_url(re.compile("state=Alert"))
    expect(rows.filter(has_text="Slow checkout on host")).to_be_visible()
    assert rows.count() < everything
    page.get_by_role("searchbox", name="Search monitors").fill("checkout TEAM:shop")
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox", name="Search monitors").fill("no such monitor")
    expect(page.get_by_text("No monitor fits these filters.")).to_be_visible()


def test_names_have_no_template_syntax(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors")
    table = page.get_by_role("table", name="Monitors")
    expect(table.get_by_role("link", name=re.compile("Slow answers: p95 latency of service"))).to_be_visible()
    expect(table.get_by_text("{{")).to_have_count(0)


def test_the_feed_leads_to_what_changed(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors")
    feed = page.get_by_role("region", name="Latest changes")
    expect(feed.get_by_text("9 > 5 critical")).to_be_visible()
    feed.get_by_role("link", name="Slow checkout on host").first.click()
    expect(page).to_have_url(re.compile(f"/monitors/{shop.slow}$"))


def test_a_monitor_says_why_when_and_what_was_told(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    why = page.get_by_role("region", name="Why")
    expect(why.get_by_role("listitem").first).to_contain_text("host:web-0007")
    expect(why.get_by_text("9 > 5 critical: average of the last 1 hour")).to_be_visible()
    changes = page.locator("section", has=page.get_by_role("heading", name="Changes of state"))
    expect(changes.get_by_role("listitem").first).to_contain_text("ALERT")
    told = page.get_by_text("[Triggered on {host:web-0007}] Slow checkout on web-0007")
    expect(told).to_be_visible()
    told.click()
    expect(page.get_by_text("the checkout takes 9 s.", exact=False).first).to_be_visible()
    expect(page.locator("canvas")).to_have_count(1)
    page.get_by_role("link", name="traces of storefront").click()
    expect(page).to_have_url(re.compile("/traces.*service=storefront"))


def test_groups_are_found_by_their_words(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    rows = page.get_by_role("table", name="Groups").get_by_role("row")
    expect(rows).to_have_count(41)
    page.get_by_role("searchbox", name="Search groups").fill("web-0031")
    expect(rows).to_have_count(2)


def test_the_message_is_read_as_markdown_and_leads_to_the_runbook(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    message = page.locator("section", has=page.get_by_role("heading", name="Message"))
    expect(message.locator("strong", has_text="What failed:")).to_be_visible()
    expect(message.locator(".template")).to_have_text(["{{value}}"])
    message.get_by_role("link", name="Runbook").click()
    expect(page).to_have_url(re.compile("/runbooks/slow$"))
    expect(page.get_by_role("heading", name="Slow answers")).to_be_visible()


def test_runbooks_lead_to_one_another_and_have_tables(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/runbooks/checkout")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(3)
    page.get_by_role("table").get_by_role("link", name="slow answers").click()
    expect(page).to_have_url(re.compile("/runbooks/slow$"))
    expect(page.get_by_role("heading", name="What failed")).to_be_visible()


def test_a_whole_monitor_is_muted_and_unmuted(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    page.get_by_role("button", name="Mute", exact=True).click()
    page.get_by_role("button", name="1 hour").click()
    downtimes = page.get_by_role("region", name="Downtimes")
    expect(downtimes).to_contain_text("All of it")
    expect(downtimes).to_contain_text("until ")
    assert muting(page, shop)[0]["attributes"]["scope"] == "*"
    downtimes.get_by_role("button", name="Unmute").click()
    expect(downtimes).to_have_count(0)
    assert muting(page, shop) == []


def test_one_group_is_muted_from_its_row(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    page.get_by_role("button", name="Mute host:web-0007").click()
    page.get_by_role("button", name="Until unmuted").click()
    downtimes = page.get_by_role("region", name="Downtimes")
    expect(downtimes).to_contain_text("host:web-0007")
    [found] = muting(page, shop)
    assert (found["attributes"]["groups"], found["attributes"]["end"]) == (["host:web-0007"], None)
    downtimes.get_by_role("button", name="Unmute").click()
    expect(downtimes).to_have_count(0)


def muting(page: Page, shop: Shop) -> list[dict[str, Any]]:
    """What silences the monitor, as Datadog's path says."""
    found: list[dict[str, Any]] = page.request.get(f"{shop.url}/api/v2/monitor/{shop.slow}/downtime_matches").json()[
        "data"
    ]
    return found


def test_a_composite_leads_to_its_parts_and_an_slo_alert_to_its_slo(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors?q=composite")
    page.get_by_role("table", name="Monitors").get_by_role("link").first.click()
    parts = page.get_by_role("region", name="Parts").get_by_role("listitem")
    expect(parts).to_have_count(2)
    expect(page.locator("canvas")).to_have_count(0)
    page.goto(f"{shop.url}/monitors?q=burns fast")
    page.get_by_role("table", name="Monitors").get_by_role("link").first.click()
    page.get_by_role("link", name="its SLO").click()
    expect(page.get_by_role("heading", name="Model calls succeed")).to_be_visible()
    page.get_by_role("link", name="Availability: the error budget burns fast").click()
    expect(page).to_have_url(re.compile(r"/monitors/\d+$"))


def test_the_slos_show_what_is_left_of_their_budgets(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/slos")
    orders = page.locator("tbody", has_text="Orders go through")
    expect(orders).to_contain_text("MISSED")
    expect(orders.get_by_role("meter", name="Error budget left, 7d")).to_have_attribute(
        "aria-valuetext", "\N{MINUS SIGN}87 %"
    )
    expect(orders.get_by_role("meter", name="Error budget left, 30d")).to_have_attribute("aria-valuetext", "53 %")
    page.get_by_role("searchbox", name="Search SLOs").fill("team:shop")
    expect(page.locator("tbody")).to_have_count(1)
    orders.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/slos/{shop.slo}$"))


def test_an_slo_has_its_course_against_the_chosen_target(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/slos/{shop.slo}?from=4h")
    expect(page.locator("canvas")).to_have_count(3)
    expect(page.get_by_text("Target 95 %", exact=True)).to_be_visible()
    keep_picture(page, "slo")
    page.get_by_role("radio", name="30d").click()
    expect(page).to_have_url(re.compile("timeframe=30d"))
    expect(page.get_by_text("Target 80 %", exact=True)).to_be_visible()
    expect(page.get_by_text("sum:shop.orders{result:ok}.as_count()")).to_be_visible()


def test_muting_works_by_keyboard_alone(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/monitors/{shop.slow}")
    mute = page.get_by_role("button", name="Mute", exact=True)
    expect(page.locator("canvas")).to_be_visible()
    keep_picture(page, "monitor")
    mute.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="1 hour")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="4 hours")).to_be_focused()
    page.keyboard.press("Escape")
    expect(mute).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("path", ["/monitors", "/monitors/{slow}", "/slos", "/slos/{slo}", "/runbooks/slow"])
def test_no_page_is_wider_than_a_telephone(page: Page, shop: Shop, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(shop.url + path.format(slow=shop.slow, slo=shop.slo))
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[document.documentElement.scrollWidth, document.getElementById('main').scrollWidth]") == [
        390,
        390,
    ]


def test_what_is_not_there_says_so(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()  # its 404s are logged by the browser, which is no fault of the page
    for path, says in (("monitors/1", "no monitor 1"), ("slos/none", "no SLO"), ("runbooks/none", "no runbook")):
        page.goto(f"{shop.url}/{path}")
        expect(page.get_by_role("alert")).to_contain_text(says)
    page.close()


def test_the_pages_are_dark_where_the_system_is(page: Page, shop: Shop) -> None:
    for scheme, canvas in (("dark", "rgb(16, 17, 23)"), ("light", "rgb(246, 246, 249)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{shop.url}/slos")
        expect(page.get_by_role("table", name="SLOs")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == canvas
