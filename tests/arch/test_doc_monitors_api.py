"""docs/monitors/api.md against the code: every path and no other, the refusals, the figures of the recordings."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from lrcp.app.datadog_paths import datadog_routes
from lrcp.datadog.http import MAX_BODY_BYTES
from lrcp.datadog.monitor_rules.templates import MAX_VERSIONS
from lrcp.kit.clock import FakeClock
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.datadog_api import open_datadog_api

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "monitors" / "api.md").read_text()
RECORDINGS = (ROOT / "tests" / "oracle" / "recordings.txt").read_text().splitlines()

QUERY = "avg(last_5m):avg:load{*} by {host} > 4"
REFUSED: list[dict[str, Any]] = [
    {"query": "avg(last_5m):avg:load{*}"},
    {"query": QUERY, "options": {"thresholds": {"critical": 5}}},
    {"query": QUERY, "options": {"thresholds": {"warning": 3}}},
    {"query": QUERY, "options": {"thresholds": {"critical": 4, "warning": 5}}},
    {"query": QUERY, "options": {"thresholds": {"critical": 4, "critical_recovery": 5}}},
    {"query": QUERY, "options": {"notify_nodata": True}},
    {"query": "avg(last_5m):default_zero(avg:load{*}) > 4", "options": {"on_missing_data": "resolve"}},
]


def test_every_path_that_is_answered_is_in_the_table_and_no_other(tmp_path: Path) -> None:
    state = open_state("", tmp_path, now_ns=0)
    store = TelemetryStore(embedded_engine(tmp_path / "telemetry"))
    routes = datadog_routes(ResourceStore(state), MonitorStateStore(state), store, FakeClock())
    state.close()
    answered = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert set(re.findall(r"^\| `([A-Z]+ /api/\S+)` \|", PAGE, re.M)) == answered


def test_the_refusals_of_the_page_are_those_that_are_given(tmp_path: Path) -> None:
    shown = re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", PAGE.partition("## Refusals")[2].partition("| status")[0], re.M)
    with open_datadog_api(tmp_path, 0) as api:
        bodies = [{"type": "query alert", "name": "n", **body} for body in REFUSED]
        given = [api.refusal("/api/v1/monitor", body) for body in bodies]
        given.append(api.ask("GET", "/api/v1/monitor/search", query="status:notastatus")[1]["errors"][0])
    assert shown == given


@pytest.mark.parametrize("area", sorted({line.split()[0] for line in RECORDINGS}))
def test_the_figures_of_the_recordings_are_those_of_their_list(area: str) -> None:
    how = Counter(line.split()[1] for line in RECORDINGS if line.split()[0] == area)
    played = sum(how.values()) - how["excluded"]
    assert f"| {area} | {played} | {how['shape']} | {how['excluded']} |" in PAGE


def test_bounds_are_those_of_the_code() -> None:
    assert f"A body may have {MAX_BODY_BYTES // 2**20} MiB" in PAGE
    assert f"newest {MAX_VERSIONS} versions" in PAGE
