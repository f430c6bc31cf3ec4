"""Whole expressions: over buckets, over a window, and as a change."""

import math
from dataclasses import dataclass

from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Negation, Number, Text, Word
from tests.support.oracle.functions import apply, history_of, shift_of
from tests.support.oracle.query import Row, table_of, words_of
from tests.support.oracle.series import Bucket, Buckets, Group, RawSeries, Table, buckets_of

Result = dict[Group, float]


def queries_of(e: Expression) -> list[MetricQuery]:
    match e:
        case MetricQuery():
            return [e]
        case Call():
            return queries_of(e.arguments[0])
        case Negation():
            return queries_of(e.operand)
        case Arithmetic():
            return queries_of(e.left) + queries_of(e.right)
    return []


def buckets_for(e: Expression, low: int, high: int, step: int) -> Buckets:
    """The buckets that an expression is computed in: step seconds from low, or those of its finest explicit rollup."""
    given = [words_of(query, "rollup")[1] for query in queries_of(e)]
    explicit = [int(seconds) for seconds in given if seconds]
    if not explicit or (None in given and step < min(explicit)):
        return buckets_of(low, high, step, low)
    return buckets_of(low, high, min(explicit), 0)


def evaluate(e: Expression, buckets: Buckets, series: list[RawSeries], combined: bool = False) -> Table:
    """An expression at each bucket."""
    match e:
        case Number(value=value):
            return Table((), {(): dict.fromkeys(buckets.labels, value)})
        case MetricQuery():
            return table_of(e, buckets, series, combined)
        case Negation(operand=operand):
            return _combine("-", 0.0, evaluate(operand, buckets, series, combined))
        case Arithmetic(operator=operator, left=left, right=right):
            met = combined or (bool(queries_of(left)) and bool(queries_of(right)))
            a = left.value if isinstance(left, Number) else evaluate(left, buckets, series, met)
            b = right.value if isinstance(right, Number) else evaluate(right, buckets, series, met)
            return _combine(operator, a, b)
        case Call():
            return _call(e, buckets, series, combined)
    raise AssertionError(e)


def arguments_of(call: Call) -> list[float | str]:
    found: list[float | str] = []
    for argument in call.arguments[1:]:
        if isinstance(argument, Negation):
            assert isinstance(argument.operand, Number)
            found.append(-argument.operand.value)
        else:
            assert isinstance(argument, Number | Text | Word)
            found.append(argument.value)
    return found


def _call(call: Call, buckets: Buckets, series: list[RawSeries], combined: bool) -> Table:
    arguments = arguments_of(call)
    history, shift = history_of(call.name, arguments, buckets.step), shift_of(call.name, arguments)
    wider = buckets.longer(history).moved(shift)
    table = apply(call.name, evaluate(call.arguments[0], wider, series, combined), arguments, wider)
    wanted = set(buckets.labels)
    rows = {
        group: {label - shift: value for label, value in row.items() if label - shift in wanted}
        for group, row in table.rows.items()
    }
    if history:
        rows = {group: row for group, row in rows.items() if row}
    return Table(table.keys, rows, table.gauge, table.counted)


@dataclass
class Doubts:
    """How often something was divided by what is 0 but for rounding: there the oracle is no judge."""

    count: int = 0


DOUBTS = Doubts()


def _operate(operator: str, a: float, b: float) -> float | None:
    if operator == "/":
        DOUBTS.count += abs(b) < 1e-9
        return a / b if b != 0 else None
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def _combine(operator: str, a: float | Table, b: float | Table) -> Table:
    if isinstance(a, Table) and isinstance(b, Table):
        return _join(operator, a, b)
    table = a if isinstance(a, Table) else b
    assert isinstance(table, Table)
    found = Table(table.keys, gauge=table.gauge)
    found.counted = table.counted and not (operator == "/" and table is b)
    for group, row in table.rows.items():
        left = row if a is table else dict.fromkeys(row, a)
        right = row if b is table else dict.fromkeys(row, b)
        found.rows[group] = _points(operator, left, right)
    return found


def _points(operator: str, left: Row, right: Row, zero_left: bool = False, zero_right: bool = False) -> Row:
    found: Row = {}
    for label in left.keys() | right.keys():
        a = left.get(label, 0.0 if zero_left else None)
        b = right.get(label, 0.0 if zero_right else None)
        if a is not None and b is not None:
            value = _operate(operator, a, b)
            if value is not None:
                found[label] = value
    return found


def _join(operator: str, a: Table, b: Table) -> Table:
    if a.counted and not a.rows and set(a.keys) <= set(b.keys):
        a = Table(b.keys, {group: {} for group in b.rows}, a.gauge, True)
    if b.counted and not b.rows and set(b.keys) <= set(a.keys):
        b = Table(a.keys, {group: {} for group in a.rows}, b.gauge, True)
    keys = a.keys + tuple(key for key in b.keys if key not in a.keys)
    found = Table(keys, gauge=a.gauge and b.gauge, counted=a.counted and b.counted and operator != "/")
    for one, left in a.rows.items():
        for other, right in b.rows.items():
            x, y = dict(zip(a.keys, one, strict=True)), dict(zip(b.keys, other, strict=True))
            if all(x[key] == y[key] for key in x if key in y):
                both = x | y
                group = tuple(both[key] for key in keys)
                found.rows[group] = _points(operator, left, right, a.counted, b.counted)
    _alone(operator, found, a, b)
    return found


