"""Requests to Datadog's paths and to /api/monitors that are in order, and some that mean harm."""

from typing import Any

from tests.fuzz.monitors import NOW_S, OPTIONS

_AGO_S = NOW_S - 3600
_METRIC = "avg:x{env:prod} by {host}.rollup(max, 60)"
_QUERIES = [{"name": "a", "data_source": "metrics", "query": _METRIC, "aggregator": "avg"}]
_EVENT_QUERIES = [
    {
        "name": "a", "data_source": "logs", "search": {"query": "@k:a*"}, "indexes": ["main"],
        "compute": {"aggregation": "pc95", "metric": "@n", "interval": 60_000},
        "group_by": [{"facet": "service", "limit": 5, "sort": {"aggregation": "count", "order": "desc"}}],
    }
]  # fmt: skip
_FORMULAS = [{"formula": "a * 2", "limit": {"count": 5, "order": "desc"}}]
_FILTER = {"query": "k:a* -@n:[5 TO 9]", "from": "now-1h", "to": "now", "indexes": ["main"]}
_PAGE = {"limit": 5}
_COMPUTE = [{"aggregation": "count", "type": "timeseries", "interval": "5m"}, {"aggregation": "avg", "metric": "@n"}]
_GROUP_BY = [{"facet": "service", "limit": 5, "sort": {"type": "measure", "aggregation": "count", "order": "desc"}}]
_TARGETS = [{"timeframe": "7d", "target": 99.0, "warning": 99.5}]
_RULE = "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=10"


