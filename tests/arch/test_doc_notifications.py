"""docs/monitors/notifications.md and downtimes.md against the code: examples, tables, bounds."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lrcp.kit import recurrence
from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import State, Transition
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.message.conditions import CONDITIONS
from lrcp.monitors.message.functions import FUNCTIONS
from lrcp.monitors.message.parser import HELPERS
from lrcp.monitors.message.render import _HIDES, _WORDS, render_text
from lrcp.monitors.message.values import BUILT_IN

PAGES = Path(__file__).resolve().parents[2] / "docs" / "monitors"
NOTIFICATIONS, DOWNTIMES = ((PAGES / f"{name}.md").read_text() for name in ("notifications", "downtimes"))
EXAMPLES = re.findall(r"```text\n(.*?)```\n```rendered\n(.*?)```", NOTIFICATIONS, re.S)


@pytest.mark.parametrize(("text", "rendered"), EXAMPLES)
def test_an_example_of_the_page_renders_as_the_page_says(text: str, rendered: str) -> None:
    query = "avg(last_5m):avg:system.cpu.user{*} by {env,host} > 90"
    options = {"thresholds": {"critical": 90}}
    monitor = parse_monitor({"name": "CPU", "type": "query alert", "query": query, "options": options})
    at_s = datetime(2021, 5, 31, 14, 43, 27, tzinfo=UTC).timestamp()
    transition = Transition(
        monitor_id=1, group="env:prod,host:h1", time_s=at_s, before=State.OK, after=State.ALERT, kind="alert", reason="",
        notify=True, value=98.346, triggered_s=at_s,
    )  # fmt: skip
    assert render_text(text, monitor, transition) == rendered


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 4
    assert len(re.findall(r"```json", DOWNTIMES)) == 2


@pytest.mark.parametrize("names", [CONDITIONS, FUNCTIONS, HELPERS, BUILT_IN, _HIDES])
def test_every_name_of_the_language_is_on_the_page(names: dict[str, object]) -> None:
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b", NOTIFICATIONS)] == []


def test_the_words_of_titles_are_those_of_the_code() -> None:
    assert [word for word in (*_WORDS.values(), "Recovered", "Re-") if f"| `{word}`" not in NOTIFICATIONS] == []


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", DOWNTIMES, re.S))
def test_a_downtime_of_the_page_is_one(example: str) -> None:
    assert parse_downtime(json.loads(example)).scope


def test_the_bounds_of_recurrences_are_those_of_the_code() -> None:
    assert f"years {recurrence._FIRST_YEAR} to {recurrence._LAST_YEAR}" in DOWNTIMES
    assert [part for part in recurrence._PARTS if f"`{part}`" not in DOWNTIMES] == []
