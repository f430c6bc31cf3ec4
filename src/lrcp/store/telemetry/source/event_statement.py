"""The SQL of event scans that are read together."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from lrcp.query.scan.scans import EventScan
from lrcp.query.search.aggregations import Aggregation, parse_aggregation
from lrcp.query.search.ast import Search, SearchAnd
from lrcp.query.search.facets import find_source
from lrcp.query.search.groups import Group
from lrcp.store.telemetry.source.binder import Binder
from lrcp.store.telemetry.source.conditions import Conditions
from lrcp.store.telemetry.source.operands import Operand, Operands
from lrcp.store.telemetry.source.relations import in_range, relation

MAX_GROUPS: Final = 20_000
"""Groups that are read to choose the largest from; those with the most records where there are more."""

_NS_PER_S: Final = 1_000_000_000


class EventStatement:
    """Scans of one source, grid, keys and missing.

    Rows are read in an inner SELECT as k0.. (keys), bucket, f0.. (whether a search finds the row, where there are
    several), m0.. (measures as numbers), c0.. (their values, for cardinality); the outer one aggregates them.
    """

    def __init__(self, scans: Sequence[EventScan]) -> None:
        self.scans = list(scans)
        self._first = self.scans[0]
        self._source = find_source(self._first.source)
        self._searches = list(dict.fromkeys(self._whole(scan) for scan in self.scans))

    def _whole(self, scan: EventScan) -> Search:
        """The search together with what narrows its source; scans of two sources of one table can share a statement."""
        only = find_source(scan.source).only
        return scan.search if only is None else SearchAnd((only, scan.search))

    def sql(self, *, by_bucket: bool, groups: Sequence[Group] = ()) -> tuple[str, dict[str, Any]]:
        """The statement and its parameters. Columns: keys, bucket, a value a scan (NULL none), then without by_bucket
        the number of groups a scan.

        by_bucket: by keys and bucket; else by keys over the whole grid. groups: only these, all where there are none.
        """
        binder = Binder()
        keys = [f"k{i}" for i in range(len(self._first.by))]
        values = [self._value(scan) for scan in self.scans]
        columns = [*keys, "bucket" if by_bucket else "0 AS bucket"]
        columns += [f"{value} AS v{i}" for i, value in enumerate(values)]
        if not by_bucket:
            columns += [f"countIf(isNotNull(v{i})) OVER ()" for i in range(len(values))]
        grouped = ", ".join([*keys, "bucket"] if by_bucket else keys)
        inner = self._inner(binder)
        order = "" if by_bucket else f" ORDER BY {'v0' if len(values) == 1 else 'count()'} DESC LIMIT {MAX_GROUPS}"
        wanted = self._wanted(keys, groups, binder)
        sql = f"SELECT {', '.join(columns)} FROM ({inner}){wanted} GROUP BY {grouped}{order}"
        return sql, binder.parameters

    def _wanted(self, keys: list[str], groups: Sequence[Group], binder: Binder) -> str:
        """Rows without a key belong to no group; of given groups only theirs."""
        conditions = [f"{key} != ''" for key in keys]
        if groups:
            columns = ", ".join(binder.texts(tuple(group[i] for group in groups)) for i in range(len(keys)))
            conditions.append(f"tuple({', '.join(keys)}) IN (SELECT arrayJoin(arrayZip({columns})))")
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _inner(self, binder: Binder) -> str:
        operands = Operands(binder)
        conditions = Conditions(self._source, binder, operands)
        columns = [*self._keys(operands, binder), self._bucket(binder)]
        if len(self._searches) > 1:
            columns += [f"{conditions.of(search)} AS f{i}" for i, search in enumerate(self._searches)]
        columns += self._measures(operands)
        found = " OR ".join(conditions.of(search, indexed=True) for search in self._searches)
        grid, time = self._first.grid, self._source.time
        from_ns, to_ns = grid.start_s * _NS_PER_S, grid.end_s * _NS_PER_S
        if self._first.clip_ns is not None:
            from_ns, to_ns = max(from_ns, self._first.clip_ns[0]), min(to_ns, self._first.clip_ns[1])
        within = in_range(time, from_ns, to_ns, binder)
        rows = relation(self._source, from_ns, to_ns, binder, operands.evaluations)
        return f"SELECT {', '.join(columns)} FROM {rows} WHERE {within} AND ({found})"

    def _keys(self, operands: Operands, binder: Binder) -> list[str]:
        missing = self._first.missing or ("",) * len(self._first.by)
        found = [operands.of(self._source.facet_named(name)) for name in self._first.by]
        return [
            f"{_key(operand, binder.text(blank) if blank else '')} AS k{i}"
            for i, (operand, blank) in enumerate(zip(found, missing, strict=True))
        ]

    def _bucket(self, binder: Binder) -> str:
        start, step = binder.integer(self._first.grid.start_s), binder.integer(self._first.grid.step_s)
        return f"intDiv(toInt64(toUnixTimestamp({self._source.time})) - {start}, {step}) AS bucket"

    def _measures(self, operands: Operands) -> list[str]:
        """Each measure once, as its scans need it."""
        found = {name: operands.of(self._source.facet_named(name)) for name in self._measured()}
        places = {name: i for i, name in enumerate(found)}
        kinds = dict.fromkeys((scan.measure, _needs(scan)) for scan in self.scans if scan.measure)
        columns = [f"{found[name].number()} AS m{places[name]}" for name, need in kinds if need == "m"]
        return columns + [f"{found[name].texts()} AS c{places[name]}" for name, need in kinds if need == "c"]

    def _measured(self) -> list[str]:
        return list(dict.fromkeys(scan.measure for scan in self.scans if scan.measure))

    def _value(self, scan: EventScan) -> str:
        """The aggregate of a scan, NULL where it has no value."""
        aggregation = parse_aggregation(scan.aggregation, scan.measure)
        place = self._searches.index(self._whole(scan))
        condition = f"f{place}" if len(self._searches) > 1 else "1"
        measure = self._measured().index(scan.measure) if scan.measure else 0
        value = _AGGREGATES[aggregation.kind](aggregation, measure, condition)
        if aggregation.kind in ("count", "cardinality"):
            return f"if(countIf({condition}) = 0, NULL, toFloat64({value}))"
        return f"toFloat64({value})"


def _needs(scan: EventScan) -> str:
    """Which column of its measure a scan reads."""
    return {"count": "", "cardinality": "c"}.get(scan.aggregation, "m")


_AGGREGATES: Final[dict[str, Callable[[Aggregation, int, str], str]]] = {
    "count": lambda _, measure, condition: f"countIf({condition})",
    "cardinality": lambda _, measure, condition: f"uniqExactArrayIf(c{measure}, {condition})",
    "avg": lambda _, measure, condition: f"avgIf(m{measure}, {condition})",
    "sum": lambda _, measure, condition: f"sumOrNullIf(m{measure}, {condition})",
    "min": lambda _, measure, condition: f"minIf(m{measure}, {condition})",
    "max": lambda _, measure, condition: f"maxIf(m{measure}, {condition})",
    "quantile": lambda a, measure, condition: f"quantileExactInclusiveOrNullIf({a.quantile})(m{measure}, {condition})",
}


def _key(operand: Operand, blank: str) -> str:
    """A key of the groups: each of its values a row, `blank` or '' without one."""
    scalar = operand.scalar()
    if scalar is not None:
        return f"if({scalar} = '', {blank}, {scalar})" if blank else scalar
    texts = operand.texts()
    none = blank or "''"
    return f"arrayJoin(if(empty({texts}), [{none}], arrayDistinct({texts})))"
