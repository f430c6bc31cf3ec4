"""One metric query: time rollup, filling, groups."""

import math
from itertools import product

from lrcp.query.metric.ast import (
    Everything,
    MetricQuery,
    Number,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    Text,
    Word,
)
from tests.support.oracle.series import Bucket, Buckets, Group, RawSeries, Table, buckets_of

Row = dict[int, float]
GAMMA = 1.005 / 0.995


def in_scope(scope: Scope, tags: tuple[str, ...]) -> bool:
    match scope:
        case Everything():
            return True
        case TagMatch(key=key, value=value):
            return key in tags if value is None else any(_like(tag, f"{key}:{value}") for tag in tags)
        case TagIn(key=key, values=values):
            return any(_like(tag, f"{key}:{value}") for value in values for tag in tags)
        case ScopeNot(term=term):
            return not in_scope(term, tags)
        case ScopeAnd(terms=terms):
            return all(in_scope(term, tags) for term in terms)
        case ScopeOr(terms=terms):
            return any(in_scope(term, tags) for term in terms)
    raise AssertionError(scope)


def _like(tag: str, pattern: str) -> bool:
    return tag.startswith(pattern[:-1]) if pattern.endswith("*") else tag == pattern


def words_of(query: MetricQuery, name: str) -> tuple[str, float | None]:
    """The word and the number that a modifier was given."""
    modifier = query.modifier(name)
    word, number = "", None
    for argument in modifier.arguments if modifier else ():
        if isinstance(argument, Number):
            number = argument.value
        elif isinstance(argument, Word | Text):
            word = argument.value
    return word, number


def table_of(query: MetricQuery, buckets: Buckets, series: list[RawSeries], combined: bool) -> Table:
    """The groups of a query at the labels of the buckets, those without a point left out."""
    fill, limit = words_of(query, "fill")
    filled = query.modifier("fill") is not None
    limit = limit if limit is not None else 0 if fill == "zero" else 300
    own = _own_buckets(query, buckets)
    looked = own.longer(math.ceil(limit / own.step)) if filled and fill in ("linear", "last") else own
    chosen = [one for one in series if one.metric == query.metric and in_scope(query.scope, one.tags)]
    chosen = [one for one in chosen if _points_within(one, looked.all)]
    kind = chosen[0].type if chosen else ""
    table = Table(query.by)
    table.gauge = kind == "gauge" and not filled
    table.counted = query.modifier("as_count") is not None and kind != "gauge"
    groups: dict[Group, list[RawSeries]] = {}
    for one in chosen:
        for group in _groups_of(one.tags, query.by):
            groups.setdefault(group, []).append(one)
    for group, members in groups.items():
        if kind == "distribution":
            row = _distribution_row(query, members, looked)
            row = fill_row(row, looked, fill, limit) if filled else row
        else:
            row = _row(query, members, looked, combined, (fill, limit) if filled else None)
        table.rows[group] = row
    if kind == "distribution":
        table.counted = table.counted and query.aggregator in ("sum", "count")
    if query.aggregator.startswith("p"):
        table.counted = False
    _relabel(table, own, buckets)
    table.rows = {group: row for group, row in table.rows.items() if row}
    return table


def _own_buckets(query: MetricQuery, buckets: Buckets) -> Buckets:
    _, seconds = words_of(query, "rollup")
    step = int(seconds) if seconds and not buckets.whole else buckets.step
    if step == buckets.step:
        return buckets
    return buckets_of(buckets.all[0].low, buckets.all[-1].high, step, 0)


def _relabel(table: Table, own: Buckets, buckets: Buckets) -> None:
    """Points of longer buckets stand in the short bucket in which they begin; history is forgotten."""
    wanted = {}
    for bucket in own.all:
        inside = [b.label for b in buckets.all if b.label <= max(bucket.low, bucket.label) < b.label + buckets.step]
        if inside:
            wanted[bucket.label] = inside[0]
    for group, row in table.rows.items():
        moved = {wanted[label]: value for label, value in row.items() if label in wanted}
        if own is not buckets and table.gauge:
            moved = fill_row(moved, buckets, "linear", 300)
        table.rows[group] = moved


def _points_within(one: RawSeries, buckets: list[Bucket]) -> bool:
    return any(buckets[0].low <= time < buckets[-1].high for time, _ in one.points)


def _groups_of(tags: tuple[str, ...], keys: tuple[str, ...]) -> list[Group]:
    choices = [[tag.split(":", 1)[1] for tag in tags if tag.startswith(key + ":")] for key in keys]
    return list(product(*choices))


def _values(one: RawSeries, bucket: Bucket) -> list[float]:
    return [value for time, value in sorted(one.points) if bucket.low <= time < bucket.high]


