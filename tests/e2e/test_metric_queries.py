"""The official client queries and lists metrics of the real server."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.metrics_api import MetricsApi as OlderMetricsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.scalar_formula_query_request import ScalarFormulaQueryRequest
from datadog_api_client.v2.model.timeseries_formula_query_request import TimeseriesFormulaQueryRequest

from tests.support.lrcp_server import LrcpServer

pytestmark = pytest.mark.e2e


def post_json(url: str, document: object) -> tuple[int, object]:
    """Status and decoded body of the reply."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data=msgspec.json.encode(document), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, msgspec.json.decode(reply.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, msgspec.json.decode(refusal.read())


COUNT, GAUGE = 1, 3
NAME = "shop.queries"
POINTS = 12


@pytest.fixture(scope="module")
def start_s() -> int:
    """Unix seconds of the first point, on a minute; the points are ten seconds apart."""
    return int(time.time()) // 60 * 60 - 180


@pytest.fixture(scope="module")
def api(server: LrcpServer, start_s: int) -> Iterator[ApiClient]:
    """A client of a server that holds two minutes of a count, a gauge and a distribution."""
    configuration = Configuration(host=server.url, api_key={"apiKeyAuth": "a", "appKeyAuth": "b"})
    with ApiClient(configuration) as client:
        times = [start_s + 10 * i for i in range(POINTS)]
        series = [
            {
                "metric": f"{NAME}.orders",
                "type": COUNT,
                "interval": 10,
                "points": [{"timestamp": at, "value": value} for at in times],
                "tags": [f"env:{env}", "team:shop"],
            }
            for env, value in (("prod", 6.0), ("dev", 2.0))
        ]
        series.append(
            {
                "metric": f"{NAME}.stock",
                "type": GAUGE,
                "unit": "byte",
                "points": [{"timestamp": at, "value": float(i)} for i, at in enumerate(times)],
                "tags": ["env:prod"],
            }
        )
        MetricsApi(client).submit_metrics(body=MetricPayload(series=series))
        distribution = {
            "metric": f"{NAME}.took",
            "tags": ["env:prod"],
            "points": [[times[0], [float(n) for n in range(1, 101)]]],
        }
        post_json(f"{server.url}/api/v1/distribution_points", {"series": [distribution]})
        server.wait_rows(f"SELECT metric FROM metrics WHERE startsWith(metric, '{NAME}') GROUP BY metric, tags", 4)
        yield client


def timeseries(api: ApiClient, start_s: int, formulas: list[str], **queries: str | dict[str, object]) -> Any:
    body = {
        "data": {
            "type": "timeseries_request",
            "attributes": attributes(start_s, formulas, queries) | {"interval": 60_000},
        }
    }
    return MetricsApi(api).query_timeseries_data(body=TimeseriesFormulaQueryRequest(**body)).data.attributes


def scalar(api: ApiClient, start_s: int, formulas: list[str], **queries: str | dict[str, object]) -> Any:
    body = {"data": {"type": "scalar_request", "attributes": attributes(start_s, formulas, queries)}}
    return MetricsApi(api).query_scalar_data(body=ScalarFormulaQueryRequest(**body)).data.attributes.columns


def attributes(start_s: int, formulas: list[str], queries: dict[str, str | dict[str, object]]) -> dict[str, object]:
    given = [
        {"data_source": "metrics", "name": name, "query": query} if isinstance(query, str) else {"name": name, **query}
        for name, query in queries.items()
    ]
    for one in given:
        if one["data_source"] == "metrics" and not isinstance(queries[one["name"]], dict):
            one.setdefault("aggregator", "sum")
    return {
        "from": start_s * 1000,
        "to": (start_s + 120) * 1000,
        "queries": given,
        "formulas": [{"formula": formula} for formula in formulas],
    }


