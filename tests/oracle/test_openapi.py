"""Our tables against Datadog's OpenAPI files: widgets and their members, options of monitors, types, paths."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.routing import Route

from lrcp.datadog.dashboards.widgets import REQUIRED
from lrcp.datadog.monitors.options import KNOWN, ON_MISSING_DATA, PRESETS
from lrcp.query.monitor.heads import MONITOR_TYPES
from tests.oracle.recordings import folder
from tests.support.datadog_api import DatadogApi, open_datadog_api
from tests.support.needs import missing

NOT_IN_OPENAPI = {
    ("GET", "/api/v1/monitor/{}/downtimes"): "older; its description is gone, clients of years past call it",
}


@lru_cache(maxsize=1)
def read_v1() -> dict[str, Any]:
    place = folder()
    if place is None:
        missing("Datadog's OpenAPI files", "fetch them: .venv/bin/python scripts/oracle.py")
    document: dict[str, Any] = yaml.load((place / ".generator/schemas/v1/openapi.yaml").read_text(), yaml.CSafeLoader)
    return document


def operations() -> set[tuple[str, str]]:
    """(method, path with {} for parameters) of both versions, of v2 without the cost of parsing all of it."""
    found = {(method.upper(), _bare(path)) for path, item in read_v1()["paths"].items() for method in item}
    place = folder()
    assert place is not None
    text = (place / ".generator/schemas/v2/openapi.yaml").read_text()
    paths = text[text.index("\npaths:") :]
    for block in re.split(r"\n(?=  /)", paths)[1:]:
        found |= {(method.upper(), _bare(block.partition(":")[0])) for method in re.findall(r"\n    (\w+):\n", block)}
    return found


def _bare(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.strip().strip("'\""))


def schema(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = read_v1()["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def widgets() -> Iterator[tuple[str, set[str]]]:
    """(type, required members) of every widget definition; those of several shapes with what they share."""
    for reference in schema("WidgetDefinition")["oneOf"]:
        found = schema(reference["$ref"])
        shapes = [schema(one["$ref"]) for one in found["oneOf"]] if "oneOf" in found else [found]
        required = set.intersection(*(set(one.get("required", ())) for one in shapes)) - {"type"}
        for kind in schema(shapes[0]["properties"]["type"]["$ref"])["enum"]:
            yield kind, required


def test_every_widget_of_the_api_is_taken_and_no_other() -> None:
    assert {kind for kind, _ in widgets()} == set(REQUIRED)


def test_no_widget_is_asked_for_more_than_the_api_asks_for() -> None:
    more = {kind: set(REQUIRED[kind]) - required for kind, required in widgets()}
    assert {kind: members for kind, members in more.items() if members} == {}


def test_every_option_of_a_monitor_is_known() -> None:
    assert set(schema("MonitorOptions")["properties"]) <= KNOWN
    assert set(schema("MonitorType")["enum"]) == set(MONITOR_TYPES)
    assert set(schema("OnMissingDataOption")["enum"]) == set(ON_MISSING_DATA)
    assert set(schema("MonitorOptionsNotificationPresets")["enum"]) == set(PRESETS)


def test_every_path_of_ours_is_one_of_the_api(api: DatadogApi) -> None:
    mine = {
        (method, _bare(route.path))
        for route in api.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert mine - operations() - NOT_IN_OPENAPI.keys() == set()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[DatadogApi]:
    with open_datadog_api(tmp_path, 0) as opened:
        yield opened
