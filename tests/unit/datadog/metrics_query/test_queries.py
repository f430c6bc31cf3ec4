"""Bodies of queries are read, answered and refused as Datadog does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from lrcp.datadog.app import create_datadog_api
from lrcp.datadog.metrics_query.querying import QueryHandlers, split_queries
from lrcp.datadog.metrics_query.ranges import MAX_POINTS, Range
from lrcp.kit.clock import FakeClock
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource

NOW_S = 1_790_000_000 // 3600 * 3600
STORED = ("logs", "spans", "events", "llm_observability", "errors")
NOT_STORED = [
    "rum",
    "ci_tests",
    "ci_pipelines",
    "audit",
    "network",
    "network_path",
    "security_signals",
    "profiles",
    "on_call_events",
    "product_analytics",
    "incident_analytics",
    "database_queries",
    "process",
    "container",
    "slo",
    "apm_metrics",
    "apm_resource_stats",
    "apm_dependency_stats",
]


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The paths over a source in memory: one gauge that rises by one every ten seconds for an hour, on two hosts."""
    times = [NOW_S - 3600 + 10 * i for i in range(360)]
    series = [
        MemorySeries("m", "gauge", (f"host:{host}",), times, [i * factor for i in range(360)], unit="second")
        for host, factor in (("a", 1.0), ("b", 2.0))
    ]
    logs = [{"time_ns": (NOW_S - 60) * 10**9, "service": "shop", "status": "error", "message": "no"}]
    queries = QueryHandlers(MemorySource(series, MemoryEvents({"logs": logs})), FakeClock(NOW_S))
    routes = [
        Route("/api/v2/query/scalar", queries.scalar, methods=["POST"]),
        Route("/api/v2/query/timeseries", queries.timeseries, methods=["POST"]),
        Route("/api/v1/query", queries.older, methods=["GET"]),
    ]
    return TestClient(create_datadog_api(routes))


def ask(client: TestClient, kind: str, queries: list[Any], formulas: list[Any], **more: Any) -> Any:
    attributes = {"from": (NOW_S - 3600) * 1000, "to": NOW_S * 1000, "queries": queries, "formulas": formulas} | more
    reply = client.post(f"/api/v2/query/{kind}", json={"data": {"type": f"{kind}_request", "attributes": attributes}})
    return reply.json() if reply.status_code == 200 else (reply.status_code, reply.json()["errors"][0])


def metric(query: str, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"data_source": "metrics", "name": name, "query": query, **more}


@pytest.mark.parametrize("source", [*STORED, *NOT_STORED])
def test_every_data_source_that_datadog_knows_is_accepted(client: TestClient, source: str) -> None:
    query = {
        "data_source": source,
        "name": "a",
        "search": {"query": "*"},
        "indexes": ["*"],
        "compute": {"aggregation": "count"},
    }
    formula = [{"formula": "a", "limit": {"count": 10, "order": "desc"}}]
    columns = ask(client, "scalar", [query], formula)["data"]["attributes"]["columns"]
    wanted = [1.0] if source == "logs" else []
    assert columns == [{"name": "a", "type": "number", "values": wanted, "meta": {"unit": None}}]
    attributes = ask(client, "timeseries", [query], formula, interval=5000)["data"]["attributes"]
    assert len(attributes["series"]) == len(wanted)


def test_limits_keep_the_largest_or_the_smallest_groups(client: TestClient) -> None:
    query = metric("avg:m{*} by {host}", aggregator="max")
    for order, host, value in (("desc", "b", 2 * 356.5), ("asc", "a", 356.5)):
        formula = {"formula": "a", "limit": {"count": 1, "order": order}}
        columns = ask(client, "scalar", [query], [formula])["data"]["attributes"]["columns"]
        assert [one["values"] for one in columns] == [[[host]], [value]]


