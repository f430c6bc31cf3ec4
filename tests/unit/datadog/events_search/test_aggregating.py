"""Aggregations over records in memory: the same scans and buckets as over the store."""

from typing import Any

import pytest

from lrcp.datadog.errors import Refusal
from lrcp.datadog.events_search.aggregate_request import read_aggregated
from lrcp.datadog.events_search.aggregating import make_buckets, plan_aggregation
from lrcp.datadog.events_search.items import nested
from lrcp.datadog.events_search.products import EVENTS, LOGS, SPANS
from lrcp.query.memory.events import fetch_events

NOW = 1_700_000_000 * 10**9
LOG_ROWS = [
    {"time_ns": NOW - n * 60 * 10**9, "service": service, "status": status, "attributes": {"duration": n}}
    for n, (service, status) in enumerate([("a", "ok"), ("a", "error"), ("b", "ok"), ("b", "ok"), ("b", "warn"), ("c", "ok"), ("", "ok")], start=1)
]  # fmt: skip


def buckets(**body: Any) -> list[Any]:
    asked = read_aggregated(LOGS, body, NOW)
    found = make_buckets(asked, fetch_events({"logs": LOG_ROWS}, plan_aggregation(asked)))
    return [(*bucket["by"].values(), *bucket["computes"].values()) for bucket in found]


def test_all_logs_are_counted_when_nothing_is_said() -> None:
    assert buckets() == [(7,)]


def test_no_logs_give_no_bucket() -> None:
    assert buckets(filter={"query": "service:none"}) == []


def test_groups_are_the_largest_first_and_limited() -> None:
    assert buckets(group_by=[{"facet": "service", "limit": 2}]) == [("b", 3), ("a", 2)]


def test_groups_are_sorted_by_name_or_by_a_measure() -> None:
    by_name = [{"facet": "service", "sort": {"type": "alphabetical", "order": "desc"}}]
    assert [row[0] for row in buckets(group_by=by_name)] == ["c", "b", "a"]
    by_measure = [{"facet": "service", "sort": {"aggregation": "max", "metric": "@duration", "order": "asc"}}]
    assert [row[0] for row in buckets(group_by=by_measure)] == ["a", "b", "c"]


def test_a_limit_holds_within_the_groups_before_it() -> None:
    by = [{"facet": "service", "limit": 2}, {"facet": "status", "limit": 1}]
    assert buckets(group_by=by) == [("b", "ok", 2), ("a", "error", 1)]


def test_what_lacks_a_facet_and_the_total_have_buckets_when_asked_for() -> None:
    by = [{"facet": "service", "missing": "nobody", "total": True, "limit": 1}]
    assert buckets(group_by=by) == [("b", 3), ("$service_total", 7)]
    assert ("nobody", 1) in buckets(group_by=[{"facet": "service", "missing": "nobody"}])


def test_a_time_series_has_the_buckets_that_hold_something() -> None:
    compute = [
        {"aggregation": "count", "type": "timeseries", "interval": "5m"},
        {"aggregation": "sum", "metric": "@duration"},
    ]
    ((points, total),) = buckets(compute=compute)
    assert points == [
        {"time": "2023-11-14T22:05:00.000Z", "value": 4},
        {"time": "2023-11-14T22:10:00.000Z", "value": 3},
    ]
    assert total == 28.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"filter": {"query": "(a"}}, "Field 'filter.query' is invalid: a parenthesis is not closed"),
        ({"filter": {"from": "now", "to": "now-1h"}}, "'from' should be anterior to 'to'"),
        ({"filter": {"from": "soon"}}, "Field 'filter.from' is invalid"),
        ({"compute": [{"aggregation": "p95", "metric": "@a"}]}, "there is no aggregation 'p95'"),
        ({"compute": [{"aggregation": "avg"}]}, "needs a measure"),
        ({"compute": [{"aggregation": "count", "type": "timeseries", "interval": "1s"}], "filter": {"from": "now-1d"}}, "more than 1500"),
        ({"compute": {}}, "must be a list"),
        ({"group_by": [{"facet": "a"}] * 5}, "at most 4"),
        ({"group_by": [{"facet": "a", "histogram": {"interval": 1}}]}, "not known here"),
        ({"group_by": [{"facet": "a", "limit": 0}]}, "from 1 to 1000"),
        ({"group_by": [{}]}, "must be a facet"),
    ],
)  # fmt: skip
def test_a_request_that_means_nothing_is_refused(body: dict[str, Any], words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_aggregated(LOGS, body, NOW)
    assert refusal.value.status == 400
    assert words in str(refusal.value)


def test_each_product_refuses_in_the_words_that_were_recorded() -> None:
    assert SPANS.refuse("filter.from,to", "x").status == 422
    assert str(EVENTS.refuse("page", "invalid cursor")) == (
        "{'errors': [u\"input_validation_error(Field 'page' is invalid: invalid cursor)\"]}"
    )


def test_dotted_names_become_objects_where_nothing_is_in_the_way() -> None:
    assert nested({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert nested({"a": 1, "a.b": 2}) == {"a": 1, "a.b": 2}
