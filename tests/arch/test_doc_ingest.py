"""docs/ingest.md against the receivers: their paths, the mapping of attributes to columns, the counters."""

import re
from pathlib import Path

from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers import datadog_agent, datadog_intake
from lrcp.ingest.receivers.llmobs import llmobs_routes
from lrcp.ingest.receivers.llmobs.mapping import _COLUMN_METRICS
from lrcp.ingest.receivers.otlp.conventions import INDEXED, SOURCES
from lrcp.ingest.receivers.otlp.receiver import receiver as otlp_receiver
from lrcp.ingest.receivers.otlp.signals import otlp_signals

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ingest.md").read_text()
STEPS = {
    "system_instructions": "input",
    "input_messages": "input",
    "input_text": "input",
    "input_prompts": "input",
    "input_embeddings": "input",
    "output_messages": "output",
    "output_text": "output",
    "output_choices": "output",
    "output_documents": "output",
    "total_tokens": "input_tokens",
}
"""What is read on the way to a column, and that column."""


def section(title: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)
    assert found, title
    return found[1]


def mapped_by_the_code() -> set[tuple[str, str]]:
    keys = {(STEPS.get(source.column, source.column), key) for key, source in SOURCES.items()}
    return keys | {(STEPS.get(column, column), f"{prefix}N.") for prefix, column in INDEXED.items()}


def mapped_by_the_page() -> set[tuple[str, str]]:
    pairs = set()
    for row in re.findall(r"^\| ([^|]*`\w+`[^|]*)\|(.*)\|$", section("Spans"), re.M):
        column = re.findall(r"`(\w+)`", row[0])[0]
        pairs |= {(column, key) for key in re.findall(r"`([^`]+)`", row[1])}
    return {(column, key) for column, key in pairs if key != "gen_ai.*"}


def test_every_attribute_of_the_conventions_is_in_the_row_of_its_column() -> None:
    assert mapped_by_the_page() == mapped_by_the_code()


def test_every_metric_of_llm_observability_with_a_column_is_on_the_page() -> None:
    text = section("LLM Observability")
    assert [name for name in _COLUMN_METRICS - {"total_tokens"} if f"metrics.{name}`" not in text] == []


def test_every_path_of_every_receiver_is_on_the_page_and_no_other() -> None:
    agent = datadog_agent.receiver(version="", env="", port=0, dogstatsd_port=0)
    routes = [agent.routes, datadog_intake.routes(), llmobs_routes(), otlp_receiver(otlp_signals(0)).routes]
    paths = {re.sub(r"/evp_proxy/v\d", "/evp_proxy/vN", path) for table in routes for path in table}
    composed = {path for path in paths if path.startswith("/evp_proxy/vN/api/")}
    parts = ("Datadog trace agent API", "LLM Observability", "OTLP", "Datadog's HTTP intakes")
    rows = [line for title in parts for line in section(title).splitlines() if line.startswith("|")]
    documented = {path for row in rows for path in re.findall(r"`(/[^` ]+)`", row)} - {"/evp_proxy/", "/evp_proxy/vN/"}
    assert documented == paths - composed


def test_the_counters_are_those_of_the_code() -> None:
    listed = (Counters.__doc__ or "").partition("Words in use:")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", section("Counters"), re.M)) == set(re.findall(r"\w+", listed))


def test_every_counter_in_use_is_listed() -> None:
    text = "".join(path.read_text() for path in (ROOT / "src" / "lrcp" / "ingest").rglob("*.py"))
    calls = (
        r'(?:self\._count|_count_one|_report|_counters\.add|_keep|_put_off|_refuse|_try_later)\((?:[^()"]*, )?"(\w+)"'
    )
    used = {word for word in re.findall(calls, text) if word != "pipeline"}
    used |= set(re.findall(r'counters\.add\("pipeline", "(\w+)"', text))
    assert used <= set(re.findall(r"\w+", (Counters.__doc__ or "").partition("Words in use:")[2]))
