"""The functions over groups: name -> how it changes a table. Labels are the buckets' starts."""

import math
from collections.abc import Callable
from statistics import median

from tests.support.oracle.query import Row, fill_row
from tests.support.oracle.series import Buckets, Table

Arguments = list[float | str]
SAME_POINTS = {"exclude_null", "timeshift", "hour_before"}
"""Functions that only choose or move points: what counted goes on counting."""


def history_of(name: str, arguments: Arguments, step: int) -> int:
    """Buckets that a function looks back."""
    if name in ("diff", "monotonic_diff", "dt", "derivative", "per_second", "per_minute", "per_hour"):
        return max(1, math.ceil(300 / step))
    if name.startswith("ewma_"):
        return 4 * int(name[5:])
    if name.startswith("median_"):
        return int(name[7:]) - 1
    if name == "moving_rollup":
        return math.ceil(float(arguments[0]) / step) - 1
    return 0


def shift_of(name: str, arguments: Arguments) -> int:
    days = {"hour_before": 3600, "day_before": 86400, "week_before": 7 * 86400, "month_before": 28 * 86400}
    return int(arguments[0]) if name == "timeshift" else -days.get(name, 0)


def apply(name: str, table: Table, arguments: Arguments, buckets: Buckets) -> Table:
    """A function over a table."""
    if name in ("dt", "count_nonzero", "count_not_null"):
        return _to_one(name, table, buckets)
    if name == "top":
        return _top(table, arguments, buckets)
    if name == "default_zero":
        rows = {group: _default_zero(row, table.gauge, buckets) for group, row in table.rows.items()}
    else:
        change = ROWS[name.split("_")[0] if name.startswith(("ewma_", "median_")) else name]
        given = [float(name.split("_")[1])] if name.startswith(("ewma_", "median_")) else arguments
        rows = {group: change(row, given, buckets) for group, row in table.rows.items()}
    return Table(table.keys, rows, table.gauge, table.counted and name in SAME_POINTS)


def _to_one(name: str, table: Table, buckets: Buckets) -> Table:
    found = Table(())
    if not table.rows:
        return found
    row: Row = {}
    last = None
    for label in buckets.labels:
        there = [values[label] for values in table.rows.values() if label in values]
        if name == "count_not_null":
            row[label] = float(len(there))
        elif name == "count_nonzero":
            row[label] = float(sum(value != 0 for value in there))
        elif there:
            if last is not None:
                row[label] = float(label - last)
            last = label
    found.rows[()] = row
    return found


def _top(table: Table, arguments: Arguments, buckets: Buckets) -> Table:
    count, by, direction = int(arguments[0]), str(arguments[1]), str(arguments[2])

    def rank(row: Row) -> float:
        values = [row[label] for label in buckets.labels if label in row]
        if not values:
            return math.inf
        measure = {
            "mean": sum(values) / len(values),
            "sum": sum(values),
            "min": min(values),
            "max": max(values),
            "last": values[-1],
            "area": sum(values) * buckets.step,
            "l2norm": math.sqrt(sum(value * value for value in values)),
        }[by]
        return -measure if direction == "desc" else measure

    names = sorted(sorted(table.rows), key=lambda group: rank(table.rows[group]))
    return Table(table.keys, {group: table.rows[group] for group in names[:count]}, table.gauge, table.counted)


def _default_zero(row: Row, gauge: bool, buckets: Buckets) -> Row:
    if gauge:
        row = fill_row(fill_row(row, buckets, "linear", 300), buckets, "last", 300)
    return fill_row(row, buckets, "zero", 0)


def _each(change: Callable[[float, float], float | None]) -> Callable[[Row, Arguments, Buckets], Row]:
    def over(row: Row, arguments: Arguments, _buckets: Buckets) -> Row:
        given = float(arguments[0]) if arguments else 0.0
        changed = {label: change(value, given) for label, value in row.items()}
        return {label: value for label, value in changed.items() if value is not None}

    return over


def _with_earlier(
    change: Callable[[float, float, int], float | None], first: float | None = None
) -> Callable[[Row, Arguments, Buckets], Row]:
    """change(value, value before, seconds since)."""

    def over(row: Row, _arguments: Arguments, buckets: Buckets) -> Row:
        found: Row = {}
        last: int | None = None
        for label in buckets.labels:
            if label not in row:
                continue
            value = first if last is None else change(row[label], row[last], label - last)
            if value is not None:
                found[label] = value
            last = label
        return found

    return over


def _running(row: Row, buckets: Buckets) -> Row:
    total, found = 0.0, {}
    for label in buckets.labels:
        if label in row:
            total += row[label]
            found[label] = total
    return found


def _integral(row: Row, arguments: Arguments, buckets: Buckets) -> Row:
    return _running(_with_earlier(lambda value, _before, passed: value * passed, 0.0)(row, arguments, buckets), buckets)


def _ewma(row: Row, arguments: Arguments, buckets: Buckets) -> Row:
    keep = 1 - 2 / (float(arguments[0]) + 1)
    found: Row = {}
    for place, label in enumerate(buckets.labels):
        if label in row:
            past = [(row[at], keep ** (place - n)) for n, at in enumerate(buckets.labels[: place + 1]) if at in row]
            found[label] = sum(value * weight for value, weight in past) / sum(weight for _, weight in past)
    return found


def _median(row: Row, arguments: Arguments, buckets: Buckets) -> Row:
    reach = (int(arguments[0]) - 1) * buckets.step
    return {at: median([row[b] for b in row if at - reach <= b <= at]) for at in row}


def _moving(row: Row, arguments: Arguments, buckets: Buckets) -> Row:
    width, method = math.ceil(float(arguments[0]) / buckets.step) * buckets.step, str(arguments[1])
    found: Row = {}
    for label in buckets.labels:
        values = [row[at] for at in row if label - width < at <= label]
        if values:
            measures = {"avg": sum(values) / len(values), "sum": sum(values), "min": min(values), "max": max(values)}
            found[label] = measures.get(method, float(len(values)))
    return found


ROWS: dict[str, Callable[[Row, Arguments, Buckets], Row]] = {
    "abs": _each(lambda value, _: abs(value)),
    "log2": _each(lambda value, _: math.log2(value) if value > 0 else None),
    "log10": _each(lambda value, _: math.log10(value) if value > 0 else None),
    "clamp_min": _each(max),
    "clamp_max": _each(min),
    "cutoff_min": _each(lambda value, limit: None if value < limit else value),
    "cutoff_max": _each(lambda value, limit: None if value > limit else value),
    "exclude_null": _each(lambda value, _: value),
    "throughput": lambda row, _, buckets: {at: value / buckets.step for at, value in row.items()},
    "cumsum": lambda row, _, buckets: _running(row, buckets),
    "integral": _integral,
    "diff": _with_earlier(lambda value, before, _: value - before),
    "monotonic_diff": _with_earlier(lambda value, before, _: value - before if value >= before else None),
    "derivative": _with_earlier(lambda value, before, passed: (value - before) / passed),
    "per_second": _with_earlier(lambda value, before, passed: (value - before) / passed),
    "per_minute": _with_earlier(lambda value, before, passed: (value - before) / passed * 60),
    "per_hour": _with_earlier(lambda value, before, passed: (value - before) / passed * 3600),
    "fill": lambda row, given, buckets: fill_row(row, buckets, str(given[0]), float(given[1])),
    "timeshift": _each(lambda value, _: value),
    "hour_before": _each(lambda value, _: value),
    "ewma": _ewma,
    "median": _median,
    "moving_rollup": _moving,
}
