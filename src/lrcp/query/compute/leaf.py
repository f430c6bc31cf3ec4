"""Leaf: one metric query of an expression over a span: which scans answer it."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import gcd
from typing import Final

from lrcp.model.metric import BUCKET_S
from lrcp.query.compute.span import MOST_BUCKETS, Span, calendar_edges, epoch_grid, rollup_s
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import MetricQuery, Modifier, Number, Text, Word
from lrcp.query.metric.calendar import PERIODS
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import SeriesScan, SketchScan

INTERPOLATION_S: Final = 300
"""Default limit of an interpolation, and the only one of gauges without `.fill`."""
LONGEST_FILL_S: Final = 3600
METHODS: Final = frozenset({"avg", "sum", "min", "max", "count", "last"})
FILLS: Final = frozenset({"linear", "last", "zero", "null"})


@dataclass(frozen=True, slots=True)
class Fill:
    """`.fill(method, limit)`. limit_s 0: of zero no limit, of the others nothing is filled."""

    method: str
    limit_s: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A metric query, prepared for a span. scans: one SeriesScan, or up to three SketchScans, in the order of time.

    span: what is rolled up, on the query's own grid and with the history that its fill needs. edges: of a rollup by the
    calendar, whose points stand in the columns where its buckets begin; else none. method: of `.rollup`, '' by type.
    aggregator: '' is avg. counted, rated: as_count, as_rate. fill: None by type.
    """

    query: MetricQuery
    span: Span
    scans: tuple[SeriesScan | SketchScan, ...]
    aggregator: str
    method: str
    counted: bool
    rated: bool
    weighted: bool
    fill: Fill | None
    edges: tuple[int, ...] = ()


@lru_cache(maxsize=8192)
def leaf_of(query: MetricQuery, span: Span) -> Leaf:
    """A query over a span, prepared.

    Raises: QueryError - a modifier with a method or a limit that does not exist.
    """
    fill = _fill(query.modifier("fill"))
    edges = calendar_edges(query, span.since_s, span.until_s)
    own = _own_span(query, span, None if edges else fill)
    sketch = query.condition is not None or (query.aggregator or "avg")[0] == "p"
    scans = _sketch_scans(query, own, edges) if sketch else (SeriesScan(query.metric, query.scope, _scan_grid(own)),)
    return Leaf(
        query=query,
        span=own,
        scans=scans,
        aggregator=query.aggregator or "avg",
        method=_method(query.modifier("rollup")),
        counted=query.modifier("as_count") is not None,
        rated=query.modifier("as_rate") is not None,
        weighted=query.modifier("weighted") is not None,
        fill=fill,
        edges=edges,
    )


def _own_span(query: MetricQuery, span: Span, fill: Fill | None) -> Span:
    """The span on the query's own grid, extended backwards as far as its fill carries a point."""
    step_s = rollup_s(query, span.since_s, span.until_s)
    if step_s is not None and step_s != span.grid.step_s:
        span = Span(epoch_grid(span.since_s, span.until_s, step_s), span.since_s, span.until_s)
    if fill is None or fill.method not in ("linear", "last"):
        return span
    return span.with_history(-(-fill.limit_s // span.grid.step_s))


def _scan_grid(span: Span) -> Grid:
    """The coarsest grid from which the span's buckets, the cut ones too, can be put together."""
    step_s = span.grid.step_s
    fine_s = gcd(step_s, span.since_s - span.grid.start_s, span.until_s - span.grid.start_s)
    if (span.until_s - span.since_s) // fine_s > MOST_BUCKETS:
        # The cut is moved outwards by less than a part in MOST_BUCKETS of the window rather than read so finely.
        least_s = -(-(span.until_s - span.since_s) // MOST_BUCKETS)
        fine_s = next((step_s // n for n in range(step_s // least_s, 0, -1) if not step_s % (n * BUCKET_S)), step_s)
    start_s = span.since_s - (span.since_s - span.grid.start_s) % fine_s
    return Grid(start_s, fine_s, max(1, -((start_s - span.until_s) // fine_s)))


def _sketch_scans(query: MetricQuery, span: Span, edges: tuple[int, ...]) -> tuple[SketchScan, ...]:
    """Percentiles of pieces cannot be put together, so cut buckets are scans of their own."""
    return tuple(
        SketchScan(query.metric, query.scope, query.by, grid, _quantile(query), query.condition)
        for grid in (_runs(span, edges) if edges else _pieces(span))
    )


def _runs(span: Span, edges: tuple[int, ...]) -> list[Grid]:
    """Neighbouring buckets of a calendar that last as long, each run as one grid; the first and the last cut by the span."""
    cut = [max(edges[0], span.since_s), *edges[1:-1], min(edges[-1], span.until_s)]
    runs: list[Grid] = []
    for start_s, end_s in pairwise(cut):
        if runs and runs[-1].step_s == end_s - start_s:
            runs[-1] = Grid(runs[-1].start_s, runs[-1].step_s, runs[-1].count + 1)
        else:
            runs.append(Grid(start_s, end_s - start_s, 1))
    return runs


def _quantile(query: MetricQuery) -> float | None:
    return None if query.condition is not None else query.percentile


def _pieces(span: Span) -> list[Grid]:
    step_s, since_s, until_s = span.grid.step_s, span.since_s, span.until_s
    first_s = span.grid.start_s - (span.grid.start_s - since_s) // step_s * step_s
    last_s = span.grid.start_s + (until_s - span.grid.start_s) // step_s * step_s
    if first_s >= last_s:  # within one bucket, or in two cut ones
        edges = [since_s, until_s] if first_s > last_s or first_s in (since_s, until_s) else [since_s, first_s, until_s]
        return [Grid(a, b - a, 1) for a, b in pairwise(edges)]
    pieces = [Grid(since_s, first_s - since_s, 1)] if since_s < first_s else []
    pieces.append(Grid(first_s, step_s, (last_s - first_s) // step_s))
    return pieces + ([Grid(last_s, until_s - last_s, 1)] if last_s < until_s else [])


def _method(rollup: Modifier | None) -> str:
    words = [a.value.lower() for a in rollup.arguments if isinstance(a, Word | Text)] if rollup else []
    if not words or words[0] in ("hourly", *PERIODS):
        return ""
    if words[0] not in METHODS:
        raise QueryError(f"there is no rollup method {words[0]}", expected=tuple(sorted(METHODS)))
    return words[0]


def _fill(modifier: Modifier | None) -> Fill | None:
    if modifier is None:
        return None
    words = [a.value.lower() for a in modifier.arguments if isinstance(a, Word | Text)]
    limits = [a.value for a in modifier.arguments if isinstance(a, Number)]
    return fill_of(words[0] if words else "linear", limits[0] if limits else None)


def fill_of(method: str, limit_s: float | None) -> Fill:
    """Checked arguments of a fill; without a limit 300 s, of zero none.

    Raises: QueryError - no such method, or a limit below 0 or above an hour.
    """
    if method not in FILLS:
        raise QueryError(f"there is no fill method {method}", expected=tuple(sorted(FILLS)))
    if limit_s is not None and not 0 <= limit_s <= LONGEST_FILL_S:
        raise QueryError(f"the limit of a fill is 0 to {LONGEST_FILL_S} s, not {limit_s:g}")
    return Fill(method, int(limit_s) if limit_s is not None else 0 if method == "zero" else INTERPOLATION_S)