def test_without_formulas_each_query_answers_for_itself(client: TestClient) -> None:
    columns = ask(client, "scalar", [metric("min:m{*}", "x"), metric("max:m{*}", "y")], [])["data"]["attributes"][
        "columns"
    ]
    assert [one["name"] for one in columns] == ["x", "y"]
    assert columns[0]["meta"]["unit"][0]["short_name"] == "s"


def test_functions_over_time_work_in_formulas_of_series(client: TestClient) -> None:
    found = ask(
        client, "timeseries", [metric("avg:m{host:a}")], [{"formula": "timeshift(a, -600) - a"}], interval=60_000
    )
    values = [value for value in found["data"]["attributes"]["values"][0] if value is not None]
    assert set(values) == {-60.0}


@pytest.mark.parametrize(
    ("queries", "formulas", "more", "reason"),
    [
        ([], [], {}, "'queries' is required"),
        ([metric("avg:m{*}"), metric("avg:m{*}")], [], {}, "two queries have one name"),
        ([metric("")], [], {}, "query' is required"),
        ([metric("avg:m{*}", aggregator="mode")], [], {}, "no aggregator 'mode'"),
        ([{"data_source": "weather", "name": "a"}], [], {}, "no data_source 'weather'"),
        ([{"data_source": "logs", "name": "a"}], [], {}, "compute' must be an object"),
        ([metric("avg:m{*}")], [{"formula": "a +"}], {}, "expected"),
        ([metric("avg:m{*}")], [{"formula": "z"}], {}, "z"),
        ([metric("avg:m{*}")], [{"formula": "a", "limit": {"count": 0}}], {}, "positive number"),
        ([metric("avg:m{*}")], [], {"from": NOW_S * 1000 + 1}, "'from' must be before 'to'"),
        ([metric("avg:m{*}")], [], {"to": "now"}, "'to' must be a number"),
        ([metric("avg:m{*}")], [], {"from": 1, "to": 2}, "Queries ending outside the retention date are invalid"),
        (["avg:m{*}"], [], {}, "must be an object"),
    ],
)
def test_what_means_nothing_is_refused(
    client: TestClient, queries: list[Any], formulas: list[Any], more: dict[str, Any], reason: str
) -> None:
    status, error = ask(client, "scalar", queries, formulas, **more)
    assert status == 400
    assert reason in error


def test_the_older_query_wants_its_parameters(client: TestClient) -> None:
    for query, reason in (("from=1&to=2", "query"), ("query=m&to=2", "from"), ("query=m{*}&from=a&to=2", "from")):
        reply = client.get(f"/api/v1/query?{query}")
        assert (reply.status_code, reason in reply.json()["errors"][0]) == (400, True)


def test_the_older_query_answers_from_the_first_bucket_within_the_range(client: TestClient) -> None:
    text = "m{host:a}, avg:m{*} by {host} * 2"
    found = client.get("/api/v1/query", params={"query": text, "from": NOW_S - 3590, "to": NOW_S}).json()
    assert [one["scope"] for one in found["series"]] == ["host:a", "host:a", "host:b"]
    assert found["series"][0]["pointlist"][0] == [(NOW_S - 3580) * 1000.0, 2.5]
    assert {one["interval"] for one in found["series"]} == {20}


def test_queries_are_parted_at_commas_outside_of_brackets() -> None:
    assert split_queries("a:b{c,d}.fill(last, 5), top(x, 'a,b')") == ["a:b{c,d}.fill(last, 5)", "top(x, 'a,b')"]


@given(st.integers(0, 2**31), st.integers(1, 3 * 10**7), st.one_of(st.none(), st.integers(1, 10**6)))
def test_a_grid_covers_the_end_of_its_range_with_a_bounded_number_of_points(
    start: int, length: int, interval: int | None
) -> None:
    grid = Range(start, start + length).grid(interval)
    assert 1 <= grid.count <= MAX_POINTS
    assert grid.start_s % grid.step_s == 0
    assert grid.step_s % 10 == 0
    assert grid.end_s - grid.step_s < start + length <= grid.end_s
    assert grid.count == 1 or start <= grid.start_s < start + grid.step_s
