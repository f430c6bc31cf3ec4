"""Definitions of monitors to be changed at random, and points, spans and checks that they find something in."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from lrcp.datadog.errors import Refusal
from lrcp.datadog.monitors.checks import check_definition
from lrcp.datadog.monitors.definition import new_definition
from lrcp.model.event import CHECK_STATUSES, ServiceCheck
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.query.memory.series import MemorySeries
from tests.contract.source.event_corpus import SPAN_S, START_S
from tests.fuzz.mutation import mutated, mutated_value
from tests.support.query_cases import PARTS, read_query_cases

NOW_S = START_S + SPAN_S
"""Behind the records of the corpus; a multiple of 10."""
_CASES = Path(__file__).parents[1] / "spec" / "query"
_SECTIONS = ("metric.test", "events.test", "other.test")
HOSTILE = (
    "avg(last_1mo):avg:x{*} by {host}.rollup(avg, 1) > 1",
    "avg(last_5m):avg:x{*}.rollup(avg, 999999999999) > 1",
    "avg(last_1w):avg:x{*}.rollup(sum, daily, '../../etc/passwd') > 1",
    "avg(last_5m):moving_rollup(avg:x{*}, 999999999, 'avg') > 1",
    "avg(last_5m):timeshift(avg:x{*}, -99999999999999) > 1",
    "avg(last_5m):calendar_shift(avg:x{*}, '-99999y', 'UTC') > 1",
    "avg(last_5m):" + "+".join(["p99:x{*} by {host}"] * 99) + " > 1",
    "avg(last_5m):" + "timeshift(" * 30 + "avg:x{*}" + ", -3600)" * 30 + " > 1",
    "avg(last_5m):avg:x{" + " AND ".join(["a:*b*"] * 1500) + "} > 1",
    "avg(last_5m):avg:x{*} by {" + ",".join(f"k{number}" for number in range(3000)) + "} > 1",
    "avg(last_5m):log10(avg:x{*} - avg:x{*}) / 0 > 1",
    "sum(last_1mo):count(v: v>0.5):x{*} by {host}.rollup(10) > 1",
    "percentile(last_1mo):p99:x{*} by {host} > 1",
    "avg(last_1mo):anomalies(avg:x{*} by {host}, 'robust', 2, interval=1, alert_window='last_15m') >= 1",
    "avg(last_4h):anomalies(avg:x{*}, 'agile', 1e300, alert_window='last_15m', seasonality='weekly') >= 1",
    "max(next_3mo):forecast(avg:x{*} by {host}, 'seasonal', 1, interval='1m', seasonality='weekly') >= 1",
    "avg(last_1d):outliers(avg:x{*} by {host}, 'scaledDBSCAN', 1e300, 99) > 0",
    "avg(last_1h):robust_trend(piecewise_constant(trend_line(ewma_20(median_9(avg:x{*}))))) > 1",
    "avg(last_5m):top(avg:x{*} by {host}, 999999999, 'l2norm', 'desc') > 1",
)
"""Queries that ask for a great deal, or for nothing that there is."""
OPTIONS: dict[str, Any] = {
    "thresholds": {"critical": 5, "warning": 4, "critical_recovery": 3, "warning_recovery": 2},
    "threshold_windows": {"trigger_window": "last_15m", "recovery_window": "last_15m"},
    "on_missing_data": "show_and_notify_no_data",
    "no_data_timeframe": 10,
    "require_full_window": True,
    "evaluation_delay": 60,
    "new_group_delay": 60,
    "renotify_interval": 10,
    "renotify_occurrences": 3,
    "renotify_statuses": ["alert", "no data"],
    "timeout_h": 1,
    "group_retention_duration": "2h",
    "notify_by": ["host"],
    "silenced": {"*": None, "host:a": NOW_S + 60},
    "scheduling_options": {
        "evaluation_window": {"day_starts": "04:00", "month_starts": 1, "timezone": "Europe/Berlin"},
        "custom_schedule": {"recurrences": [{"rrule": "FREQ=DAILY;INTERVAL=1", "timezone": "UTC"}]},
    },
    "variables": [
        {"name": "query1", "data_source": "logs", "search": {"query": "*"}, "compute": {"aggregation": "count"}},
        {"name": "query2", "data_source": "metrics", "query": "avg:x{*} by {host}"},
    ],
}


def _queries() -> list[tuple[str, bytes]]:
    """(type, query) of the case files, and hostile ones. SLO alerts need an SLO: they are not among them."""
    cases = (case for name in _SECTIONS for case in read_query_cases(_CASES / name))
    found = [(case.section, case.query.encode()) for case in cases if case.section not in {*PARTS, "slo alert"}]
    return found + [("query alert", query.encode()) for query in HOSTILE]


def accepted_monitors(count: int, random: Random) -> Iterator[Monitor]:
    """Monitors that the API takes, out of `count` that are changed at random; their ids are numbers from 1."""
    seeds = _queries()
    texts = [query for _, query in seeds]
    for number in range(count):
        type, seed = random.choice(seeds)
        query = seed if random.random() < 0.5 else mutated(seed, texts, random)
        body = {"type": type, "query": query.decode("utf-8", "replace"), "options": _options(random)}
        if monitor := _accept(body, number + 1):
            yield monitor


def _options(random: Random) -> dict[str, Any]:
    """Some of them, mostly as they should be; thresholds seldom, as they must be those of the query."""
    some = random.sample(sorted(set(OPTIONS) - {"thresholds"}), random.randint(0, 4))
    options = {name: OPTIONS[name] for name in (*some, "variables")}
    if random.random() < 0.1:
        options["thresholds"] = OPTIONS["thresholds"]
    changed = mutated_value(options, random) if random.random() < 0.6 else options
    return changed if isinstance(changed, dict) else options


def _accept(body: dict[str, Any], id: int) -> Monitor | None:
    try:
        document = new_definition(body)
        check_definition(document, id=id)
    except Refusal:
        return None
    return parse_monitor(document, id=id)


def series() -> list[MemorySeries]:
    """A day of the metric `x` of some hosts in every type, and values that are hard to calculate with."""
    random, times = Random(5), range(NOW_S - 86_400, NOW_S, 60)
    values = [random.choice((0.0, 1.0, -1.0, 1e300, -1e300, 5e-324, 7.5)) for _ in times]
    plain = [random.gauss(50, 5) for _ in times]
    made = [MemorySeries("x", "gauge", (f"host:{host}", "env:prod"), times, plain) for host in "abcde"]
    made += [
        MemorySeries("x", "distribution", ("host:a", "model:m"), times, values),
        MemorySeries("x", "count", (), times, values),
    ]
    made += [MemorySeries("x", type, ("host:z",), times, values) for type in ("gauge", "rate")]
    made.append(
        MemorySeries("llm.request.duration", "distribution", ("model:m", "service:s", "env:prod"), times, plain)
    )
    return made


def checks() -> list[ServiceCheck]:
    """Reports of a check that the case files ask for."""
    return [
        ServiceCheck(
            (NOW_S - number * 30 - 1) * 10**9,
            "datadog.agent.up",
            CHECK_STATUSES[number % 4],
            tags=(f"host:{number % 3}",),
        )
        for number in range(100)
    ]
