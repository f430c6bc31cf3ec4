"""Checks of the query: what it can never find, finds always, or reads too early; names that nobody sends."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from lrcp.monitors.duration import spell_duration
from lrcp.monitors.lint.finding import Subject
from lrcp.monitors.lint.ranges import range_of
from lrcp.monitors.lint.trees import Found, algorithm_of, divides, metric_queries, rollup_s, scope_keys
from lrcp.query.metric.walk import calls_in
from lrcp.query.monitor.ast import Comparison, MetricMonitorQuery

_CLOUD: Final = re.compile(r"(aws|gcp|azure|oci)\.")
_CLOUD_DELAY_S: Final = 300


def reach(subject: Subject) -> Iterator[Found]:
    """Thresholds against what the query can give at all."""
    comparison: Comparison | None = getattr(subject.query, "comparison", None)
    span = range_of(subject.query)
    if comparison is None or comparison.threshold is None or span is None:
        return
    low, high, what = span
    threshold, operator = comparison.threshold, comparison.operator
    said = f"{what}, and is compared with {operator} {threshold:g}"
    never = {
        ">": threshold >= high, ">=": threshold > high, "<": threshold <= low, "<=": threshold < low,
        "==": not low <= threshold <= high,
    }  # fmt: skip
    ever = {">": threshold < low, ">=": threshold <= low, "<": threshold > high, "<=": threshold >= high}
    if never.get(operator, False):
        yield "unreachable", "$.query", said
    elif ever.get(operator, False):
        yield "always", "$.query", said


def rollups(subject: Subject) -> Iterator[Found]:
    """Explicit rollups against the window and the delay."""
    if not isinstance(subject.query, MetricMonitorQuery) or algorithm_of(subject) is not None:
        return
    delay_s = subject.monitor.options.evaluation_delay or 0
    for one in metric_queries(subject):
        step_s = rollup_s(one)
        if step_s and subject.query.window.seconds < step_s:
            yield (
                "window-shorter-than-rollup",
                "$.query",
                f"a window of {spell_duration(subject.query.window.seconds)} over buckets of {spell_duration(step_s)}",
            )
        elif step_s > 60 and delay_s < step_s:
            yield (
                "no-delay",
                "$.options.evaluation_delay",
                f"buckets of {spell_duration(step_s)} with a delay of {delay_s} s",
            )
        elif _CLOUD.match(one.metric) and delay_s < _CLOUD_DELAY_S:
            yield "no-delay", "$.options.evaluation_delay", f"{one.metric} comes minutes late; the delay is {delay_s} s"


def ratios(subject: Subject) -> Iterator[Found]:
    """Ratios that are reduced as they are not meant."""
    if not isinstance(subject.query, MetricMonitorQuery) or not divides(subject.query.expression):
        return
    counted = any(one.modifier("as_count") for one in metric_queries(subject))
    if subject.query.reducer == "sum" and not counted and subject.query.window.seconds > 60:
        yield "summed-ratio", "$.query", "sum() of a ratio"
    if counted and subject.query.reducer != "sum" and subject.query.change is None:
        yield "averaged-counts", "$.query", f"{subject.query.reducer}() of an expression with .as_count()"


def below(subject: Subject) -> Iterator[Found]:
    """Monitors of too little that are blind for nothing."""
    query, options = subject.query, subject.monitor.options
    if not isinstance(query, MetricMonitorQuery) or query.comparison.operator not in ("<", "<=") or query.change:
        return
    if options.on_missing_data is not None or options.notify_no_data or algorithm_of(subject) is not None:
        return
    zero = any(call.name in ("default_zero", "default") for call in calls_in(query.expression))
    counted = any(one.modifier("as_count") for one in metric_queries(subject))
    if not zero and not counted:
        yield (
            "below-without-data",
            "$.options.on_missing_data",
            f"it compares with {query.comparison.operator}, and nothing says what missing data mean",
        )


def names(subject: Subject) -> Iterator[Found]:
    """Metrics and tags that nobody has sent."""
    known = subject.known
    if known is None:
        return
    for one in metric_queries(subject):
        if one.metric not in known.metrics:
            yield "unknown-metric", "$.query", f"{one.metric}{_near(one.metric, known.metrics)}"
            continue
        keys = known.tags.get(one.metric)
        for key in dict.fromkeys((*scope_keys(one.scope), *one.by)):
            if keys is not None and key not in keys:
                yield "unknown-tag", "$.query", f"{key} of {one.metric}{_near(key, keys)}"


def _near(name: str, known: frozenset[str]) -> str:
    """`; is it llm.request.count?`, where a name is much like another."""
    close = get_close_matches(name, sorted(known)[:5000], n=1, cutoff=0.7)
    return f"; is it {close[0]}?" if close else ""


def approximations(subject: Subject) -> Iterator[Found]:
    """Algorithms whose numbers are our own."""
    call = algorithm_of(subject)
    if call is not None:
        yield "approximation", "$.query", f"{call.name}()"
