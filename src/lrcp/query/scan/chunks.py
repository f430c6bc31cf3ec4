"""ChunkedSource: for going through history. It reads hours at once and answers the many small windows from them.

A bucket's content does not depend on what else a scan asks for, so a window is a slice of a wider scan whose buckets
stand at the same places.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lrcp.query.scan.blocks import Block, CheckBlock, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, Scan
from lrcp.query.scan.source import Source

CHUNK_S: Final = 3 * 3600
"""How much history is read at once, at least; windows of many buckets read more."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a scan's buckets are in a wider one: `identity` is the scan at time zero, the same for all slices of a line."""

    identity: Scan
    chunk: int
    wide: Scan
    offset: int


class ChunkedSource:
    """A Source over another, for scans whose times mostly go forward. It keeps one chunk of each line of scans."""

    def __init__(self, source: Source, *, chunk_s: int = CHUNK_S) -> None:
        self._source = source
        self._chunk_s = chunk_s
        self._kept: dict[Scan, tuple[int, Block]] = {}

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """As Source.fetch. Service checks are passed on as they are: each answer hangs on its own moment."""
        placed = {scan: self._place(scan) for scan in scans if not isinstance(scan, CheckScan)}
        missing = {place.identity: place for place in placed.values() if not self._has(place)}
        direct = [scan for scan in scans if isinstance(scan, CheckScan)]
        fresh = await self._source.fetch([*(place.wide for place in missing.values()), *direct])
        for identity, place in missing.items():
            self._kept[identity] = (place.chunk, fresh[place.wide])
        answers: dict[Scan, Block] = {scan: fresh[scan] for scan in direct}
        for scan, place in placed.items():
            assert not isinstance(scan, CheckScan)
            answers[scan] = slice_block(self._kept[place.identity][1], place.offset, scan.grid.count)
        return answers

    def _has(self, place: _Place) -> bool:
        kept = self._kept.get(place.identity)
        return kept is not None and kept[0] == place.chunk

    def _place(self, scan: Scan) -> _Place:
        assert not isinstance(scan, CheckScan)
        grid = scan.grid
        buckets = max(1, -(-max(self._chunk_s, 4 * grid.step_s * grid.count) // grid.step_s))
        phase_s = grid.start_s % grid.step_s
        number = (grid.start_s - phase_s) // grid.step_s
        chunk, offset = divmod(number, buckets)
        start_s = chunk * buckets * grid.step_s + phase_s
        wide = replace(scan, grid=Grid(start_s, grid.step_s, buckets + grid.count))
        return _Place(replace(scan, grid=Grid(phase_s, grid.step_s, grid.count)), chunk, wide, offset)


def slice_block(block: Block, first: int, count: int) -> Block:
    """Buckets [first, first + count) of a block, without the series and groups that have nothing there."""
    if isinstance(block, SeriesBlock):
        return _slice_series(block, slice(first, first + count))
    if isinstance(block, GroupBlock):
        values = block.values[:, first : first + count]
        rows = np.flatnonzero(~np.isnan(values).all(axis=1))
        return GroupBlock([block.groups[row] for row in rows], values[rows], block.cut)
    assert isinstance(block, CheckBlock)
    return block


def _slice_series(block: SeriesBlock, buckets: slice) -> SeriesBlock:
    rows = np.flatnonzero(~np.isnan(block.count[:, buckets]).all(axis=1))
    if not len(rows):
        return SeriesBlock.empty(Grid(0, 1, buckets.stop - buckets.start))
    whole = len(rows) == len(block.tags)
    pick = slice(None) if whole else rows
    return replace(
        block,
        tags=block.tags if whole else [block.tags[row] for row in rows],
        interval_s=block.interval_s[pick],
        count=block.count[:, buckets][pick],
        sum=block.sum[:, buckets][pick],
        minimum=block.minimum[:, buckets][pick],
        maximum=block.maximum[:, buckets][pick],
        last=block.last[:, buckets][pick],
    )
