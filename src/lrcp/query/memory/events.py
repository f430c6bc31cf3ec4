"""EventScans over records in memory: the same groups and values as the store gives, without a store."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lrcp.query.memory.error_records import error_records
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.aggregations import Aggregation, parse_aggregation
from lrcp.query.search.ast import Search
from lrcp.query.search.facets import find_source
from lrcp.query.search.groups import Group, default_limits, keep_groups
from lrcp.query.search.match import compile_match
from lrcp.query.search.numbers import find_number
from lrcp.query.search.records import Record, Value, compile_facet, text_of

Key = TypeVar("Key")
Answer = TypeVar("Answer")

_NS_PER_S: Final = 1_000_000_000
_MAX_REMEMBERED: Final = 256
"""Searches and facets whose answers over all records are kept."""


def fetch_events(records: Mapping[str, Sequence[Record]], scans: Collection[EventScan]) -> dict[EventScan, GroupBlock]:
    """The answers to these scans over `records`, which are as MemoryEvents takes them. Raises: InputError."""
    events = MemoryEvents(records)
    return {scan: events.answer(scan) for scan in scans}


class MemoryEvents:
    """Logs, spans and events by table name: `logs`, `spans`, `events`; each record as query/search/records.py says.

    What every record answers to a search or a facet is worked out once, so that thousands of windows are cheap.
    """

    def __init__(self, records: Mapping[str, Sequence[Record]]) -> None:
        self._given = {kind: [_completed(record) for record in records.get(kind, ())] for kind in _KINDS}
        self._tables: dict[str, _Table] = {}
        self._masks: _Remembered[tuple[str, Search], NDArray[np.bool_]] = _Remembered()
        self._values: _Remembered[tuple[str, str], list[list[Value]]] = _Remembered()

    def answer(self, scan: EventScan) -> GroupBlock:
        """The groups of one scan. Raises: InputError - no such source or aggregation, too many keys."""
        aggregation = parse_aggregation(scan.aggregation, scan.measure)
        limits = scan.limits or default_limits(len(scan.by))
        cells = self._gather(scan)
        columns = {group: _fold(by_bucket, scan.grid, aggregation) for group, by_bucket in cells.items()}
        totals = {group: aggregate(_together(by_bucket), aggregation) for group, by_bucket in cells.items()}
        groups = [group for group, total in totals.items() if not scan.by or not np.isnan(total)]
        kept = keep_groups(groups, [totals[g] for g in groups], limits, scan.limit, additive=aggregation.additive)
        if not kept:
            return GroupBlock([], np.empty((0, scan.grid.count)), len(groups))
        values = np.array([columns[groups[place]] for place in kept])
        return GroupBlock([groups[place] for place in kept], values, len(groups) - len(kept))

    def _gather(self, scan: EventScan) -> dict[Group, dict[int, list[list[Value]]]]:
        """By group and bucket, the measure's values of each record."""
        table = self._table(scan.source)
        start, end = table.between(scan.grid, scan.clip_ns)
        mask = self._mask(scan.source, scan.search)
        measured = self._facet(scan.source, scan.measure) if scan.measure else None
        keys = [self._facet(scan.source, key) for key in scan.by]
        missing = scan.missing or ("",) * len(scan.by)
        cells: dict[Group, dict[int, list[list[Value]]]] = {} if scan.by else {(): {}}
        for place in (start + np.flatnonzero(mask[start:end])).tolist():
            bucket = int(table.seconds[place] - scan.grid.start_s) // scan.grid.step_s
            values = measured[place] if measured else []
            for group in _groups_of([key[place] for key in keys], missing):
                cells.setdefault(group, {}).setdefault(bucket, []).append(values)
        return cells

    def _table(self, source: str) -> "_Table":
        kind = find_source(source).kind
        table = self._tables.get(kind)
        if table is None:
            given = error_records(self._given["spans"], self._given["logs"]) if kind == "errors" else self._given[kind]
            table = self._tables[kind] = _Table(given)
        return table

    def _mask(self, source: str, search: Search) -> NDArray[np.bool_]:
        def work() -> NDArray[np.bool_]:
            match = compile_match(search, source)
            return np.array([match(record) for record in self._table(source).records], dtype=np.bool_)

        return self._masks.get((source, search), work)

    def _facet(self, source: str, name: str) -> list[list[Value]]:
        def work() -> list[list[Value]]:
            read = compile_facet(find_source(source).facet_named(name))
            return [read(record) for record in self._table(source).records]

        return self._values.get((source, name), work)


