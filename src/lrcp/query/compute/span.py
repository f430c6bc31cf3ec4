"""Span: a grid of which only a part counts. Every query of an expression is planned and computed for a span."""

from dataclasses import dataclass
from typing import Final

from lrcp.model.metric import BUCKET_S
from lrcp.query.compute.calendar import calendar_of, edges_of, step_of
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Expression, MetricQuery, Modifier, Number, Text, Word
from lrcp.query.metric.walk import metric_queries_in
from lrcp.query.scan.grid import Grid

MOST_BUCKETS: Final = 5_000
"""Of a span; a finer `.rollup` is made coarser, a longer history refused."""


@dataclass(frozen=True, slots=True)
class Span:
    """Points within [since_s, until_s) count; the grid covers that, so its first and last bucket may be cut. Unix seconds."""

    grid: Grid
    since_s: int
    until_s: int

    def with_history(self, buckets: int) -> "Span":
        """The same with buckets more in front; a first bucket that was cut is whole then."""
        if not buckets:
            return self
        grid = self.grid
        longer = Grid(grid.start_s - buckets * grid.step_s, grid.step_s, grid.count + buckets)
        if longer.count > MOST_BUCKETS:
            raise QueryError(f"the query looks back over {longer.count} buckets, more than {MOST_BUCKETS}")
        return Span(longer, longer.start_s, self.until_s)

    def moved(self, by_s: int) -> "Span":
        """The same, later by so many seconds."""
        if not by_s:
            return self
        grid = Grid(self.grid.start_s + by_s, self.grid.step_s, self.grid.count)
        return Span(grid, self.since_s + by_s, self.until_s + by_s)


def span_of(expression: Expression, grid: Grid, until_s: int | None = None) -> Span:
    """What an expression is computed on: the grid that is asked for, unless all or the finest of its queries have a
    `.rollup` with an interval; that is aligned to the epoch, and cut where the grid begins and ends.

    until_s: where the window ends when that is before the grid's end.
    Raises: QueryError - times that are no multiples of 10 s, or that hold nothing.
    """
    end_s = grid.end_s if until_s is None else until_s
    if (
        grid.start_s % BUCKET_S
        or grid.step_s % BUCKET_S
        or end_s % BUCKET_S
        or grid.step_s <= 0
        or end_s <= grid.start_s
    ):
        raise QueryError(f"points are kept in buckets of {BUCKET_S} s; {grid} cannot be made of them")
    steps = {rollup_s(query, grid.start_s, end_s) or 0 for query in metric_queries_in(expression)}
    finest_s = min(steps - {0}, default=0)
    if not finest_s or (0 in steps and grid.step_s < finest_s):
        return Span(grid, grid.start_s, end_s)
    return Span(epoch_grid(grid.start_s, end_s, finest_s), grid.start_s, end_s)


def epoch_grid(since_s: int, until_s: int, step_s: int) -> Grid:
    """The grid of buckets aligned to the epoch that covers a window."""
    first, behind = since_s // step_s, -(-until_s // step_s)
    return Grid(first * step_s, step_s, max(1, behind - first))


def calendar_edges(query: MetricQuery, since_s: int, until_s: int) -> tuple[int, ...]:
    """Edges of a query's days, weeks, months or years; none when its rollup is not by the calendar."""
    found = calendar_of(query.modifier("rollup"))
    return () if found is None else edges_of(found, since_s, until_s)


def rollup_s(query: MetricQuery, since_s: int, until_s: int) -> int | None:
    """Seconds of a query's own rollup in a window, None for the automatic one. Rounded up to what the store keeps, and made
    coarser when the window would fall into more than MOST_BUCKETS. By the calendar: what divides all of its buckets."""
    rollup, length_s = query.modifier("rollup"), until_s - since_s
    edges = calendar_edges(query, since_s, until_s)
    given = float(step_of(edges)) if edges else _given_s(rollup) if rollup else 0.0
    if not given:
        return None
    step_s = max(BUCKET_S, -int(-given // BUCKET_S) * BUCKET_S)
    return step_s * max(1, -(-length_s // (step_s * MOST_BUCKETS)))


def _given_s(rollup: Modifier) -> float:
    """Seconds that a rollup names, 0 when it names none."""
    for argument in rollup.arguments:
        if isinstance(argument, Number):
            return argument.value
        if isinstance(argument, Word | Text) and argument.value == "hourly":
            return 3600.0
    return 0.0