def _alone(operator: str, found: Table, a: Table, b: Table) -> None:
    """Groups of one side only, where the other side counts."""
    keys = found.keys
    if set(a.keys) == set(b.keys):
        for one, left in a.rows.items():
            if b.counted and one not in found.rows:
                found.rows[one] = _points(operator, left, {}, a.counted, True)
        for other, right in b.rows.items():
            group = tuple(dict(zip(b.keys, other, strict=True))[key] for key in keys)
            if a.counted and group not in found.rows:
                found.rows[group] = _points(operator, {}, right, True, b.counted)


def reduce_row(row: Row, labels: list[int], reducer: str) -> float:
    """The points of a row as one number; NaN without any."""
    values = [row[label] for label in labels if label in row]
    if not values:
        return math.nan
    if reducer == "avg":
        return sum(values) / len(values)
    return {"sum": sum(values), "min": min(values), "max": max(values), "last": values[-1]}[reducer]


def automatic_step(low: int, high: int) -> int:
    for limit, step in ((4 * 3600, 60), (86400, 300), (7 * 86400, 3600)):
        if high - low <= limit:
            return step
    return 14400


def _counts(e: Expression) -> bool:
    return any(query.modifier("as_count") is not None for query in queries_of(e))


def _calculates(e: Expression) -> bool:
    match e:
        case Arithmetic():
            return True
        case Negation():
            return _calculates(e.operand)
        case Call():
            return _calculates(e.arguments[0])
    return False


POINTWISE = {"abs", "log2", "log10", "clamp_min", "clamp_max", "cutoff_min", "cutoff_max", "default_zero"} | {
    "count_nonzero",
    "count_not_null",
    "exclude_null",
}


def _terms(e: Expression, buckets: Buckets, reducer: str, series: list[RawSeries]) -> Table | float:
    """Every term of the arithmetic reduced first; one point a group, labelled 0."""
    match e:
        case Number(value=value):
            return value
        case Negation(operand=operand):
            return _combine("-", 0.0, _terms(operand, buckets, reducer, series))
        case Arithmetic(operator=operator, left=left, right=right):
            return _combine(operator, _terms(left, buckets, reducer, series), _terms(right, buckets, reducer, series))
        case Call() if e.name in POINTWISE and _calculates(e):
            inner = _terms(e.arguments[0], buckets, reducer, series)
            assert isinstance(inner, Table)
            return apply(e.name, inner, arguments_of(e), Buckets(buckets.step, [Bucket(0, 0, 1)]))
    table = evaluate(e, buckets, series)
    rows = {group: {0: reduce_row(row, buckets.labels, reducer)} for group, row in table.rows.items()}
    rows = {group: {} if math.isnan(row[0]) else row for group, row in rows.items()}
    return Table(table.keys, rows, table.gauge, table.counted)


def reduce_window(e: Expression, low: int, high: int, reducer: str, series: list[RawSeries]) -> Result:
    """One value a group over [low, high)."""
    if reducer == "percentile":
        table = evaluate(e, Buckets(high - low, [Bucket(low, low, high)], True), series)
        return {group: row.get(low, math.nan) for group, row in table.rows.items()}
    buckets = buckets_for(e, low, high, automatic_step(low, high))
    if _counts(e) and _calculates(e):
        table = _terms(e, buckets, reducer, series)
        assert isinstance(table, Table)
        return {group: row.get(0, math.nan) for group, row in table.rows.items()}
    table = evaluate(e, buckets, series)
    return {group: reduce_row(row, buckets.labels, reducer) for group, row in table.rows.items()}


def change_of(
    e: Expression, low: int, high: int, shift: int, reducer: str, kind: str, series: list[RawSeries]
) -> Result:
    """How much a window differs from the one before."""
    buckets = buckets_for(e, low, high, automatic_step(low, high))
    if _counts(e):
        now = _terms(e, buckets, reducer, series)
        then = _terms(e, buckets.moved(-shift), reducer, series)
        assert isinstance(now, Table)
        assert isinstance(then, Table)
        table, labels, reducer = _difference(kind, now, then), [0], "last"
    else:
        now = evaluate(e, buckets, series)
        then = evaluate(e, buckets.moved(-shift), series)
        for group, row in then.rows.items():
            then.rows[group] = {label + shift: value for label, value in row.items()}
        table, labels = _difference(kind, now, then), buckets.labels
    return {group: reduce_row(row, labels, reducer) for group, row in table.rows.items()}


def _difference(kind: str, now: Table, then: Table) -> Table:
    found = _combine("-", now, then)
    found = found if kind == "change" else _combine("*", _combine("/", found, then), 100.0)
    if found.keys == now.keys:
        for group in now.rows:
            found.rows.setdefault(group, {})
    return found
