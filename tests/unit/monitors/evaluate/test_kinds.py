"""Each other kind of monitor over data in memory: events, formulas, checks, anomalies, outliers, forecasts, and what is not kept."""

import math
from typing import Any

import pytest

from lrcp.model.event import ServiceCheck
from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.prepare import KINDS, kind_of
from lrcp.monitors.state.step import overall_state
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.monitor.parser import parse_monitor_query
from tests.unit.monitors.drive import Drive, count, define, every, gauge


def log(at_s: float, service: str = "shop", status: str = "info", **attributes: Any) -> dict[str, Any]:
    return {"time_ns": int(at_s * 1e9), "service": service, "status": status, "message": "m", "attributes": attributes}


def logs(*records: dict[str, Any]) -> MemoryEvents:
    return MemoryEvents({"logs": records})


# --- events ---


def test_logs_are_counted_by_group() -> None:
    events = logs(*(log(at, "a", "error") for at in (10, 20, 30)), log(40, "b", "error"), log(50, "c", "info"))
    query = 'logs("status:error").index("main").rollup("count").by("service").last("5m") > 2'
    result = Drive(define(query, "log alert"), events=events).at(300)
    assert [(one.group, one.state.name, one.value) for one in result.evaluations] == [
        ("service:a", "ALERT", 3), ("service:b", "OK", 1),
    ]  # fmt: skip
    assert result.evaluations[0].reason == "3 > 2 critical: count of logs in the last 5 minutes"


def test_a_measure_is_aggregated_and_its_last_state_kept_without_events() -> None:
    events = logs(*(log(at, took=value) for at, value in ((10, 100), (20, 300))))
    drive = Drive(define('logs("*").rollup("avg", "@took").last("5m") > 150', "log alert"), events=events)
    assert drive.at(300).evaluations[0].value == 200
    assert drive.through(310, 900, 10) == []
    assert drive.state() is State.ALERT


def test_a_counting_monitor_recovers_when_nothing_comes_any_more() -> None:
    events = logs(*(log(at, "a") for at in (10, 20, 30)))
    drive = Drive(define('logs("*").rollup("count").by("service").last("5m") > 2', "log alert"), events=events)
    assert drive.through(60, 600) == ["60 service:a alert+", "360 service:a recovery+"]


def test_nothing_ever_logged_is_below() -> None:
    drive = Drive(define('logs("*").rollup("count").last("5m") < 1', "log alert"), events=logs())
    assert drive.through(60, 120) == ["60 * alert+"]


def test_no_events_are_no_data_where_that_is_asked_for() -> None:
    monitor = define('logs("*").rollup("count").last("5m") > 2', "log alert", on_missing_data="show_and_notify_no_data")
    drive = Drive(monitor, events=logs(log(10), log(900)))
    assert drive.through(60, 960) == ["360 * no_data+", "960 * no_data_recovery+"]


def test_below_by_group_waits_until_all_are_silent() -> None:
    events = logs(*(log(at, "a") for at in range(0, 300, 10)), *(log(at, "b") for at in range(0, 900, 10)))
    drive = Drive(define('logs("*").rollup("count").by("service").last("5m") < 5', "log alert"), events=events)
    assert drive.through(300, 1300, 10) == ["560 service:a alert+", "1160 service:b alert+"]


# --- formulas ---


def variable(name: str, search: str, by: str = "", source: str = "logs", **compute: Any) -> dict[str, Any]:
    groups = [{"facet": by, "limit": 10, "sort": {"aggregation": "count"}}] if by else []
    return {
        "name": name, "data_source": source, "search": {"query": search}, "indexes": ["*"], "group_by": groups,
        "compute": compute or {"aggregation": "count"},
    }  # fmt: skip


def test_a_formula_divides_events_and_a_group_without_errors_has_none() -> None:
    events = logs(
        *(log(at, "a", "error" if at < 30 else "info") for at in range(0, 100, 10)),
        *(log(at, "b") for at in range(0, 100, 10)),
    )
    variables = [variable("query1", "*", "service"), variable("query2", "status:error", "service")]
    monitor = define('formula("query2 / query1 * 100").last("15m") >= 20', "log alert", variables=variables)
    result = Drive(monitor, events=events).at(900)
    assert [(one.group, one.state.name, one.value) for one in result.evaluations] == [
        ("service:a", "ALERT", 30), ("service:b", "OK", 0),
    ]  # fmt: skip


def test_a_formula_takes_metrics() -> None:
    series = [count("errors", every(60, 0, [1.0] * 5)), count("hits", every(60, 0, [10.0] * 5))]
    variables = [
        {"name": "a", "data_source": "metrics", "query": "sum:errors{*}.as_count()"},
        {"name": "b", "data_source": "metrics", "query": "sum:hits{*}.as_count()"},
    ]
    monitor = define('formula("a / b * 100").rollup("sum").last("5m") > 9', variables=variables)
    assert Drive(monitor, series=series).at(300).evaluations[0].value == pytest.approx(10)