_KINDS: Final = ("logs", "spans", "events")


class _Remembered(Generic[Key, Answer]):
    """The latest answers, so many."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Key, Answer] = OrderedDict()

    def get(self, key: Key, work: Callable[[], Answer]) -> Answer:
        if key not in self._answers:
            self._answers[key] = work()
            if len(self._answers) > _MAX_REMEMBERED:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        return self._answers[key]


@dataclass(frozen=True)
class _Table:
    """Records in the order of their time."""

    given: Sequence[Record]

    @cached_property
    def records(self) -> list[Record]:
        return sorted(self.given, key=time_ns)

    @cached_property
    def times_ns(self) -> NDArray[np.int64]:
        return np.array([time_ns(record) for record in self.records], dtype=np.int64)

    @cached_property
    def seconds(self) -> NDArray[np.int64]:
        return self.times_ns // _NS_PER_S

    def between(self, grid: Grid, clip_ns: tuple[int, int] | None) -> tuple[int, int]:
        """The first and the last place, this not included, of the records in a grid."""
        low, high = clip_ns or (grid.start_s * _NS_PER_S, grid.end_s * _NS_PER_S)
        low, high = max(low, grid.start_s * _NS_PER_S), min(high, grid.end_s * _NS_PER_S)
        start, end = np.searchsorted(self.times_ns, [low, max(low, high)])
        return int(start), int(end)


def time_ns(record: Record) -> int:
    """When it was, Unix nanoseconds."""
    found = record.get("time_ns")
    return int(record["start_ns"] if found is None else found)


_FROM_TAGS: Final = ("service", "env", "host", "version")


def _completed(record: Record) -> Record:
    """With the columns that receivers would have filled from its tags."""
    tags = record.get("tags") or ()
    if isinstance(tags, Mapping):
        found = {key: str(tags[key]) for key in _FROM_TAGS if not record.get(key) and tags.get(key)}
    else:
        named = dict(tag.split(":", 1) for tag in tags if ":" in tag)
        found = {key: named[key] for key in _FROM_TAGS if not record.get(key) and named.get(key)}
    return {**record, **found} if found else record


def _groups_of(values: list[list[Value]], missing: tuple[str, ...]) -> Iterator[Group]:
    """Each combination of a record's values of the keys."""
    texts = [
        dict.fromkeys(map(text_of, found)) or ({blank: None} if blank else {})
        for found, blank in zip(values, missing, strict=True)
    ]
    return product(*texts)


def _together(by_bucket: dict[int, list[list[Value]]]) -> list[list[Value]]:
    return [values for found in by_bucket.values() for values in found]


def _fold(by_bucket: dict[int, list[list[Value]]], grid: Grid, aggregation: Aggregation) -> Array:
    column = np.full(grid.count, aggregation.empty)
    for bucket, values in by_bucket.items():
        column[bucket] = aggregate(values, aggregation)
    return column


def aggregate(measured: list[list[Value]], aggregation: Aggregation) -> float:
    """One number of the measure's values of many records. Of several values of one record the first counts, for
    cardinality all."""
    if aggregation.kind == "count":
        return float(len(measured))
    if aggregation.kind == "cardinality":
        return float(len({text_of(value) for values in measured for value in values}))
    numbers = np.array([number for values in measured if (number := _first_number(values)) is not None])
    return float(_FOLDS[aggregation.kind](numbers, aggregation.quantile)) if len(numbers) else aggregation.empty


def _first_number(values: list[Value]) -> float | None:
    if not values:
        return None
    return find_number(values[0]) if isinstance(values[0], str) else float(values[0])


_FOLDS: Final[dict[str, Callable[[Array, float], float]]] = {
    "avg": lambda numbers, _: numbers.mean(),
    "sum": lambda numbers, _: numbers.sum(),
    "min": lambda numbers, _: numbers.min(),
    "max": lambda numbers, _: numbers.max(),
    "quantile": lambda numbers, quantile: float(np.quantile(numbers, quantile)),
}
