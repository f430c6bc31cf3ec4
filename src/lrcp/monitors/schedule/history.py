"""RecentHistory: a Source that reads long histories once, and then only what is new.

An anomaly monitor compares with days or weeks, of which one tick later all but the last bucket is the same.
Described in docs/monitors/algorithms.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import EventScan, Scan, SeriesScan, SketchScan
from lrcp.query.scan.source import Source

LONG_S: Final = 12 * 3600
LONG_BUCKETS: Final = 100
"""Shorter or coarser scans are read as they are: the engine is quick with them."""

OVERLAP_S: Final = 3600
"""What may still have arrived late is read again at each tick."""

REREAD_S: Final = 6 * 3600
"""The whole is read again so often, for points that arrived later than that; one history a tick."""

MAX_BYTES: Final = 128 * 1024 * 1024
"""Of all histories together; the ones that were not asked for the longest go first, a larger one is never kept."""

_Long = SeriesScan | SketchScan
_Kept = SeriesBlock | GroupBlock
Tags = tuple[str, ...]


@dataclass(slots=True)
class _History:
    """block: the answer over a grid. whole_s: end of the grid when all of it was read. size: bytes."""

    grid: Grid
    block: _Kept
    whole_s: int
    size: int


class RecentHistory:
    """A Source before another one. max_bytes: of what is kept in memory."""

    def __init__(self, source: Source, max_bytes: int = MAX_BYTES) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._kept: dict[_Long, _History] = {}
        self._past: dict[EventScan, Block] = {}

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """As Source.fetch: the same answers, but for points that came later than OVERLAP_S; those are seen in a while."""
        past = {scan: self._past[scan] for scan in scans if isinstance(scan, EventScan) and scan in self._past}
        tails = self._tails([scan for scan in scans if _is_long(scan)])
        asked = {tails.get(scan, scan) for scan in scans if scan not in past}
        found: dict[Scan, Block] = dict(await self._source.fetch(asked)) if asked else {}
        found.update(past.items())
        self._past = {scan: found[scan] for scan in scans if isinstance(scan, EventScan) and _is_past(scan)}
        answers = {scan: found[scan] for scan in scans if scan not in tails}
        again = []
        for scan, tail in tails.items():
            joined = self._join(scan, tail, found[tail])
            if joined is None:
                again.append(scan)
            else:
                answers[scan] = joined
        if again:
            answers |= await self._source.fetch(again)
        for scan, block in answers.items():
            self._keep(scan, block, whole=scan not in tails or scan in again)
        self._drop_old()
        return answers

    def _tails(self, scans: list[Scan]) -> dict[Scan, _Long]:
        """What is still to be read of histories that are kept. Of those whose time has come the oldest is read anew."""
        found: dict[Scan, _Long] = {}
        expired: list[tuple[int, Scan]] = []
        for scan in scans:
            assert isinstance(scan, SeriesScan | SketchScan)
            history = self._kept.get(_name(scan))
            tail = None if history is None else _tail(history.grid, scan.grid)
            if history is None or tail is None:
                continue
            found[scan] = replace(scan, grid=tail)
            if scan.grid.end_s - history.whole_s >= REREAD_S:
                expired.append((history.whole_s, scan))
        if expired:
            del found[min(expired, key=lambda one: one[0])[1]]
        return found

    def _join(self, scan: Scan, tail: _Long, block: Block) -> _Kept | None:
        """The kept part and the tail as one; None where the whole has to be read."""
        assert isinstance(scan, SeriesScan | SketchScan)
        history = self._kept[_name(scan)]
        joined: _Kept | None = None
        if isinstance(history.block, GroupBlock) and isinstance(block, GroupBlock) and not block.cut:
            joined = _join_groups(history.block, block, _Places(history.grid, scan.grid, tail.grid))
        if isinstance(history.block, SeriesBlock) and isinstance(block, SeriesBlock) and _alike(history.block, block):
            joined = _join_series(history.block, block, _Places(history.grid, scan.grid, tail.grid))
        return joined

    def _keep(self, scan: Scan, block: Block, *, whole: bool) -> None:
        if not _is_long(scan) or not isinstance(block, SeriesBlock | GroupBlock) or block.cut:
            return
        assert isinstance(scan, SeriesScan | SketchScan)
        if isinstance(block, SeriesBlock) and block.other_types:
            return
        before = self._kept.pop(_name(scan), None)
        size = _seal(block)
        if size <= self._max_bytes:
            whole_s = scan.grid.end_s if whole or before is None else before.whole_s
            self._kept[_name(scan)] = _History(scan.grid, block, whole_s, size)

    def _drop_old(self) -> None:
        """Those that nobody asks for any more, and the ones beyond the bound; the newest stand last."""
        newest_s = max((history.grid.end_s for history in self._kept.values()), default=0)
        size = sum(history.size for history in self._kept.values())
        for name, history in list(self._kept.items()):
            if size > self._max_bytes or newest_s - history.grid.end_s > REREAD_S:
                size -= history.size
                del self._kept[name]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of an answer come from: of the history and of the tail."""

    history: Grid
    whole: Grid
    tail: Grid

    def join(self, old: Array, old_rows: list[int], new: Array, new_rows: list[int], rows: int) -> Array:
        """float64[rows, whole.count]: each row of either in its place."""
        joined = np.full((rows, self.whole.count), np.nan)
        begin = (self.whole.start_s - self.history.start_s) // self.whole.step_s
        seam = (self.tail.start_s - self.whole.start_s) // self.whole.step_s
        joined[old_rows, :seam] = old[:, begin : begin + seam]
        joined[new_rows, seam:] = new
        return joined


