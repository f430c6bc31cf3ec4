"""Printer of whole monitor queries: parse(print(tree)) == tree. Checked by tests/unit/query/monitor."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from lrcp.query.lexer import quote
from lrcp.query.metric.printer import print_expression, print_number
from lrcp.query.monitor.ast import (
    Both,
    CheckMonitorQuery,
    Comparison,
    CompositeQuery,
    Condition,
    Either,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
    Opposite,
    Reference,
    SloQuery,
    Window,
)
from lrcp.query.monitor.windows import print_plain_window, print_shift, print_window


def print_monitor_query(query: MonitorQuery) -> str:
    """The canonical text of a tree."""
    return _PRINTERS[type(query)](query)


def _compared(comparison: Comparison) -> str:
    shown = "threshold" if comparison.threshold is None else print_number(comparison.threshold)
    return f" {comparison.operator} {shown}"


def _print_metric(query: MetricMonitorQuery) -> str:
    head = f"{query.reducer}({print_window(query.window)})"
    if query.change is not None:
        head = f"{query.change.kind}({head},{print_shift(query.change)})"
    return f"{head}:{print_expression(query.expression)}{_compared(query.comparison)}"


def _call(name: str, values: Iterable[str]) -> str:
    return f".{name}({', '.join(map(quote, values))})"


def _last(window: Window) -> str:
    return _call("last", (print_plain_window(window),))


def _print_event(query: EventMonitorQuery) -> str:
    rollup = (query.aggregation, query.measure) if query.measure else (query.aggregation,)
    parts = [
        f"{query.source}({quote(query.search)})",
        *(_call(name, values) for name, values in query.calls),
        _call("over", query.over) if query.over else "",
        _call("index", query.indexes) if query.indexes else "",
        _call("rollup", rollup),
        _call("by", (",".join(query.by),)) if query.by else "",
        _last(query.window),
        _compared(query.comparison),
    ]
    return "".join(parts)


def _print_formula(query: FormulaMonitorQuery) -> str:
    if query.quoted_window:
        by, last = _call("by", (",".join(query.by),)), _last(query.window)
    else:
        by, last = f".by({','.join(query.by)})", f".last({print_plain_window(query.window)})"
    parts = [
        f"formula({quote(query.formula)})",
        _call("rollup", (query.rollup,)) if query.rollup else "",
        by if query.by else "",
        last,
        _print_anomaly(query.anomaly) if query.anomaly is not None else "",
        _compared(query.comparison),
    ]
    return "".join(parts)


def _print_anomaly(keywords: tuple[tuple[str, str | float], ...]) -> str:
    shown = (f"{name}={quote(value) if isinstance(value, str) else print_number(value)}" for name, value in keywords)
    return f".anomaly({', '.join(shown)})"


def _print_check(query: CheckMonitorQuery) -> str:
    parts = [
        quote(query.check),
        _call("over", query.over) if query.over else "",
        _call("exclude", query.exclude) if query.exclude else "",
        _call("by", query.by) if query.by else "",
        f".last({query.last})",
        ".pct_by_status()" if query.percent else ".count_by_status()",
        _compared(query.comparison) if query.comparison is not None else "",
    ]
    return "".join(parts)


def _print_slo(query: SloQuery) -> str:
    windows = (("over", query.over), ("long_window", query.long_window), ("short_window", query.short_window))
    calls = (_call(name, (print_plain_window(window),)) for name, window in windows if window is not None)
    return f"{query.kind}({quote(query.slo_id)}){''.join(calls)}{_compared(query.comparison)}"


def _print_composite(query: CompositeQuery) -> str:
    return _print_condition(query.condition)


def _print_condition(condition: Condition) -> str:
    if isinstance(condition, Reference):
        return str(condition.monitor_id)
    if isinstance(condition, Opposite):
        return "!" + _grouped(condition.operand, (Both, Either))
    if isinstance(condition, Both):
        return f"{_grouped(condition.left, (Either,))} && {_grouped(condition.right, (Both, Either))}"
    return f"{_print_condition(condition.left)} || {_grouped(condition.right, (Either,))}"


def _grouped(condition: Condition, kinds: tuple[type, ...]) -> str:
    text = _print_condition(condition)
    return f"({text})" if isinstance(condition, kinds) else text


_PRINTERS: Final[dict[type, Callable[[Any], str]]] = {
    MetricMonitorQuery: _print_metric,
    EventMonitorQuery: _print_event,
    FormulaMonitorQuery: _print_formula,
    CheckMonitorQuery: _print_check,
    CompositeQuery: _print_composite,
    SloQuery: _print_slo,
}
