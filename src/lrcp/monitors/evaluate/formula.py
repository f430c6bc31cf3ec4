"""Formula monitors: arithmetic over the queries of options.variables, events and metrics. Source: DATADOG.md 3.3."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.events import COUNTED
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts, Unanswerable
from lrcp.monitors.evaluate.threshold import counts, skip_unsure, widest_keys
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation, spell_cut
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.series import SeriesSet
from lrcp.query.compute.windows import whole_window
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Call, Expression, Negation, Variable
from lrcp.query.metric.parser import parse_expression
from lrcp.query.metric.walk import metric_queries_in, nodes_in, queries_in
from lrcp.query.monitor.ast import Comparison, FormulaMonitorQuery
from lrcp.query.monitor.check import check_variables
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan, Scan
from lrcp.query.search.facets import find_source
from lrcp.query.search.parser import parse_search

_EVENT_SOURCES: Final = {
    "logs": "logs",
    "spans": "trace-analytics",
    "events": "events",
    "llm_observability": "llm-observability",
    "rum": "rum",
    "ci_pipelines": "ci-pipelines",
    "ci_tests": "ci-tests",
    "audit": "audits",
    "database_queries": "database-monitoring",
    "network": "network-performance",
    "network_path": "network-path",
}
"""Data source of a variable -> source of a scan."""


@dataclass(frozen=True, slots=True)
class FormulaObserver:
    """events: the scan of each event variable by name, on an empty grid. expression: metric variables are put into it."""

    expression: Expression
    events: tuple[tuple[str, EventScan], ...]
    reducer: str
    comparison: Comparison
    look_back: LookBack
    zero_when_missing: bool
    needs_full_window: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the variable with the most of them."""
        return max((widest_keys(self.expression), *(scan.by for _, scan in self.events)), key=len)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """One for each event variable, and those of the metrics."""
        start_s, end_s = self.look_back.span(at_s)
        metrics = plan_reduction(self.expression, start_s, end_s, self.reducer)
        return metrics | {replace(scan, grid=whole_window(start_s, end_s)) for _, scan in self.events}

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """One value a group."""
        start_s, end_s = self.look_back.span(at_s)
        grid = whole_window(start_s, end_s)
        variables = self._variables(grid, answers)
        reduced = reduce_expression(self.expression, start_s, end_s, self.reducer, answers, variables)
        observation = Observation(
            keys=reduced.keys,
            groups=reduced.groups,
            data=reduced.filled > 0,
            values=reduced.values,
            comparison=self.comparison,
            family="event" if self.events else "metric",
            meaning=f"the formula over the last {spell_duration(end_s - start_s)}",
            window_s=end_s - start_s,
            zero_when_missing=self.zero_when_missing,
            note=spell_cut(reduced.cut),
        )
        skip_unsure(observation, reduced, self.needs_full_window, start_s, end_s)
        return observation

    def _variables(self, grid: Grid, answers: Answers) -> dict[str, SeriesSet]:
        """What the event queries say. A group that one of them has not counted is 0 there if another has."""
        blocks: dict[str, GroupBlock] = {}
        for name, scan in self.events:
            block = answers[replace(scan, grid=grid)]
            assert isinstance(block, GroupBlock)
            blocks[name] = block
        scans = dict(self.events)
        known: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for name, block in blocks.items():
            known.setdefault(scans[name].by, set()).update(_with_events(block))
        return {name: _as_series(scans[name], block, known[scans[name].by], grid) for name, block in blocks.items()}


def _with_events(block: GroupBlock) -> Iterator[tuple[str, ...]]:
    for group, value in zip(block.groups, block.values[:, 0].tolist(), strict=True):
        if value == value and value != 0:
            yield group


def _as_series(scan: EventScan, block: GroupBlock, known: set[tuple[str, ...]], grid: Grid) -> SeriesSet:
    """Nothing at all where no query of the same grouping has seen an event: that is no data, not 0."""
    values = dict(zip(block.groups, block.values[:, 0].tolist(), strict=True))
    missing = 0.0 if scan.aggregation in COUNTED else np.nan
    groups = sorted(known)
    column = np.array([[values.get(group, missing)] for group in groups], dtype=np.float64).reshape(len(groups), 1)
    return SeriesSet(grid, scan.by, groups, column, cut=block.cut)


