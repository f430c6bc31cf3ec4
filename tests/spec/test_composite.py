"""The truth table of composites, tests/spec/monitors/composite.yaml, through a tick."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.tick import MonitorResult, run_tick
from lrcp.query.memory.source import MemorySource
from tests.unit.monitors.drive import define

ROWS = yaml.safe_load((Path(__file__).parent / "monitors" / "composite.yaml").read_text())
STATES = {name: state for state, name in DATADOG_NAMES.items()}
NEVER = "sum(last_5m):sum:never.sent{*} > 1"


def evaluate(row: dict[str, Any], notify_no_data: bool, before: State | None) -> MonitorResult:
    """The composite's result; its parts are remembered in the states of the row, and none has any data."""
    composite = define(row["query"], "composite", 99, notify_no_data=notify_no_data)
    parts = [define(NEVER, id=id) for id in range(1, len(row["states"]) + 1)]
    states = {
        part.id: {"*": GroupState(group="*", state=STATES[name], data_s=0, since_s=0)}
        for part, name in zip(parts, row["states"], strict=True)
    }
    if before is not None:
        states[99] = {"*": GroupState(group="*", state=before, data_s=0, since_s=0)}
    prepared = [prepare(monitor, {}) for monitor in (composite, *parts)]
    return asyncio.run(run_tick(prepared, states, 600, MemorySource())).monitors[99]


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{' '.join(row['states'])}: {row['query']} ({row.get('notify_no_data')})"
)
def test_a_row_of_the_table(row: dict[str, Any]) -> None:
    for notify in [row["notify_no_data"]] if "notify_no_data" in row else [True, False]:
        for before in (State.OK, State.WARN, State.ALERT, State.NO_DATA):
            found = evaluate(row, notify, before)
            wanted = before if row["gives"] == "last known" else STATES[row["gives"]]
            assert found.state is wanted, (notify, before, found.evaluations)


def test_the_table_is_whole() -> None:
    assert len(ROWS) >= 20
    assert {row["gives"] for row in ROWS} == {"OK", "Warn", "Alert", "No Data", "last known"}