def test_series_of_a_formula_come_by_group(api: ApiClient, start_s: int) -> None:
    found = timeseries(
        api,
        start_s,
        ["a / b * 100", "a"],
        a=f"sum:{NAME}.orders{{*}} by {{env}}.as_count()",
        b=f"sum:{NAME}.orders{{*}}.as_count()",
    )
    assert list(found.times.value) == [start_s * 1000, (start_s + 60) * 1000]
    lines = {
        (one.query_index, tuple(one.group_tags.value)): list(line.value)
        for one, line in zip(found.series.value, found.values.value, strict=True)
    }
    assert lines == {
        (0, ("env:dev",)): [25, 25],
        (0, ("env:prod",)): [75, 75],
        (1, ("env:dev",)): [12, 12],
        (1, ("env:prod",)): [36, 36],
    }


def test_percentiles_and_units_are_told(api: ApiClient, start_s: int) -> None:
    found = timeseries(api, start_s, ["p", "s"], p=f"p99.9:{NAME}.took{{*}}", s=f"avg:{NAME}.stock{{*}}")
    values = [list(line.value) for line in found.values.value]
    assert values[0][0] == pytest.approx(99, rel=0.006)
    assert values[1] == [2.5, 8.5]
    assert found.series.value[1].unit[0].name == "byte"


def test_scalars_are_columns_of_groups_and_numbers(api: ApiClient, start_s: int) -> None:
    columns = scalar(api, start_s, ["a", "a / 2"], a=f"sum:{NAME}.orders{{*}} by {{env}}.as_count()")
    assert [
        (one.name, str(one.type), [list(v) if str(one.type) == "group" else v for v in one.values]) for one in columns
    ] == [
        ("env", "group", [["dev"], ["prod"]]),
        ("a", "number", [24, 72]),
        ("a / 2", "number", [12, 36]),
    ]


def test_each_query_has_its_own_aggregator(api: ApiClient, start_s: int) -> None:
    queries = {
        name: {"data_source": "metrics", "query": f"avg:{NAME}.stock{{*}}", "aggregator": name}
        for name in ("min", "max", "last")
    }
    columns = scalar(api, start_s, ["max - min", "last"], **queries)
    assert [list(one.values) for one in columns] == [[6], [8.5]]


def test_logs_are_counted_beside_metrics(api: ApiClient, server: LrcpServer, start_s: int) -> None:
    logs = [
        {"message": f"m{n}", "service": NAME, "timestamp": (start_s + 30 * n) * 1000, "status": "error"}
        for n in range(3)
    ]
    post_json(f"{server.url}/api/v2/logs", logs)
    server.wait_rows(f"SELECT message FROM logs WHERE service = '{NAME}'", 3)
    query = {
        "data_source": "logs",
        "search": {"query": f"service:{NAME}"},
        "indexes": ["*"],
        "compute": {"aggregation": "count"},
    }
    orders = f"sum:{NAME}.orders{{*}}.as_count()"
    assert [list(one.values) for one in scalar(api, start_s, ["l", "l / o"], l=query, o=orders)] == [[3], [3 / 96]]
    grouped = query | {"group_by": [{"facet": "status", "limit": 10}]}
    found = timeseries(api, start_s, ["l"], l=grouped)
    assert ([one.group_tags.value for one in found.series.value], list(found.values.value[0].value)) == (
        [["status:error"]],
        [2, 1],
    )


@pytest.mark.parametrize(
    "source", ["rum", "ci_tests", "on_call_events", "product_analytics", "network", "security_signals"]
)
def test_what_is_not_stored_has_no_groups(api: ApiClient, start_s: int, source: str) -> None:
    query = {"data_source": source, "search": {"query": "*"}, "indexes": ["*"], "compute": {"aggregation": "count"}}
    (column,) = scalar(api, start_s, ["a"], a=query)
    assert (column.name, list(column.values)) == ("a", [])


