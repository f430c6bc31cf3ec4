"""The official client searches and aggregates logs, spans and events of the real server."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.events_api import EventsApi as OlderEventsApi
from datadog_api_client.v1.api.logs_api import LogsApi as OlderLogsApi
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v1.model.logs_list_request import LogsListRequest
from datadog_api_client.v1.model.logs_list_request_time import LogsListRequestTime
from datadog_api_client.v1.model.logs_sort import LogsSort as OlderLogsSort
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.spans_api import SpansApi
from datadog_api_client.v2.model.events_list_request import EventsListRequest
from datadog_api_client.v2.model.events_query_filter import EventsQueryFilter
from datadog_api_client.v2.model.events_request_page import EventsRequestPage
from datadog_api_client.v2.model.logs_aggregate_request import LogsAggregateRequest
from datadog_api_client.v2.model.logs_list_request import LogsListRequest as NewerLogsListRequest
from datadog_api_client.v2.model.spans_aggregate_request import SpansAggregateRequest
from datadog_api_client.v2.model.spans_list_request import SpansListRequest

from tests.support.lrcp_server import LrcpServer

pytestmark = pytest.mark.e2e

SERVICE = "search-shop"
LOGS = 25


def post(url: str, body: bytes, media_type: str = "application/json") -> None:
    request = urllib.request.Request(url, data=body, headers={"content-type": media_type}, method="POST")
    urllib.request.urlopen(request, timeout=30).close()


def send_logs(server: LrcpServer, now_ms: int) -> None:
    logs = [
        {
            "ddsource": "python",
            "ddtags": "env:prod,team:payments",
            "hostname": f"h{n % 3}",
            "service": SERVICE,
            "status": "error" if n % 5 == 0 else "info",
            "message": f"Order {n} was refused" if n % 5 == 0 else f"Order {n} placed",
            "timestamp": now_ms - 60_000 - n // 2,
            "http": {"status_code": 500 if n % 5 == 0 else 200},
            "duration": n * 1_000_000,
        }
        for n in range(LOGS)
    ]
    post(f"{server.url}/api/v2/logs", msgspec.json.encode(logs))


def send_spans(server: LrcpServer, now_ms: int) -> None:
    trace = [
        {
            "trace_id": 77,
            "span_id": 100 + n,
            "parent_id": 0 if n == 0 else 100,
            "name": "web.request",
            "resource": "GET /a" if n % 2 else "GET /b",
            "service": SERVICE,
            "type": "web",
            "start": (now_ms - 30_000 + n) * 1_000_000,
            "duration": (n + 1) * 1_000_000_000,
            "error": int(n == 3),
            "meta": {"env": "prod", "http.status_code": "200", "customer.tier": "gold"},
            "metrics": {"_sampling_priority_v1": 1.0},
        }
        for n in range(4)
    ]
    post(f"{server.agent_url}/v0.4/traces", msgspec.msgpack.encode([trace]), "application/msgpack")


@pytest.fixture(scope="module")
def api(server: LrcpServer) -> Iterator[ApiClient]:
    """A client of a server that holds the logs, spans and events."""
    now_ms = time.time_ns() // 10**6
    send_logs(server, now_ms)
    send_spans(server, now_ms)
    configuration = Configuration(host=server.url, api_key={"apiKeyAuth": "a", "appKeyAuth": "b"})
    with ApiClient(configuration) as client:
        for n in range(3):
            OlderEventsApi(client).create_event(
                EventCreateRequest(
                    title=f"Deploy {n} of {SERVICE}",
                    text="It went out",
                    tags=["suite:search", f"n:{n}"],
                    alert_type="warning",
                )
            )
        server.wait_rows("SELECT id FROM events WHERE has(tags, 'suite:search')", 3)
        server.spans(SERVICE, 4)
        yield client


def test_logs_are_searched_by_body_and_listed_page_by_page(api: ApiClient) -> None:
    found = list(LogsApi(api).list_logs_with_pagination(body=NewerLogsListRequest(filter={"query": f"service:{SERVICE} @http.status_code:[500 TO 599] refused", "from": "now-15m", "to": "now"}, sort="timestamp", page={"limit": 2})))  # fmt: skip
    assert [log.attributes.message for log in found] == [f"Order {n} was refused" for n in (20, 15, 10, 5, 0)]
    first = found[-1].attributes
    assert (first.status, first.service, first.host) == ("error", SERVICE, "h0")
    assert {"env:prod", "team:payments", "source:python"} <= set(first.tags)
    assert first.attributes["http"]["status_code"] == 500


def test_pages_of_logs_leave_nothing_out_and_repeat_nothing(api: ApiClient) -> None:
    found = list(LogsApi(api).list_logs_get_with_pagination(filter_query=f"service:{SERVICE}", page_limit=4))
    assert sorted(log.attributes.message.split()[1] for log in found) == sorted(map(str, range(LOGS)))
    times = [log.attributes.timestamp for log in found]
    assert times == sorted(times, reverse=True)
    assert len({log.id for log in found}) == LOGS


def test_logs_are_counted_by_facet_in_time(api: ApiClient) -> None:
    request = {
        "filter": {"query": f"service:{SERVICE}", "from": "now-15m", "to": "now"},
        "compute": [
            {"aggregation": "count"},
            {"aggregation": "max", "metric": "@duration"},
            {"aggregation": "count", "type": "timeseries", "interval": "5m"},
        ],
        "group_by": [
            {"facet": "status", "sort": {"aggregation": "count", "order": "asc"}, "total": True},
            {"facet": "@nowhere", "missing": "none"},
        ],
    }
    buckets = LogsApi(api).aggregate_logs(body=LogsAggregateRequest(**request)).data.buckets
    assert [(b.by["status"], b.by["@nowhere"], b.computes["c0"], b.computes["c1"]) for b in buckets] == [
        ("error", "none", 5, 20e6), ("info", "none", 20, 24e6), ("$status_total", "none", 25, 24e6)
    ]  # fmt: skip
    points = buckets[0].computes["c2"].value
    assert sum(point.value for point in points) == 5
    assert all(datetime.fromisoformat(point.time).minute % 5 == 0 for point in points)


def test_spans_are_searched_and_aggregated(api: ApiClient) -> None:
    found = SpansApi(api).list_spans_get(
        filter_query=f"service:{SERVICE} @duration:>1.5s -status:error", sort="timestamp"
    )
    assert [span.attributes.resource_name for span in found.data] == ["GET /a", "GET /b"]
    span = found.data[0].attributes
    assert span.custom["customer"] == {"tier": "gold"}
    assert span.end_timestamp - span.start_timestamp == timedelta(seconds=2)
    searched = SpansApi(api).list_spans(
        body=SpansListRequest(data={"type": "search_request", "attributes": {
            "filter": {"query": f"service:{SERVICE}", "from": "now-1h", "to": "now"}, "page": {"limit": 3}}})
    )  # fmt: skip
    assert len(searched.data) == 3
    request = {"data": {"type": "aggregate_request", "attributes": {
        "filter": {"query": f"service:{SERVICE}", "from": "now-15m", "to": "now"},
        "compute": [{"aggregation": "pc90", "metric": "@duration"}], "group_by": [{"facet": "resource_name"}]}}}  # fmt: skip
    buckets = SpansApi(api).aggregate_spans(body=SpansAggregateRequest(**request)).data
    assert {b.attributes.by["resource_name"]: b.attributes.compute["c0"] for b in buckets} == {
        "GET /a": pytest.approx(3.8e9), "GET /b": pytest.approx(2.8e9)
    }  # fmt: skip


def test_a_span_search_with_its_times_turned_round_is_refused_as_recorded(api: ApiClient) -> None:
    with pytest.raises(ApiException) as refusal:
        SpansApi(api).list_spans_get(filter_from="now", filter_to="now-1m")
    assert refusal.value.status == 422
    assert refusal.value.body["errors"] == [
        {
            "title": "Generic Error",
            "detail": "invalid_argument(Field 'filter.from,to' is invalid: 'from' should be anterior to 'to')",
        }
    ]


def test_events_are_searched_in_both_versions(api: ApiClient) -> None:
    request = EventsListRequest(
        filter=EventsQueryFilter(query="tags:\"suite:search\" deploy", _from="now-15m", to="now"), page=EventsRequestPage(limit=2)
    )  # fmt: skip
    found = list(EventsApi(api).search_events_with_pagination(body=request))
    assert {event.attributes.attributes.title for event in found} == {f"Deploy {n} of {SERVICE}" for n in range(3)}
    assert len(EventsApi(api).list_events(filter_query="suite:search n:1", filter_from="now-15m").data) == 1
    now = int(time.time())
    older = OlderEventsApi(api).list_events(start=now - 900, end=now + 5, tags="suite:search,n:2").events
    assert [(event.title, str(event.alert_type)) for event in older] == [(f"Deploy 2 of {SERVICE}", "warning")]
    assert OlderEventsApi(api).get_event(older[0].id).event.text == "It went out"


def test_an_event_cursor_that_is_none_is_refused_as_recorded(api: ApiClient) -> None:
    page = EventsRequestPage(cursor="eyJzdGFydEF0IjoiQVFB", limit=25)
    with pytest.raises(ApiException) as refusal:
        EventsApi(api).search_events(body=EventsListRequest(page=page))
    assert refusal.value.status == 400
    assert refusal.value.body["errors"] == [
        "{'errors': [u\"input_validation_error(Field 'page' is invalid: invalid cursor)\"]}"
    ]


def test_logs_are_listed_by_the_older_path(api: ApiClient) -> None:
    now = datetime.now(UTC)
    times = LogsListRequestTime(_from=now - timedelta(minutes=15), to=now)
    request = LogsListRequest(query=f"service:{SERVICE} status:error", time=times, limit=3, sort=OlderLogsSort("asc"))
    first = OlderLogsApi(api).list_logs(body=request)
    assert [log.content.message for log in first.logs] == [f"Order {n} was refused" for n in (20, 15, 10)]
    request.start_at = first.next_log_id
    second = OlderLogsApi(api).list_logs(body=request)
    assert [log.content.message for log in second.logs] == ["Order 5 was refused", "Order 0 was refused"]


@pytest.mark.parametrize(
    ("query", "words"),
    [("service:", "a value is missing"), ("(a", "is not closed"), ("@a:>b", "compares with a number")],
)
def test_a_search_that_cannot_be_read_is_refused_with_its_place(api: ApiClient, query: str, words: str) -> None:
    with pytest.raises(ApiException) as refusal:
        LogsApi(api).list_logs_get(filter_query=query)
    assert refusal.value.status == 400
    assert words in refusal.value.body["errors"][0]
    assert "^" in refusal.value.body["errors"][0]


@pytest.mark.parametrize(
    "path",
    [
        "logs/events/search",
        "spans/events/search",
        "events/search",
        "logs/analytics/aggregate",
        "spans/analytics/aggregate",
    ],
)
@pytest.mark.parametrize(
    "attributes",
    [
        {"filter": []}, {"filter": {"query": 5}}, {"filter": {"from": {}}}, {"filter": {"from": "now", "to": "now-1h"}},
        {"filter": {"query": "(" * 9000}}, {"filter": {"query": "\u0000\\"}},
    ],
)  # fmt: skip
def test_a_body_that_means_nothing_is_refused_not_failed(
    server: LrcpServer, path: str, attributes: dict[str, object]
) -> None:
    document = (
        {"data": {"type": "search_request", "attributes": attributes}} if path.startswith("spans") else attributes
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(f"{server.url}/api/v2/{path}", msgspec.json.encode(document))
    assert refusal.value.code in (400, 422)
    assert json.load(refusal.value)["errors"]


@pytest.mark.parametrize("path", ["logs/events/search", "events/search", "logs/analytics/aggregate"])
def test_an_empty_body_asks_for_everything_of_the_last_quarter_of_an_hour(server: LrcpServer, path: str) -> None:
    post(f"{server.url}/api/v2/{path}", b"")
    post(f"{server.url}/api/v2/{path}", b"{}")
