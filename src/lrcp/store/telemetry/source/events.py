"""EventScans over the store. Scans of one source, grid and keys share a statement: each has columns of its own in it."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.aggregations import parse_aggregation
from lrcp.query.search.facets import find_source
from lrcp.query.search.groups import Group, default_limits, keep_groups
from lrcp.store.telemetry.source.event_statement import EventStatement
from lrcp.store.telemetry.store import TelemetryStore

SCANS_A_STATEMENT: Final = 24

_SETTINGS: Final[Mapping[str, Any]] = {
    "max_execution_time": 30,
    "max_memory_usage": 3_000_000_000,
    "max_query_size": 64_000_000,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 5_000_000,
    # Searches compare numbers that stand in texts; the fast parser is off by one unit in the last place now and then.
    "precise_float_parsing": 1,
}


async def fetch_events(store: TelemetryStore, scans: Collection[EventScan]) -> dict[EventScan, GroupBlock]:
    """The answers to these scans, read on one of the store's reader threads.

    Raises: InputError - no such source or aggregation, too many keys; UnavailableError, BusyError - the store.
    """
    return await store.on_reader(lambda: read_events(store, scans)) if scans else {}


def read_events(store: TelemetryStore, scans: Collection[EventScan]) -> dict[EventScan, GroupBlock]:
    """The same, on the calling store thread."""
    answers: dict[EventScan, GroupBlock] = {}
    for together in plan_statements(scans):
        answers |= _answer(store, EventStatement(together))
    return answers


def plan_statements(scans: Collection[EventScan]) -> Iterator[list[EventScan]]:
    """The scans that are read together, so many at most."""
    by_reading: dict[tuple[Any, ...], list[EventScan]] = {}
    for scan in dict.fromkeys(scans):
        parse_aggregation(scan.aggregation, scan.measure)
        default_limits(len(scan.by))
        key = (find_source(scan.source).kind, scan.grid, scan.by, scan.missing, scan.clip_ns)
        by_reading.setdefault(key, []).append(scan)
    for group in by_reading.values():
        for first in range(0, len(group), SCANS_A_STATEMENT):
            yield group[first : first + SCANS_A_STATEMENT]


def _answer(store: TelemetryStore, statement: EventStatement) -> dict[EventScan, GroupBlock]:
    """Groups by their totals first; their buckets only of those that are kept, where there is more than one."""
    grid = statement.scans[0].grid
    if not statement.scans[0].by:
        return _fill(statement, {}, _read(store, statement, by_bucket=True))
    totals = _read(store, statement, by_bucket=False)
    kept = {scan: _keep(scan, place, totals) for place, scan in enumerate(statement.scans)}
    if grid.count == 1:
        return _fill(statement, kept, [(group, 0, values) for group, _, values, _ in totals])
    wanted = {group for groups, _ in kept.values() for group in groups}
    cells = _read(store, statement, by_bucket=True, groups=sorted(wanted)) if wanted else []
    return _fill(statement, kept, cells)


def _keep(scan: EventScan, place: int, rows: Sequence[tuple[Any, ...]]) -> tuple[list[Group], int]:
    """The groups that a scan keeps, and how many there are beyond them. rows: (group, bucket, values, found)."""
    aggregation = parse_aggregation(scan.aggregation, scan.measure)
    there = [(group, values[place]) for group, _, values, _ in rows if not math.isnan(values[place])]
    found = int(rows[0][3][place]) if rows else 0
    limits = scan.limits or default_limits(len(scan.by))
    groups = [group for group, _ in there]
    kept = keep_groups(groups, [v for _, v in there], limits, scan.limit, additive=aggregation.additive)
    return [groups[index] for index in kept], max(found, len(groups)) - len(kept)


def _fill(
    statement: EventStatement, kept: Mapping[EventScan, tuple[list[Group], int]], cells: Sequence[tuple[Any, ...]]
) -> dict[EventScan, GroupBlock]:
    """The blocks, from values by group and bucket."""
    answers = {}
    for place, scan in enumerate(statement.scans):
        groups, cut = kept.get(scan, _WHOLE)
        empty = parse_aggregation(scan.aggregation, scan.measure).empty
        values = np.full((len(groups), scan.grid.count), empty)
        rows = {group: row for row, group in enumerate(groups)}
        for group, bucket, found, *_ in cells:
            row = rows.get(group)
            if row is not None and not math.isnan(found[place]):
                values[row, bucket] = found[place]
        answers[scan] = GroupBlock(groups, values, cut)
    return answers


_WHOLE: Final[tuple[list[Group], int]] = ([()], 0)
"""The one group of a scan without keys."""


def _read(
    store: TelemetryStore, statement: EventStatement, *, by_bucket: bool, groups: Sequence[Group] = ()
) -> list[tuple[Group, int, list[float], list[int]]]:
    """Rows: group, bucket, value of each scan (NaN none), and of each scan how many groups there are in all."""
    sql, parameters = statement.sql(by_bucket=by_bucket, groups=groups)
    rows = store.read(sql, parameters, _SETTINGS).rows
    keys, scans = len(statement.scans[0].by), len(statement.scans)
    first = keys + 1
    return [
        (
            tuple(row[:keys]),
            int(row[keys]),
            [math.nan if value is None else float(value) for value in row[first : first + scans]],
            [int(number) for number in row[first + scans :]],
        )
        for row in rows
    ]
