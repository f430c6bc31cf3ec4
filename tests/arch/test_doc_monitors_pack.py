"""docs/monitors/pack.md and the runbooks against the files of the default pack, the store and the gateway's policy."""

import asyncio
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.policy.parse import parse_policy
from lrcp.monitors.pack import FOLDERS, PackDocument, load_pack
from tests.support.telemetry import open_stack

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "src" / "lrcp" / "packs"
PAGE = (ROOT / "docs" / "monitors" / "pack.md").read_text()
DOCUMENTS = {(one.kind, one.name): one for one in load_pack(PACK)}
MONITORS = {name: one for (kind, name), one in DOCUMENTS.items() if kind == "monitor"}
RUNBOOKS = sorted((PACK / "runbooks").glob("*.md"))
ROWS = {
    cells[0]: cells[1:]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| [") and "/monitors/" in line
    )
}
SQL = [(book.stem, sql) for book in RUNBOOKS for sql in re.findall(r"```sql\n(.*?)```", book.read_text(), re.S)]
POLICIES = [
    (book.stem, textwrap.dedent(text))
    for book in RUNBOOKS
    for text in re.findall(r"^ *```yaml\n(.*?)^ *```", book.read_text(), re.S | re.M)
]


def _row(name: str) -> list[str]:
    return ROWS[f"[{name}](../../src/lrcp/packs/monitors/{name}.json)"]


def _number(text: str) -> float | None:
    found = re.search(r"-?[\d.]+$", text)
    return float(found[0]) if found else None


def test_every_monitor_of_the_pack_has_a_row_and_nothing_else_has() -> None:
    assert {name.split("]")[0][1:] for name in ROWS} == set(MONITORS)


@pytest.mark.parametrize("name", MONITORS)
def test_a_row_has_the_limits_groups_priority_and_runbook_of_its_file(name: str) -> None:
    document = MONITORS[name].document
    _, critical, warning, by, priority, _, runbook = _row(name)
    thresholds = document["options"].get("thresholds", {})
    assert _number(critical) == thresholds.get("critical")
    assert _number(warning) == thresholds.get("warning")
    assert priority == str(document["priority"])
    assert runbook == f"[{MONITORS[name].runbooks[0]}](../../src/lrcp/packs/runbooks/{MONITORS[name].runbooks[0]}.md)"
    assert re.findall(r"`([^`]+)`", by) == _groups(document)


def _groups(document: dict[str, Any]) -> list[str]:
    found = re.search(r'by \{([^}]*)\}|\.by\("([^"]*)"\)', document["query"])
    if found:
        return (found[1] or found[2]).split(",")
    variables = document["options"].get("variables", [])
    return [group["facet"] for group in variables[0].get("group_by", [])] if variables else []


def test_every_other_document_is_linked() -> None:
    folders = {kind: folder for folder, kind in FOLDERS.items()}
    missing = [one.name for one in DOCUMENTS.values() if f"/{folders[one.kind]}/{one.name}.json)" not in PAGE]
    assert missing == []


def test_every_runbook_is_that_of_a_monitor_and_says_what_failed_why_and_what_next() -> None:
    used = {name for one in MONITORS.values() for name in one.runbooks}
    assert {book.stem for book in RUNBOOKS} == used
    for book in RUNBOOKS:
        headings = re.findall(r"^## (.+)$", book.read_text(), re.MULTILINE)
        assert headings == ["What failed", "Why", "What next", "When it is over"], book.stem


def test_runbooks_link_to_runbooks_that_are_there() -> None:
    links = {(book.stem, link) for book in RUNBOOKS for link in re.findall(r"\]\(([\w-]+)\.md\)", book.read_text())}
    assert {link for _, link in links} <= {book.stem for book in RUNBOOKS}


@pytest.mark.parametrize("one", MONITORS.values(), ids=list(MONITORS))
def test_a_message_answers_the_three_questions_and_calls_somebody_only_when_it_must(one: PackDocument) -> None:
    message = one.document["message"]
    for part in ("{{#is_alert}}", "**What failed:**", "**Why:**", "**What next:**", "{{#is_recovery}}", "[Runbook]("):
        assert part in message
    alert = message.split("{{/is_alert}}")[0]
    team = next(tag.removeprefix("team:") for tag in one.document["tags"] if tag.startswith("team:"))
    assert f"@oncall-{team}" in alert
    warns = "warning" in one.document["options"].get("thresholds", {}) or one.document["type"] == "composite"
    assert warns == ("{{#is_warning}}" in message)
    notifies = one.document["options"].get("on_missing_data") == "show_and_notify_no_data"
    assert notifies == ("{{#is_no_data}}" in message)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with asyncio.Runner() as runner:
        opening = open_stack(tmp_path_factory.mktemp("pack") / "telemetry")
        stack = runner.run(opening.__aenter__())
        app = create_api(stack.store, {}, tmp_path_factory.mktemp("no-build"))
        yield TestClient(app, base_url="http://127.0.0.1:8000")
        runner.run(opening.__aexit__(None, None, None))


@pytest.mark.parametrize(("book", "sql"), SQL, ids=[f"{book}-{n}" for n, (book, _) in enumerate(SQL)])
def test_a_query_of_a_runbook_runs_on_the_store(client: TestClient, book: str, sql: str) -> None:
    reply = client.post("/api/sql", json={"query": sql})
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize(("book", "text"), POLICIES, ids=[f"{book}-{n}" for n, (book, _) in enumerate(POLICIES)])
def test_a_policy_of_a_runbook_is_one_that_the_gateway_takes(book: str, text: str) -> None:
    assert parse_policy(text.encode(), providers=KNOWN_PROVIDERS)


def test_there_are_queries_and_policies_to_check() -> None:
    assert {book for book, _ in SQL} == {book.stem for book in RUNBOOKS}
    assert len(POLICIES) > 20