def test_a_formula_of_data_that_is_not_kept_says_so() -> None:
    monitor = define('formula("q").last("5m") > 9', "rum alert", variables=[variable("q", "*", source="rum")])
    result = Drive(monitor).at(300)
    assert (result.state, result.transitions) == (State.UNKNOWN, ())
    assert result.error.startswith("nothing of kind rum is stored here")


@pytest.mark.parametrize(
    ("type", "query", "why"),
    [
        ("process alert", 'processes("web").over("*").rollup("count").last("10m") > 1', "nothing of kind processes"),
        ("rum alert", 'rum("*").rollup("count").last("5m") > 1', "nothing of kind rum"),
        ("cost alert", 'formula("exclude_null(query1)").last("7d").anomaly(direction="above", threshold=10) >= 5', "cost alert"),
        ("data-jobs alert", 'formula("failed_runs(run_query)").by(job_name,workspace_name).last(10d) > 0', "data-jobs alert"),
        ("error-tracking alert", 'error-tracking("*").source("all").new().rollup("count").last("5m") > 0', ".new()"),
        ("error-tracking alert", 'error-tracking("*").source("browser").new().by("@issue.id").last("5m") > 0', "browsers"),
        ("error-tracking alert", 'error-tracking("*").impact().rollup("count").by("@issue.id").last("5m") > 0', ".impact()"),
    ],
)  # fmt: skip
def test_what_is_not_kept_is_unknown_and_says_why(type: str, query: str, why: str) -> None:
    result = Drive(define(query, type)).at(600)
    assert result.state is State.UNKNOWN
    assert why in result.error


# --- service checks ---


def report(at_s: float, status: str, host: str = "a", tags: tuple[str, ...] = (), message: str = "") -> ServiceCheck:
    return ServiceCheck(time_ns=int(at_s * 1e9), check="up", status=status, host=host, tags=tags, message=message)


def check_drive(
    *statuses: str, query: str = '"up".over("*").by("host").last(4).count_by_status()', **options: Any
) -> Drive:
    checks = [report(10 * at, status, message=f"m{at}") for at, status in enumerate(statuses)]
    return Drive(define(query, "service check", **options), checks=checks)


def test_consecutive_statuses_decide() -> None:
    drive = check_drive(
        "ok", "critical", "critical", "warning", "critical", "critical", "critical", "ok", "ok", "warning", "warning",
        thresholds={"critical": 3, "warning": 2, "ok": 2},
    )  # fmt: skip
    assert drive.through(10, 120, 10) == ["70 host:a alert+", "90 host:a recovery+", "110 host:a warning+"]
    assert drive.at(130).evaluations[0].reason == "the last 2 statuses are warning: m10"


def test_unknown_counts_only_where_it_is_configured_and_never_overall() -> None:
    quiet = check_drive("ok", "unknown", "unknown")
    assert quiet.through(10, 60, 10) == []
    drive = check_drive("ok", "unknown", "unknown", "ok", thresholds={"unknown": 2})
    assert drive.through(10, 30, 10) == ["30 host:a unknown+"]
    assert (drive.state("host:a"), overall_state(drive.states[1].values())) == (State.UNKNOWN, State.OK)
    assert drive.through(40, 60, 10) == ["40 host:a unknown_recovery+"]


def test_a_check_is_silent_for_a_day_before_there_is_no_data() -> None:
    drive = check_drive("ok", notify_no_data=True)
    assert drive.through(600, 25 * 3600, 600) == ["87000 host:a no_data+"]


def test_checks_by_tag_set_are_named_by_their_tags() -> None:
    checks = [report(10, "critical", "a", ("env:prod",)), report(10, "ok", "b", ("env:prod",))]
    drive = Drive(define('"up".over("env:prod").by("*").last(2).count_by_status()', "service check"), checks=checks)
    result = drive.at(60)
    assert [(one.group, one.state.name) for one in result.evaluations] == [
        ("env:prod,host:a", "ALERT"), ("env:prod,host:b", "OK"),
    ]  # fmt: skip


def test_a_cluster_alert_is_of_the_share_of_its_members() -> None:
    checks = [
        report(10, "critical" if at < 3 else "ok", f"h{at}", (f"dc:{'east' if at < 4 else 'west'}",)) for at in range(8)
    ]
    query = '"up".over("*").by("dc").last(2).pct_by_status()'
    result = Drive(define(query, "service check", thresholds={"critical": 50, "warning": 20}), checks=checks).at(60)
    assert [(one.group, one.state.name, one.value) for one in result.evaluations] == [
        ("dc:east", "ALERT", 75),
        ("dc:west", "OK", 0),
    ]


# --- algorithms ---