def _is_long(scan: Scan) -> bool:
    """Percentiles and statistics of many buckets; a count of values says 0 or nothing by what else there is."""
    if isinstance(scan, SketchScan) and scan.condition is not None:
        return False
    if not isinstance(scan, SeriesScan | SketchScan):
        return False
    return scan.grid.count >= LONG_BUCKETS and scan.grid.end_s - scan.grid.start_s >= LONG_S


def _is_past(scan: EventScan) -> bool:
    """More than two days, which no window of events is, up to a full hour, such as what new issues are compared with: asked again as it is for an hour."""
    grid = scan.grid
    return grid.count == 1 and grid.step_s > 2 * 86_400 and grid.end_s % 3600 == 0


def _name(scan: _Long) -> _Long:
    """The scan without its time."""
    grid = scan.grid
    return replace(scan, grid=Grid(grid.start_s % grid.step_s, grid.step_s, grid.count))


def _tail(kept: Grid, wanted: Grid) -> Grid | None:
    """The part of a grid to be read when another one is kept; None: all of it."""
    overlap_s = -(-OVERLAP_S // wanted.step_s) * wanted.step_s
    start_s = kept.end_s - overlap_s
    if wanted.start_s < kept.start_s or wanted.end_s < kept.end_s or start_s <= wanted.start_s:
        return None
    count = (wanted.end_s - start_s) // wanted.step_s
    return Grid(start_s, wanted.step_s, count) if 2 * count < wanted.count else None


def _alike(old: SeriesBlock, new: SeriesBlock) -> bool:
    """Whether two blocks are of the same kind and complete; one without series fits to any."""
    same = not old.tags or not new.tags or (old.type == new.type and old.unit == new.unit)
    return same and not (new.cut or new.other_types)


def _rows(old: list[Tags], new: list[Tags]) -> tuple[list[Tags], list[int], list[int]]:
    """All names, the old ones first, and where the rows of either go."""
    places = {name: row for row, name in enumerate(old)}
    new_rows = [places.setdefault(name, len(places)) for name in new]
    return list(places), list(range(len(old))), new_rows


def _join_series(old: SeriesBlock, new: SeriesBlock, places: _Places) -> SeriesBlock:
    tags, old_rows, new_rows = _rows(old.tags, new.tags)

    def join(name: str) -> Array:
        return places.join(getattr(old, name), old_rows, getattr(new, name), new_rows, len(tags))

    count = join("count")
    there = np.logical_not(np.isnan(count).all(axis=1))
    interval_s = np.zeros(len(tags))
    interval_s[old_rows] = old.interval_s
    interval_s[new_rows] = np.maximum(interval_s[new_rows], new.interval_s)
    kind = new if new.tags else old
    return SeriesBlock(
        type=kind.type,
        unit=kind.unit,
        tags=[tag for tag, kept in zip(tags, there.tolist(), strict=True) if kept],
        interval_s=interval_s[there],
        count=count[there],
        sum=join("sum")[there],
        minimum=join("minimum")[there],
        maximum=join("maximum")[there],
        last=join("last")[there],
    )


def _join_groups(old: GroupBlock, new: GroupBlock, places: _Places) -> GroupBlock:
    groups, old_rows, new_rows = _rows(old.groups, new.groups)
    values = places.join(old.values, old_rows, new.values, new_rows, len(groups))
    there = np.logical_not(np.isnan(values).all(axis=1))
    return GroupBlock([group for group, kept in zip(groups, there.tolist(), strict=True) if kept], values[there])


def _seal(block: _Kept) -> int:
    """Bytes of the arrays, which nobody may write to any more: they are part of the next answer, too."""
    if isinstance(block, GroupBlock):
        arrays = [block.values]
    else:
        arrays = [block.interval_s, block.count, block.sum, block.minimum, block.maximum, block.last]
    for array in arrays:
        array.flags.writeable = False
    return sum(array.nbytes for array in arrays)
