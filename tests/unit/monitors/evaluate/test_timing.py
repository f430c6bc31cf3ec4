"""Over which time an evaluation looks, and when there is one."""

from datetime import datetime
from typing import Any

import pytest

from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.evaluate.timing import look_back_of, timing_of
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import Window
from lrcp.query.scan.scans import SeriesScan
from tests.unit.monitors.drive import define

FIVE = Window("last", 5, "m")
DAY = 86_400


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


def times(at: str, window: Window, **options: Any) -> tuple[int, int]:
    return look_back_of(define("", **options), window).span(unix(at))


@pytest.mark.parametrize(
    ("delay", "since", "until"), [(0, "06:55", "07:00"), (300, "06:50", "06:55"), (900, "06:40", "06:45")]
)
def test_v16_the_evaluation_delay_moves_the_window(delay: int, since: str, until: str) -> None:
    day = "2026-11-20T"
    assert times(f"{day}07:00:00", FIVE, evaluation_delay=delay) == (unix(f"{day}{since}"), unix(f"{day}{until}"))


def test_times_are_multiples_of_ten_seconds() -> None:
    start_s, end_s = look_back_of(define("", evaluation_delay=7), FIVE).span(1_000_003)
    assert (end_s, end_s - start_s) == (999_990, 300)


@pytest.mark.parametrize(
    ("unit", "at", "since", "window"),
    [
        ("h", "2026-11-20T07:20:00", "2026-11-20T07:00:00", {}),
        ("h", "2026-11-20T07:20:00", "2026-11-20T06:30:00", {"hour_starts": 30}),
        ("h", "2026-11-20T08:00:00", "2026-11-20T07:00:00", {}),
        ("d", "2026-11-20T07:20:00", "2026-11-20T00:00:00", {}),
        ("d", "2026-11-20T07:20:00", "2026-11-19T13:00:00", {"day_starts": "13:00"}),
        ("d", "2026-11-20T07:20:00", "2026-11-19T23:00:00", {"day_starts": "00:00", "timezone": "Europe/Berlin"}),
        ("mo", "2026-11-20T07:20:00", "2026-11-01T00:00:00", {}),
        ("mo", "2026-11-20T07:20:00", "2026-10-25T00:00:00", {"month_starts": 25}),
        ("mo", "2026-12-01T00:00:00", "2026-11-01T00:00:00", {}),
    ],
)
def test_a_cumulative_window_begins_at_its_reset(unit: str, at: str, since: str, window: dict[str, Any]) -> None:
    options = {"scheduling_options": {"evaluation_window": window}}
    assert times(at, Window("current", 1, unit), **options) == (unix(since), unix(at))


@pytest.mark.parametrize(
    "window",
    [{"hour_starts": 61}, {"day_starts": "25:00"}, {"day_starts": "noon"}, {"month_starts": 31}, {"timezone": "Mars"}],
)
def test_a_reset_that_is_none_is_refused(window: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match="evaluation_window"):
        look_back_of(define("", scheduling_options={"evaluation_window": window}), FIVE)


@pytest.mark.parametrize(
    ("window", "interval_s"),
    [("5m", 10), ("23h", 10), ("1d", 600), ("47h", 600), ("2d", 1800), ("1mo", 1800)],
)
def test_longer_windows_are_evaluated_less_often(window: str, interval_s: int) -> None:
    assert prepare(define(f"avg(last_{window}):avg:x{{*}} > 1"), {}).timing.interval_s == interval_s


def test_an_anomaly_is_evaluated_once_an_interval_whatever_its_window() -> None:
    query = "avg(last_1w):anomalies(avg:x{*}, 'basic', 2, direction='above', alert_window='last_15m', interval=60) >= 1"
    assert prepare(define(query), {}).timing.interval_s == 60


@pytest.mark.parametrize(
    ("arguments", "interval_s"),
    [
        ("'agile', 2, alert_window='last_15m', interval=60, seasonality='daily'", 60),
        ("'agile', 2, alert_window='last_15m', interval=20, seasonality='daily'", 60),
        ("'agile', 2, alert_window='last_15m', interval=60, seasonality='weekly'", 180),
        ("'robust', 2, alert_window='last_1h'", 180),
        ("'robust', 2, alert_window='last_5m', interval=60", 60),
        ("'robust', 2, alert_window='last_1d', interval=3600, seasonality='weekly'", 3600),
        ("'basic', 2, alert_window='last_5m', interval=10", 10),
    ],
)
def test_a_history_of_very_many_points_is_read_more_coarsely_where_the_alert_window_allows(
    arguments: str, interval_s: int
) -> None:
    one = prepare(define(f"avg(last_1d):anomalies(avg:x{{*}}, {arguments}) >= 1"), {})
    assert one.timing.interval_s == interval_s
    (scan,) = one.scans(1_800_000_000)
    assert isinstance(scan, SeriesScan)
    assert scan.grid.step_s == interval_s


@pytest.mark.parametrize(
    ("window", "more", "interval_s"),
    [
        ("12h", "", 180),
        ("12h", ", interval='1h'", 3600),
        ("1w", ", interval='60m'", 3600),
        ("1w", ", interval='5m'", 1800),
    ],
)
def test_a_forecast_waits_for_the_next_point_of_its_history(window: str, more: str, interval_s: int) -> None:
    query = f"max(next_{window}):forecast(avg:x{{*}}, 'linear', 1{more}) >= 90"
    assert prepare(define(query), {}).timing.interval_s == interval_s


@pytest.mark.parametrize(
    ("at_s", "evaluated_s", "due"),
    [(600, None, True), (600, 0, True), (590, 0, False), (1190, 600, False), (1210, 600, True), (0, 600, True)],
)
def test_due_once_in_each_interval_and_what_was_missed_once(at_s: int, evaluated_s: int | None, due: bool) -> None:
    assert timing_of(define(""), 600).is_due(at_s, evaluated_s) is due


def schedule(rule: str, **more: str) -> dict[str, Any]:
    return {"custom_schedule": {"recurrences": [{"rrule": rule, **more}]}}


def test_a_custom_schedule_says_when() -> None:
    options = schedule("FREQ=DAILY;INTERVAL=1", start="2026-11-01T09:00:00", timezone="Europe/Berlin")
    timing = timing_of(define("", scheduling_options=options), 10)
    nine = unix("2026-11-20T08:00:00")
    assert timing.is_due(nine, nine - DAY)
    assert not timing.is_due(nine - 10, nine - DAY)
    assert not timing.is_due(nine + 10, nine)
    assert timing.is_due(nine + 3600, nine - DAY), "a run that was missed is made up for"
    assert timing.is_due(nine, None)
    assert not timing.is_due(nine + 20, None)


@pytest.mark.parametrize(
    "custom",
    [
        {"recurrences": [{}]},
        {"recurrences": [{"rrule": "FREQ=NEVER"}]},
        {"recurrences": [{"rrule": "FREQ=HOURLY"}]},
        {"recurrences": [{"rrule": "FREQ=DAILY;BYHOUR=6,18"}]},
        {"recurrences": [{"rrule": "FREQ=DAILY", "start": "soon"}]},
        {"recurrences": [5]},
        {"recurrences": 5},
        [{"rrule": "FREQ=DAILY"}],
    ],
)
def test_a_schedule_that_is_none_is_refused(custom: object) -> None:
    with pytest.raises(QueryError, match="custom_schedule"):
        timing_of(define("", scheduling_options={"custom_schedule": custom}), 10)
