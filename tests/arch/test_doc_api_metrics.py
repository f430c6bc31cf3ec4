"""The page of the metrics API lists the paths that are served, and its example is one that can be read."""

import re
from typing import Any, cast

import msgspec
from starlette.routing import Route

from lrcp.datadog.metrics_query.answers import plan_timeseries
from lrcp.datadog.metrics_query.asked import read_asked
from lrcp.datadog.metrics_query.ranges import MAX_POINTS, Range
from lrcp.datadog.metrics_query.routes import metric_query_routes
from lrcp.kit.clock import FakeClock
from lrcp.query.compute.reducers import REDUCERS
from lrcp.query.memory.source import MemorySource
from tests.arch.packages import ROOT

PAGE = (ROOT / "docs" / "monitors" / "api-metrics.md").read_text()
DAY_S = 86_400


def test_the_page_lists_the_paths_that_are_served() -> None:
    routes = metric_query_routes(cast(Any, None), MemorySource(), cast(Any, None), FakeClock())
    served = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or ())
        if method != "HEAD"
    }
    assert set(re.findall(r"^\| `([A-Z]+ /\S+)` \|", PAGE, re.M)) == served


def test_the_example_can_be_read_and_planned() -> None:
    body = msgspec.json.decode(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])
    asked = read_asked(body, "timeseries_request", body["data"]["attributes"]["to"] / 1000)
    assert len(plan_timeseries(asked)) == 2


def test_the_intervals_and_aggregators_are_those_of_the_code() -> None:
    steps = [
        Range(0, length).grid().step_s
        for length in (3600, 4 * 3600, DAY_S, 2 * DAY_S, 7 * DAY_S, 31 * DAY_S, 32 * DAY_S)
    ]
    assert steps == [20, 60, 300, 600, 3600, 14_400, DAY_S]
    assert f"{MAX_POINTS:,} points" in PAGE
    named = set(re.findall(r"`(\w+)`", PAGE.split("- `aggregator`:")[1].split("\n")[0]))
    assert named == {*REDUCERS, "percentile"} - {"mean"}
