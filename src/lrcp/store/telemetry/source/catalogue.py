"""Catalogue: which tags a series has, by the hash that statements give instead of its tags.

A tag set is sent by the engine once, not with each row of each tick. Two tag sets with one hash would be one series; among a
million this has the odds of one in forty million.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.metric.scope_match import TagIndex
from lrcp.store.telemetry.source.reading import Part
from lrcp.store.telemetry.source.statement import Statement, bind_parts, read_columns
from lrcp.store.telemetry.store import TelemetryStore

Hashes = NDArray[np.uint64]

SERIES: Final = "cityHash64(m.tags)"

_MAX_TAG_SETS: Final = 1_000_000
_MAX_INDEXES: Final = 2000
_MAX_UNITS: Final = 100_000
_FORGOTTEN_AFTER: Final = 400
"""Readings after which units are asked for again; reading them with each row would cost a third of a statement."""
_MAX_LISTED: Final = 1000
"""Unknown series that are asked for by their hash; beyond, all of the parts' are."""


class Catalogue:
    """Tags by hash, within a bound, and the indexes of sets of series that are asked for again and again.

    Used by several reader threads at once: a dict is added to, or another one is put in its place, never taken from.
    """

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store
        self._tags: dict[int, tuple[str, ...]] = {}
        self._indexes: dict[bytes, TagIndex] = {}
        self._units: dict[str, str] = {}
        self._asked = 0

    def learn(self, series: Hashes, parts: tuple[Part, ...]) -> Mapping[int, tuple[str, ...]]:
        """The tags of series, read where they are not known; on a store thread. parts: where these series are.

        Raises: as read_columns.
        """
        tags = self._tags
        unknown = [one for one in series.tolist() if one not in tags]
        if not unknown:
            return tags
        learned = self._read(unknown, parts)
        if len(tags) + len(learned) > _MAX_TAG_SETS:
            tags = self._tags = {one: tags[one] for one in series.tolist() if one in tags}
        tags.update(learned)
        return tags

    def _read(self, unknown: list[int], parts: tuple[Part, ...]) -> dict[int, tuple[str, ...]]:
        values: dict[str, Any] = {}
        condition = bind_parts(parts, values)
        if len(unknown) <= _MAX_LISTED:
            condition += f" AND {SERIES} IN ({', '.join(map(str, unknown))})"
        sql = f"SELECT {SERIES} AS series, any(m.tags) AS tags FROM metrics AS m WHERE {condition} GROUP BY series"
        found = read_columns(self._store, Statement(sql, values))
        return dict(zip(found["series"].to_pylist(), map(tuple, found["tags"].to_pylist()), strict=True))

    def units(self, parts: tuple[Part, ...]) -> Mapping[str, str]:
        """The units of the parts' metrics, read where they are not known; on a store thread. Raises: as read_columns."""
        self._asked += 1
        units = self._units
        if self._asked % _FORGOTTEN_AFTER == 0 or len(units) > _MAX_UNITS:
            units = self._units = {}
        unknown = {metric for part in parts for metric in part.metrics} - units.keys()
        if unknown:
            values: dict[str, Any] = {"unknown": sorted(unknown)}
            condition = f"{bind_parts(parts, values)} AND metric IN {{unknown:Array(String)}}"
            sql = f"SELECT m.metric AS metric, max(m.unit) AS unit FROM metrics AS m WHERE {condition} GROUP BY metric"
            found = read_columns(self._store, Statement(sql, values))
            units.update(zip(found["metric"].to_pylist(), found["unit"].to_pylist(), strict=True))
        return units

    def index(self, series: Hashes, tags: Mapping[int, tuple[str, ...]]) -> TagIndex:
        """The tag sets of series, in their order, from what learn gave."""
        key = series.tobytes()
        found = self._indexes.get(key)
        if found is None:
            # A series whose day was dropped between two statements has no tags any more.
            found = TagIndex([tags.get(one, ()) for one in series.tolist()])
            if len(self._indexes) >= _MAX_INDEXES:
                self._indexes = {}
            self._indexes[key] = found
        return found
