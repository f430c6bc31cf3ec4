"""Threshold monitors over points in memory: windows, changes, full windows, thresholds that are queries."""

import pytest

from lrcp.model.monitor_state import State
from lrcp.query.errors import QueryError
from lrcp.query.memory.series import MemorySeries
from tests.unit.monitors.drive import Drive, count, define, every, gauge


def test_the_window_ends_before_the_evaluation() -> None:
    drive = Drive(define("max(last_5m):max:x{*} > 1"), series=[gauge("x", {600: 5})])
    assert [drive.at(at).state.name for at in (600, 610, 900, 910)] == ["SKIPPED", "ALERT", "ALERT", "ALERT"]
    assert drive.at(920).evaluations[0].reason.startswith("no data in the window")


def test_v13_a_change_in_percent() -> None:
    points = every(60, 0, [2.0] * 5 + [4.0] * 5)
    drive = Drive(define("pct_change(avg(last_5m),last_5m):avg:x{*} > 99"), series=[gauge("x", points)])
    (found,) = drive.at(600).evaluations
    assert (found.state, found.value) == (State.ALERT, 100.0)
    assert (
        found.reason
        == "100 > 99 critical: average of the change against 5 minutes earlier in percent of the last 5 minutes"
    )


def test_a_change_may_be_downwards() -> None:
    points = every(60, 0, [9.0] * 5 + [4.0] * 5)
    drive = Drive(define("change(avg(last_5m),5m_ago):avg:x{*} < -4"), series=[gauge("x", points)])
    assert drive.at(600).evaluations[0].value == -5


def test_v1_with_as_count_the_window_is_summed_first() -> None:
    series = [
        count("errors", every(60, 0, [1.0, 2, 3, 4, 5])), count("total", every(60, 0, [5.0] * 5)),
    ]  # fmt: skip
    query = "sum(last_5m):sum:errors{*}.as_count() / sum:total{*}.as_count() > 0.5"
    assert Drive(define(query), series=series).at(300).evaluations[0].value == pytest.approx(0.6)
    query = "sum(last_5m):sum:errors{*}.as_rate() / sum:total{*}.as_rate() > 0.5"
    assert Drive(define(query), series=series).at(300).evaluations[0].value == pytest.approx(3)


@pytest.mark.parametrize(
    ("points", "full"),
    [
        ([1.0] * 12, True),
        ([None] + [1.0] * 11, False),
        ([1.0] * 4 + [None] * 3 + [1.0] * 5, True),
        ([1.0] * 3 + [None] * 5 + [1.0] * 4, False),
    ],
)
def test_v6_a_full_window(points: list[float | None], full: bool) -> None:
    drive = Drive(
        define("avg(last_12m):avg:x{*} > 0.5", require_full_window=True), series=[gauge("x", every(60, 0, points))]
    )
    (found,) = drive.at(720).evaluations
    assert found.state is (State.ALERT if full else State.SKIPPED)
    if not full:
        assert "and the full window is required" in found.reason


def test_the_reason_of_a_partial_window_counts_its_buckets() -> None:
    drive = Drive(
        define("avg(last_5m):avg:x{*} > 0", require_full_window=True),
        series=[gauge("x", every(60, 0, [None, None, 1, 1, 1]))],
    )
    assert drive.at(300).evaluations[0].reason == (
        "skipped: 2 of 5 buckets are empty, the first among them, and the full window is required; not evaluated yet"
    )


def test_a_threshold_may_be_a_query() -> None:
    series = [
        gauge("used", every(60, 0, [70.0] * 5), "host:a"), gauge("used", every(60, 0, [70.0] * 5), "host:b"),
        gauge("limit", every(60, 0, [60.0] * 5), "host:a"), gauge("limit", every(60, 0, [80.0] * 5), "host:b"),
    ]  # fmt: skip
    query = "avg(last_5m):avg:used{*} by {host} > threshold"
    monitor = define(query, thresholds={"critical_query": "avg:limit{*} by {host}"})
    result = Drive(monitor, series=series).at(300)
    assert [(one.group, one.state.name) for one in result.evaluations] == [("host:a", "ALERT"), ("host:b", "OK")]
    assert result.transitions[0].threshold == 60


def test_v16_rule_16_a_percentile_is_of_the_whole_window() -> None:
    values = [1.0] * 90 + [100.0] * 10
    series = [MemorySeries("latency", "distribution", (), [3.0 * at for at in range(100)], values)]
    found = Drive(define("percentile(last_5m):p95:latency{*} > 50"), series=series).at(300).evaluations[0]
    assert found.value == pytest.approx(100, rel=0.02)
    assert found.reason.endswith("percentile of the last 5 minutes")


def test_series_that_miss_a_key_are_not_monitored() -> None:
    series = [gauge("x", every(60, 0, [5.0] * 5), "host:a"), gauge("x", every(60, 0, [5.0] * 5), "env:prod")]
    result = Drive(define("avg(last_5m):avg:x{*} by {host} > 1"), series=series).at(300)
    assert [one.group for one in result.evaluations] == ["host:a"]


def test_a_count_without_points_is_zero_by_default_and_a_gauge_is_not() -> None:
    counted = "sum(last_1m):sum:hits{*}.as_count() < 1"
    series = [count("hits", every(10, 0, [1.0] * 6)), gauge("x", every(10, 0, [5.0] * 6))]
    drive = Drive(define(counted, on_missing_data="default"), series=series)
    drive.tick(60)
    assert drive.through(120, 180) == ["120 * alert+"]
    drive = Drive(
        define("sum(last_1m):default_zero(sum:hits{*}.as_count()) < 1", on_missing_data="default"), series=series
    )
    drive.tick(60)
    assert drive.through(120, 180) == []
    drive = Drive(define("avg(last_1m):avg:x{*} < 1", on_missing_data="default"), series=series)
    drive.tick(60)
    assert drive.through(120, 180) == []


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("avg(last_5m):avg:x{*} >", {}),
        ("avg(last_5m):avg:x{*} > 5", {"thresholds": {"critical": 6}}),
        ("avg(last_5m):avg:x{*} > threshold", {}),
        ("logs(\"*\").rollup(\"count\").last(\"5m\") > 5", {}),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_before_it_is_evaluated(query: str, options: dict[str, object]) -> None:
    with pytest.raises(QueryError):
        Drive(define(query, **options))


def test_a_cumulative_window_starts_anew_with_its_hour() -> None:
    drive = Drive(
        define("sum(current_1h):sum:cost{*}.as_count() > 50"), series=[count("cost", every(60, 0, [1.0] * 180))]
    )
    assert drive.through(600, 3 * 3600, 60) == [
        "3060 * alert+", "3660 * recovery+", "6660 * alert+", "7260 * recovery+", "10260 * alert+",
    ]  # fmt: skip