def observe_formula(monitor: Monitor, query: FormulaMonitorQuery) -> Observer:
    """The observer of a formula; one that says why where a variable's data is not kept here.

    Raises: QueryError - a variable is missing or cannot be read.
    """
    given = {str(variable.get("name")): variable for variable in monitor.options.variables}
    names = [one.name for one in queries_in(query.expression) if isinstance(one, Variable)]
    refused = _refusal(monitor, query, [given[name] for name in names if name in given])
    if refused:
        return Unanswerable(refused, query.by)
    check_variables(query, given.keys())
    return _observer(monitor, query, {name: given[name] for name in dict.fromkeys(names)})


def _observer(monitor: Monitor, query: FormulaMonitorQuery, given: Mapping[str, Mapping[str, Any]]) -> FormulaObserver:
    metrics = {name: _metric(one) for name, one in given.items() if one.get("data_source") == "metrics"}
    events = tuple((name, _event(one)) for name, one in given.items() if name not in metrics)
    expression = substituted(query.expression, metrics)
    counted = all(scan.aggregation in COUNTED for _, scan in events)
    if metric_queries_in(expression):
        counted = counted and counts(expression)
    return FormulaObserver(
        expression=expression,
        events=events,
        reducer=query.rollup or "avg",
        comparison=query.comparison,
        look_back=look_back_of(monitor, query.window),
        zero_when_missing=counted and not _divides(expression),
        needs_full_window=bool(monitor.options.require_full_window),
    )


def _refusal(monitor: Monitor, query: FormulaMonitorQuery, variables: list[Mapping[str, Any]]) -> str:
    """Why a formula cannot be evaluated here, ''."""
    if monitor.type in ("cost alert", "data-jobs alert", "data-quality alert"):
        return f"nothing of what a {monitor.type} looks at is stored here"
    if query.anomaly is not None:
        # What its threshold and the number that it is compared with are in is not published, so no share would be right.
        return ".anomaly() of a formula is not evaluated here; anomalies() of a metric is"
    for variable in variables:
        source = variable.get("data_source")
        if source == "metrics":
            continue
        if source not in _EVENT_SOURCES:
            return f"a variable with the data source {str(source)[:60]!r} is not evaluated here"
        try:
            find_source(_EVENT_SOURCES[source])
        except InputError as error:
            return str(error)
    return ""


def _metric(variable: Mapping[str, Any]) -> Expression:
    if not isinstance(variable.get("query"), str):
        raise QueryError(f"the metric variable {variable.get('name')!r} has no query")
    return parse_expression(variable["query"])


def _event(variable: Mapping[str, Any]) -> EventScan:
    """Its grid is put in when the time is known."""
    name, search = variable.get("name"), variable.get("search") or {}
    compute, groups = variable.get("compute"), variable.get("group_by") or ()
    if not isinstance(compute, Mapping) or not isinstance(compute.get("aggregation"), str):
        raise QueryError(f"the variable {name!r} says no compute.aggregation")
    if not isinstance(search, Mapping) or not all(isinstance(one, Mapping) and one.get("facet") for one in groups):
        raise QueryError(f"search or group_by of the variable {name!r} cannot be read")
    limits = tuple(int(one.get("limit") or 0) for one in groups)
    return EventScan(
        source=_EVENT_SOURCES[variable["data_source"]],
        search=parse_search(str(search.get("query") or "")),
        aggregation=compute["aggregation"],
        measure=str(compute.get("metric") or ""),
        by=tuple(str(one["facet"]) for one in groups),
        grid=Grid(0, 10, 1),
        limits=limits if limits and all(limits) else (),
    )


def substituted(expression: Expression, metrics: Mapping[str, Expression]) -> Expression:
    """The formula with each metric variable's own expression in its place."""
    match expression:
        case Variable():
            return metrics.get(expression.name, expression)
        case Call():
            return replace(expression, arguments=tuple(substituted(one, metrics) for one in expression.arguments))
        case Negation():
            return Negation(substituted(expression.operand, metrics))
        case Arithmetic():
            left, right = substituted(expression.left, metrics), substituted(expression.right, metrics)
            return Arithmetic(expression.operator, left, right)
        case _:
            return expression


def _divides(expression: Expression) -> bool:
    return any(isinstance(one, Arithmetic) and one.operator == "/" for one in nodes_in(expression))