def _row(
    query: MetricQuery, members: list[RawSeries], buckets: Buckets, combined: bool, filling: tuple[str, float] | None
) -> Row:
    weighted = query.modifier("weighted") is not None and members[0].type == "gauge"
    rows: list[Row] = []
    weights: list[Row] = []
    for one in members:
        row: Row = {}
        weight: Row = {}
        for bucket in buckets.all:
            values = _values(one, bucket)
            if values:
                row[bucket.label] = _rolled(query, one, values, buckets.step)
                weight[bucket.label] = min(1.0, len(values) * (one.interval_s or 10) / buckets.step)
        if filling is not None:
            row = fill_row(row, buckets, *filling)
        elif one.type == "gauge" and not weighted and (combined or len(members) > 1):
            row = fill_row(row, buckets, "linear", 300)
        rows.append(row)
        weights.append(weight)
    found: Row = {}
    for label in buckets.labels:
        there = [
            (row[label], weight.get(label, math.nan)) for row, weight in zip(rows, weights, strict=True) if label in row
        ]
        if there:
            value = _together(query.aggregator, there, weighted)
            if not math.isnan(value):
                found[label] = value
    return found


def _together(aggregator: str, there: list[tuple[float, float]], weighted: bool) -> float:
    values = [value for value, _ in there]
    if weighted and aggregator in ("sum", "avg"):
        known = [(value, weight) for value, weight in there if not math.isnan(weight)]
        if not known:
            return math.nan
        total = sum(value * weight for value, weight in known)
        return total if aggregator == "sum" else total / sum(weight for _, weight in known)
    return {"avg": sum(values) / len(values), "sum": sum(values), "min": min(values), "max": max(values)}.get(
        aggregator, float(len(values))
    )


def _rolled(query: MetricQuery, one: RawSeries, values: list[float], step: int) -> float:
    method, _ = words_of(query, "rollup")
    counted, rated = query.modifier("as_count") is not None, query.modifier("as_rate") is not None
    if one.type == "gauge":
        return _by_method(method or "avg", values)
    if method not in ("", "sum"):
        return _by_method(method, values)
    if one.type == "rate" and not counted and not rated:
        return _by_method(method or "avg", values)
    total = sum(values) * ((one.interval_s or 10) if one.type == "rate" else 1)
    return total / step if rated else total


def _by_method(method: str, values: list[float]) -> float:
    if method == "avg":
        return sum(values) / len(values)
    if method == "last":
        return values[-1]
    return {"sum": sum(values), "min": min(values), "max": max(values), "count": float(len(values))}[method]


def _distribution_row(query: MetricQuery, members: list[RawSeries], buckets: Buckets) -> Row:
    row: Row = {}
    for bucket in buckets.all:
        values = [value for one in members for value in _values(one, bucket)]
        if not values:
            continue
        if query.condition is not None:
            seen = [min(max(_middle(v), min(values)), max(values)) for v in values]
            value = float(sum(_meets(v, query.condition.comparator, query.condition.value) for v in seen))
        elif query.aggregator.startswith("p"):
            value = _percentile(values, float(query.aggregator[1:]) / 100)
        else:
            value = _by_method(query.aggregator, values)
        rated = query.modifier("as_rate") is not None and query.aggregator in ("sum", "count")
        row[bucket.label] = value / buckets.step if rated else value
    return row


def _meets(value: float, comparator: str, limit: float) -> bool:
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[comparator]


def _percentile(values: list[float], quantile: float) -> float:
    """By a DDSketch of half a percent: the middle of the bin that holds the value of rank quantile * (n - 1)."""
    rank = quantile * (len(values) - 1)
    middles = sorted(_middle(value) for value in values)
    return min(max(middles[math.floor(rank)], min(values)), max(values))


def _middle(value: float) -> float:
    if value == 0:
        return 0.0
    power = math.floor(math.log(abs(value)) / math.log(GAMMA))
    return math.copysign(GAMMA**power * 1.005, value)


def fill_row(row: Row, buckets: Buckets, method: str, limit: float) -> Row:
    """What is missing, filled by a method; limit in seconds, 0 with zero: everywhere."""
    if method == "null" or not row:
        return row
    found = dict(row)
    for label in buckets.labels:
        if label in row:
            continue
        earlier = [at for at in row if at < label]
        later = [at for at in row if at > label]
        if method == "linear":
            if earlier and later and min(later) - max(earlier) <= limit:
                a, b = max(earlier), min(later)
                found[label] = row[a] + (row[b] - row[a]) * (label - a) / (b - a)
        elif method == "last":
            if earlier and label - max(earlier) <= limit:
                found[label] = row[max(earlier)]
        elif not limit or (earlier and label - max(earlier) <= limit):
            found[label] = 0.0
    return found