def test_an_anomaly_is_the_share_of_points_outside_the_band_and_recovers_by_its_own_window() -> None:
    calm = [10 + math.sin(at) for at in range(240)]
    points = every(60, 0, calm + [40.0] * 20 + calm)
    query = "avg(last_4h):anomalies(avg:x{*}, 'basic', 3, direction='above', alert_window='last_15m', interval=60) >= 1"
    windows = {"trigger_window": "last_15m", "recovery_window": "last_10m"}
    options = {"thresholds": {"critical": 1, "critical_recovery": 0}, "threshold_windows": windows}
    drive = Drive(define(query, **options), series=[gauge("x", points)])
    told = drive.through(200 * 60, 300 * 60)
    assert [one.split()[-1] for one in told] == ["alert+", "recovery+"]
    assert [int(one.split()[0]) // 60 for one in told] == [255, 270]
    assert drive.through(301 * 60, 310 * 60) == []


def test_too_little_history_for_a_band_is_skipped() -> None:
    query = "avg(last_4h):anomalies(avg:x{*}, 'basic', 3, alert_window='last_15m', interval=60) >= 1"
    drive = Drive(define(query), series=[gauge("x", every(60, 0, [1.0] * 5))])
    found = drive.at(300).evaluations[0]
    assert (found.state, found.value) == (State.SKIPPED, None)


def test_the_outlier_among_models() -> None:
    series = [
        gauge("latency", every(60, 0, [value + 0.01 * (at % 3) for at in range(30)]), f"model:{name}")
        for name, value in (("a", 1.0), ("b", 1.02), ("c", 0.99), ("d", 1.01), ("slow", 6.0))
    ]
    query = "avg(last_30m):outliers(avg:latency{*} by {model}, 'dbscan', 3) > 0"
    result = Drive(define(query), series=series).at(1800)
    assert [one.group for one in result.evaluations if one.state is State.ALERT] == ["model:slow"]
    assert result.evaluations[0].reason == "1 > 0 critical: 1 is an outlier among 5 in the last 30 minutes"


@pytest.mark.parametrize(
    "query",
    [
        "max(next_1w):forecast(avg:x{*}BY, 'seasonal', 1, interval='60m', seasonality='weekly') >= 2",
        "max(next_1w):forecast(avg:x{*}BY, 'linear', 1, interval='60m') >= 2",
        "avg(last_4h):anomalies(avg:x{*}BY, 'agile', 3, alert_window='last_15m', interval=60, seasonality='daily') >= 1",
        "avg(last_4h):anomalies(avg:x{*}BY, 'robust', 3, alert_window='last_15m', interval=60) >= 1",
        "avg(last_4h):anomalies(avg:x{*}BY, 'basic', 3, alert_window='last_15m', interval=60) >= 1",
        "avg(last_30m):outliers(avg:x{*} by {host}, 'dbscan', 3) > 0",
        "avg(last_30m):outliers(avg:x{*} by {host}, 'scaledmad', 3, 20) > 0",
    ],
)
@pytest.mark.parametrize("by", ["", " by {host}"])
def test_algorithms_of_a_metric_that_nobody_sends_have_no_data(query: str, by: str) -> None:
    result = Drive(define(query.replace("BY", by))).at(1_700_000_000)
    assert (result.state, result.error) == (State.SKIPPED, "")


def test_a_forecast_alerts_before_it_happens() -> None:
    day = 86_400
    points = every(3600, 0, [50 + at * 0.5 for at in range(7 * 24)])  # 134 at the end, 218 a week on
    query = "max(next_1w):forecast(avg:disk{*}, 'linear', 1, interval='60m', history='1w') >= 200"
    drive = Drive(define(query), series=[gauge("disk", points)])
    found = drive.at(7 * day).evaluations[0]
    assert (found.state.name, round(found.value or 0)) == ("ALERT", 218)
    assert found.reason.endswith("max of the forecast for the next 7 days")


def test_each_kind_has_a_row() -> None:
    queries = {
        "threshold": ("query alert", "avg(last_5m):avg:x{*} > 1"),
        "anomalies": (
            "query alert",
            "avg(last_4h):anomalies(avg:x{*}, 'basic', 3, alert_window='last_15m', interval=60) >= 1",
        ),
        "outliers": ("query alert", "avg(last_30m):outliers(avg:x{*} by {a}, 'dbscan', 3) > 0"),
        "forecast": ("query alert", "max(next_1w):forecast(avg:x{*}, 'linear', 1, interval='60m') >= 1"),
        "events": ("log alert", 'logs("*").rollup("count").last("5m") > 1'),
        "formula": ("log alert", 'formula("q").last("5m") > 1'),
        "check": ("service check", '"up".over("*").last(1).count_by_status()'),
        "slo": ("slo alert", 'error_budget("id").over("7d") > 75'),
        "composite": ("composite", "1 && 2"),
    }
    assert queries.keys() == KINDS.keys()
    assert {name: kind_of(parse_monitor_query(*given)) for name, given in queries.items()} == {
        name: name for name in KINDS
    }
