"""What a query is checked against beside itself: its own id, the target of its SLO, variables, thresholds."""

import pytest

from lrcp.model.monitor import Thresholds
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import CompositeQuery, FormulaMonitorQuery, SloQuery
from lrcp.query.monitor.check import check_burn_rate, check_monitor_query, check_variables, references_in
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.monitor.thresholds import check_thresholds

BURN = 'burn_rate("id").over("30d").long_window("1h").short_window("5m") > {}'


def test_a_composite_cannot_name_itself() -> None:
    query = parse_monitor_query("composite", "12 && !7")
    check_monitor_query("composite", query, monitor_id=3)
    with pytest.raises(QueryError, match=r"cannot depend on itself(.|\n)*12 && !7\n         \^"):
        check_monitor_query("composite", query, monitor_id=7)


def test_a_composite_names_each_monitor_once() -> None:
    query = parse_monitor_query("composite", "5 && (3 || !5) || 4")
    assert isinstance(query, CompositeQuery)
    assert references_in(query.condition) == [5, 3, 4]


def test_ten_monitors_named_often_are_ten() -> None:
    ids = " || ".join(str(number) for number in range(1, 11))
    check_monitor_query("composite", parse_monitor_query("composite", f"({ids}) && !({ids})"))


@pytest.mark.parametrize(
    ("threshold", "target", "fits"),
    [(25, 0.96, True), (25.1, 0.96, False), (14.4, 0.999, True), (2, 0.5, True), (2.01, 0.5, False)],
)
def test_a_burn_rate_threshold_can_be_reached(threshold: float, target: float, fits: bool) -> None:
    query = parse_monitor_query("slo alert", BURN.format(threshold))
    assert isinstance(query, SloQuery)
    if fits:
        check_burn_rate(query, target)
    else:
        with pytest.raises(QueryError, match="is never above"):
            check_burn_rate(query, target)


def test_a_formula_takes_only_queries_that_exist() -> None:
    query = parse_monitor_query("log alert", 'formula("errors / hits").last("5m") > 1')
    assert isinstance(query, FormulaMonitorQuery)
    check_variables(query, {"errors", "hits", "other"})
    with pytest.raises(QueryError, match="there is no query 'hits'"):
        check_variables(query, {"errors"})


ABOVE = "avg(last_5m):avg:x{*} > 10"
BELOW = "avg(last_5m):avg:x{*} <= 10"
EQUAL = "avg(last_5m):avg:x{*} == 10"
KEYWORD = "avg(last_5m):avg:x{*} > threshold"
CHECK = '"a.check".by("*").last(3).count_by_status()'


@pytest.mark.parametrize(
    ("query", "thresholds"),
    [
        (ABOVE, Thresholds()),
        (ABOVE, Thresholds(critical=10)),
        (ABOVE, Thresholds(critical=10, warning=8, critical_recovery=9, warning_recovery=8)),
        (BELOW, Thresholds(critical=10, warning=12, critical_recovery=11, warning_recovery=13)),
        (EQUAL, Thresholds(critical=10)),
        (KEYWORD, Thresholds(critical_query="avg:y{*}")),
        (CHECK, Thresholds(critical=3, warning=1, ok=2)),
        ("1 && 2", Thresholds()),
    ],
)
def test_thresholds_that_fit_are_taken(query: str, thresholds: Thresholds) -> None:
    check_thresholds(parse_monitor_query(_type(query), query), thresholds)


@pytest.mark.parametrize(
    ("query", "thresholds", "reason"),
    [
        (ABOVE, Thresholds(critical=9), "the critical threshold is 9, the query compares with 10"),
        (ABOVE, Thresholds(critical=10, warning=10), "warning threshold 10 must be below the critical threshold 10"),
        (ABOVE, Thresholds(warning=11), "must be below"),
        (ABOVE, Thresholds(critical_recovery=11), "critical_recovery threshold 11 must be below"),
        (ABOVE, Thresholds(warning=8, warning_recovery=9), "warning_recovery threshold 9 must be below the warning"),
        (BELOW, Thresholds(warning=9), "must be above the critical threshold 10"),
        (BELOW, Thresholds(critical_recovery=9), "must be above"),
        (EQUAL, Thresholds(critical_recovery=9), "no meaning with =="),
        (KEYWORD, Thresholds(critical=10), "critical_query"),
        (CHECK, Thresholds(critical=4), "counts 1 to 3"),
        (CHECK, Thresholds(ok=0), "counts 1 to 3"),
    ],
)  # fmt: skip
def test_thresholds_that_contradict_the_query_or_each_other_are_refused(
    query: str, thresholds: Thresholds, reason: str
) -> None:
    with pytest.raises(QueryError, match=reason):
        check_thresholds(parse_monitor_query(_type(query), query), thresholds)


def _type(query: str) -> str:
    return {'"': "service check", "1": "composite"}.get(query[0], "query alert")