@pytest.mark.parametrize(
    ("formula", "query", "reason"),
    [
        ("a + b", "avg:x{*}", "b"),
        ("a", "avg:x{*", "never closed (line 1, column 6)"),
        ("a", "avg:x{*}.rollup(none, 60)", "none"),
    ],
)
def test_a_query_that_means_nothing_is_refused_with_its_reason(
    api: ApiClient, start_s: int, formula: str, query: str, reason: str
) -> None:
    with pytest.raises(ApiException) as raised:
        timeseries(api, start_s, [formula], a=query)
    assert raised.value.status == 400
    assert reason in str(raised.value.body)


def test_the_recorded_refusals_have_their_words(api: ApiClient, server: LrcpServer) -> None:
    old = attributes(1568899800, ["a+b"], {"a": "avg:system.cpu.user{*}"})
    with pytest.raises(ApiException) as raised:
        MetricsApi(api).query_scalar_data(
            body=ScalarFormulaQueryRequest(data={"type": "scalar_request", "attributes": old})
        )
    assert (raised.value.status, raised.value.body["errors"]) == (
        400,
        ["Queries ending outside the retention date are invalid"],
    )
    status, reply = post_json(
        f"{server.url}/api/v2/query/timeseries", {"data": {"type": "timeseries_rquest", "attributes": {}}}
    )
    assert (status, reply) == (
        400,
        {"errors": ['API input validation failed: Invalid type. Expected "timeseries_request".']},
    )


def test_the_older_query_gives_points(api: ApiClient, start_s: int) -> None:
    query = f"sum:{NAME}.orders{{env:prod}} by {{team}}.as_count(),{NAME}.nothing{{*}}"
    found = OlderMetricsApi(api).query_metrics(_from=start_s, to=start_s + 120, query=query)
    assert (found.status, found.query, found.res_type, found.resp_version) == ("ok", query, "time_series", 1)
    (series,) = found.series
    assert (series.metric, series.scope, series.tag_set, series.interval, series.length) == (
        f"{NAME}.orders",
        "team:shop",
        ["team:shop"],
        20,
        6,
    )
    assert [list(point.value) for point in series.pointlist] == [[(start_s + 20 * i) * 1000, 12] for i in range(6)]


def test_metrics_are_listed_searched_and_paged(api: ApiClient, start_s: int) -> None:
    older, newer = OlderMetricsApi(api), MetricsApi(api)
    mine = [f"{NAME}.orders", f"{NAME}.stock", f"{NAME}.took"]
    assert [name for name in older.list_active_metrics(_from=start_s).metrics if name.startswith(NAME)] == mine
    assert [
        n for n in older.list_active_metrics(_from=start_s, tag_filter="env:dev").metrics if n.startswith(NAME)
    ] == mine[:1]
    assert older.list_metrics(q=f"metrics:{NAME}.s").results.metrics == mine[1:2]
    assert [
        one.id for one in newer.list_tag_configurations(filter_tags="env IN (dev,test)").data if one.id.startswith(NAME)
    ] == mine[:1]
    kinds = newer.list_tag_configurations(filter_metric_type="distribution").data
    assert [one.id for one in kinds if one.id.startswith(NAME)] == mine[2:]
    paged = [one.id for one in newer.list_tag_configurations_with_pagination(page_size=2)]
    assert paged == sorted(set(paged))
    assert set(mine) <= set(paged)


def test_a_metric_tells_its_tags_and_how_many_series_it_has(api: ApiClient) -> None:
    newer = MetricsApi(api)
    assert newer.list_tags_by_metric_name(f"{NAME}.orders").data.attributes.tags == ["env:dev", "env:prod", "team:shop"]
    volumes = newer.list_volumes_by_metric_name(f"{NAME}.orders").data.attributes
    assert (volumes.ingested_volume, volumes.indexed_volume) == (2, 2)
    with pytest.raises(NotFoundException):
        newer.list_tags_by_metric_name("shop.unknown")
