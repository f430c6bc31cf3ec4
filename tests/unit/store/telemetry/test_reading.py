"""Scans are put together into the fewest statements, and none reads much more than was asked for."""

from lrcp.query.metric.ast import Everything, TagMatch
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import SeriesScan
from lrcp.store.telemetry.source.reading import METRICS_A_STATEMENT, Part, join_spans, plan_readings

WEEK_S = 7 * 86_400
T0 = 1_790_000_040  # a multiple of 60


def scan(metric: str, start_s: int, step_s: int, count: int, env: str = "") -> SeriesScan:
    return SeriesScan(metric, TagMatch("env", env) if env else Everything(), Grid(start_s, step_s, count))


def test_scans_of_one_step_are_one_statement_whatever_their_scopes_and_metrics() -> None:
    scans = [scan(metric, T0, 60, 5, env) for metric in ("a", "b") for env in ("", "prod", "dev")]
    (reading,) = plan_readings([*scans, scan("c", T0 - 600, 60, 15)])
    assert (reading.step_s, reading.phase_s) == (60, 0)
    assert reading.parts == (Part(T0 - 600, T0 + 300, ("c",)), Part(T0, T0 + 300, ("a", "b")))


def test_other_steps_and_phases_are_statements_of_their_own() -> None:
    scans = [scan("a", T0, 60, 5), scan("a", T0 + 10, 60, 5), scan("a", T0, 10, 30)]
    assert sorted((one.step_s, one.phase_s) for one in plan_readings(scans)) == [(10, 0), (60, 0), (60, 10)]


def test_what_lies_a_week_apart_is_not_read_in_between() -> None:
    (reading,) = plan_readings([scan("a", T0, 60, 5), scan("a", T0 - WEEK_S, 60, 5)])
    assert reading.parts == (
        Part(T0 - WEEK_S, T0 - WEEK_S + 300, ("a",)),
        Part(T0, T0 + 300, ("a",)),
    )
    assert reading.metrics == ("a",)


def test_spans_that_overlap_or_lie_close_are_one() -> None:
    assert join_spans([(0, 10), (5, 20), (30, 40), (100, 110)]) == [(0, 40), (100, 110)]


def test_a_statement_names_a_bounded_number_of_metrics() -> None:
    readings = plan_readings(scan(f"m{i}", T0, 60, 1) for i in range(METRICS_A_STATEMENT + 1))
    assert [len(one.metrics) for one in readings] == [METRICS_A_STATEMENT, 1]