def _data(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": kind, "attributes": attributes}}


def _query(kind: str, queries: list[dict[str, Any]]) -> dict[str, Any]:
    times = {"from": _AGO_S * 1000, "to": NOW_S * 1000, "interval": 60_000}
    return _data(f"{kind}_request", queries=queries, formulas=_FORMULAS, **times)


_THRESHOLD = {
    "type": "query alert",
    "name": "n {{host.name}}",
    "query": "avg(last_5m):avg:x{env:prod} by {host} > 5",
    "message": "{{#is_alert}}{{value}} @slack-a{{/is_alert}} {{eval \"1 + 2\"}}",
    "tags": ["team:a"],
    "priority": 1,
    "options": {name: value for name, value in OPTIONS.items() if name not in ("threshold_windows", "variables")},
}  # fmt: skip
_FORMULA = {
    "type": "log alert",
    "name": "n",
    "query": 'formula("query1 / 2").by("service").last("5m") > 5',
    "options": {"variables": OPTIONS["variables"][:1], "thresholds": {"critical": 5}},
}
_DOWNTIME = _data(
    "downtime",
    scope="env:(prod OR dev) AND -host:a",
    monitor_identifier={"monitor_tags": ["team:b"]},
    message="m",
    schedule={
        "timezone": "Europe/Berlin",
        "recurrences": [{"rrule": _RULE, "duration": "1h", "start": "2026-06-01T08:00"}],
    },
)
BODIES: dict[str, tuple[str, str, Any]] = {
    "monitor": ("POST", "/api/v1/monitor", _THRESHOLD),
    "formula": ("POST", "/api/v1/monitor", _FORMULA),
    "validate": ("POST", "/api/v1/monitor/validate", _THRESHOLD),
    "change": ("PUT", "/api/v1/monitor/{monitor}", _THRESHOLD),
    "downtime": ("POST", "/api/v2/downtime", _DOWNTIME),
    "older downtime": (
        "POST",
        "/api/v1/downtime",
        {"scope": ["env:prod"], "start": NOW_S, "end": NOW_S + 60, "monitor_tags": ["team:b"],
         "recurrence": {"type": "weeks", "period": 1, "week_days": ["Mon"], "until_occurrences": 5}},
    ),
    "rule": (
        "POST",
        "/api/v2/monitor/notification_rule",
        _data("monitor-notification-rule", name="n", filter={"tags": ["team:b"]}, recipients=["slack-a"]),
    ),
    "metric slo": (
        "POST",
        "/api/v1/slo",
        {"name": "m", "type": "metric", "thresholds": _TARGETS, "tags": ["a:b"],
         "query": {"numerator": "count(v: v<=2):x{*}.as_count()", "denominator": "count:x{*}.as_count()"}},
    ),
    "time-slice slo": (
        "POST",
        "/api/v1/slo",
        {"name": "t", "type": "time_slice", "thresholds": _TARGETS,
         "sli_specification": {"time_slice": {"comparator": ">", "threshold": 5, "query_interval_seconds": 60, "query": {
             "formulas": [{"formula": "a"}], "queries": [{"name": "a", "data_source": "metrics", "query": _METRIC}]}}}},
    ),
    "correction": (
        "POST",
        "/api/v1/slo/correction",
        _data("correction", slo_query="a:b", start=_AGO_S, duration=600, rrule="FREQ=DAILY", category="Deployment", timezone="UTC"),
    ),
    "dashboard": (
        "POST",
        "/api/v1/dashboard",
        {"title": "t", "layout_type": "ordered", "template_variables": [{"name": "a", "defaults": ["b"]}],
         "widgets": [{"definition": {"type": "group", "layout_type": "ordered", "widgets": [
             {"definition": {"type": "timeseries", "requests": [{"q": _METRIC}]}}]}}]},
    ),
    "timeseries": ("POST", "/api/v2/query/timeseries", _query("timeseries", _QUERIES)),
    "scalar": ("POST", "/api/v2/query/scalar", _query("scalar", _QUERIES)),
    "timeseries of logs": ("POST", "/api/v2/query/timeseries", _query("timeseries", _EVENT_QUERIES)),
    "scalar of logs": ("POST", "/api/v2/query/scalar", _query("scalar", _EVENT_QUERIES)),
    "logs": ("POST", "/api/v2/logs/events/search", {"filter": _FILTER, "page": _PAGE, "sort": "-timestamp"}),
    "older logs": ("POST", "/api/v1/logs-queries/list", {
        "query": "k:a", "time": {"from": "2026-05-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}, "limit": 5}),
    "spans": ("POST", "/api/v2/spans/events/search", _data("search_request", filter=_FILTER, page=_PAGE, sort="timestamp")),
    "events": ("POST", "/api/v2/events/search", {"filter": _FILTER, "page": _PAGE}),
    "counts of logs": ("POST", "/api/v2/logs/analytics/aggregate", {
        "filter": _FILTER, "compute": _COMPUTE, "group_by": _GROUP_BY}),
    "counts of spans": ("POST", "/api/v2/spans/analytics/aggregate", _data(
        "aggregate_request", filter=_FILTER, compute=_COMPUTE, group_by=_GROUP_BY)),
    "replay": ("POST", "/api/monitors/replay", {
        "since": "10m", "until": "now", "every_s": 60, "slack_s": 5, "definitions": [_THRESHOLD],
        "incidents": [{"start": "5m", "end": "1m", "name": "i", "monitors": ["n"]}]}),
}  # fmt: skip
"""What -> (method, path, body)."""

PATHS = (
    b"/api/v1/monitor?group_states=all&name=n&tags=env:prod&monitor_tags=team:a&with_downtimes=true&page=0&page_size=5",
    b"/api/v1/monitor/10001?group_states=alert,warn",
    b"/api/v1/monitor/search?query=status:alert team:a type:metric muted:false&page=0&per_page=5&sort=name,asc",
    b'/api/v1/monitor/groups/search?query=group_status:alert group:"host:a"',
    b"/api/v1/monitor/can_delete?monitor_ids=1,2",
    b"/api/v2/monitor/10001/downtime_matches?page[limit]=5",
    b"/api/v2/downtime?current_only=true&page[limit]=5&page[offset]=1&include=created_by",
    b"/api/v1/downtime?current_only=true&with_creator=true",
    b"/api/v2/downtime/00000000-0000-1234-0000-000000000000",
    b"/api/v2/monitor/notification_rule?page=0&per_page=5&sort=name",
    b"/api/v1/slo?ids=abc&query=m&tags_query=a:b&limit=5&offset=0",
    b"/api/v1/slo/search?query=m&page[size]=5&page[number]=0&include_facets=true",
    b"/api/v1/slo/0123456789abcdef0123456789abcdef/history?from_ts=1779990000&to_ts=1780000000&target=99",
    b"/api/v1/slo/correction?limit=5&offset=0",
    b"/api/v1/dashboard?filter[deleted]=true&count=5&start=0",
    b"/api/v1/dashboard/abc-def-ghi",
    b"/api/v1/query?from=1779990000&to=1780000000&query=avg:x{env:prod} by {host}.rollup(max, 60), sum:x{*}",
    b"/api/v1/metrics?from=1779990000&host=a&tag_filter=env:prod",
    b"/api/v2/metrics?filter[tags]=env:prod AND host:*&filter[metric_type]=gauge&window[seconds]=3600&page[size]=5",
    b"/api/v2/metrics/x/all-tags?window[seconds]=3600",
    b"/api/v1/search?q=metrics:x",
    b"/api/v1/events?start=1779990000&end=1780000000&priority=normal&sources=python&tags=k:a&page=0",
    b"/api/v2/events?filter[query]=k:a&filter[from]=now-1h&filter[to]=now&page[limit]=5&sort=-timestamp",
    b"/api/v2/logs/events?filter[query]=@n:>5&filter[from]=now-1h&filter[to]=now&page[limit]=5",
    b"/api/v2/spans/events?filter[query]=@duration:>5ms&filter[from]=now-1h&filter[to]=now&page[limit]=5",
    b"/api/monitors/transitions?from=1d&to=now&monitor_id=1&limit=5",
    b"/api/monitors/notifications?monitor_id=1&before=9&limit=5",
    b"/api/monitors/1/evaluations?from=1h&to=now&limit=5",
)

_NINES = "9" * 5_000
_DEEP = "(" * 4_000 + "a" + ")" * 4_000
HOSTILE_PATHS = (
    *(f"/api/v1/{kind}/{id}" for kind in ("monitor", "downtime", "slo", "dashboard", "events", "dashboard/lists/manual")
      for id in ("%00", "a%2fb", "..%2f..%2fetc%2fpasswd", _NINES, "-1", "1.5", "%ff", "%d9%a1")),
    *(f"/api/v1/query?query={query}&from={start}&to={end}"
      for query in ("avg:x{*}", "avg:x{*}.rollup(avg, 1)", _DEEP, "moving_rollup(avg:x{*}, 999999999, 'avg')")
      for start, end in ((0, NOW_S), (NOW_S - 100 * 366 * 86_400, NOW_S), (-62_135_596_800, 253_402_300_799), (NOW_S - 30 * 86_400, NOW_S))),
    *(f"/api/v2/logs/events?filter[query]={search}&filter[from]=0001-01-01T00:00:00Z&filter[to]=9999-12-31T23:59:59Z"
      for search in (_DEEP, "*a" * 2_000 + "b", "@a:[1 TO", "@a:>" + _NINES, "NOT " * 500 + "a", "@" + "a." * 500 + ":1")),
    f"/api/v1/monitor/search?query={_DEEP}",
    f"/api/v1/monitor/search?query={'*a' * 2_000}",
    f"/api/v1/monitor/can_delete?monitor_ids={_NINES}",
    f"/api/v1/search?q=metrics:{'*a' * 2_000}",
    f"/api/v2/metrics?filter[tags]={_DEEP}",
    f"/api/monitors/{_NINES}/evaluations",
    "/api/monitors/1/evaluations?from=1970-01-01T00:00:00Z&to=2099-12-31T23:59:59Z&limit=5000",
)  # fmt: skip
HOSTILE_BODIES = (
    b"", b"null", b"[]", b'"a"', b"{", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'{"name":NaN}', b'{"data":Infinity}',
    b'{"name":"\\ud800","type":"metric"}', b'{"data":' + b"9" * 5_000 + b"}", b'{"priority":1e400}',
    b'{"name":"' + b"x" * 2_000_000 + b'"}', b'{"a":1,"a":2}',
)  # fmt: skip
