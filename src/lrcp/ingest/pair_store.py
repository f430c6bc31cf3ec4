"""Finding the other view of an operation among the rows that are stored already. Runs on the writer thread."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec

from lrcp.ingest.processors.pairs import Row, Told, merge_views, operation_key, pair_within
from lrcp.model.span import Span
from lrcp.store.telemetry.store import TelemetryStore

_Item = TypeVar("_Item")

_FIELDS: Final = msgspec.structs.fields(Span)
_SELECT: Final = ", ".join(
    "toUnixTimestamp64Nano(start_time) AS start_ns" if field.name == "start_ns" else field.name for field in _FIELDS
)
_NEAR_NS: Final = 24 * 3600 * 1_000_000_000
"""The two views of an operation tell the same start; the bound keeps the search to the days in question."""

_MAX_IDS: Final = 5_000
"""Of one statement: a ClickHouse server takes 128 KiB of one parameter."""

_FIND: Final = f"""
SELECT derive, {_SELECT} FROM spans
WHERE span_id IN {{ids:Array(String)}}
  AND start_time >= fromUnixTimestamp64Nano({{from_ns:Int64}}) AND start_time <= fromUnixTimestamp64Nano({{to_ns:Int64}})
"""
_REMOVE: Final = """
DELETE FROM spans WHERE awaits != '' AND span_id IN {ids:Array(String)}
  AND start_time >= fromUnixTimestamp64Nano({from_ns:Int64}) AND start_time <= fromUnixTimestamp64Nano({to_ns:Int64})
"""
_LEFT_BEHIND: Final = """
SELECT span_id, toUnixTimestamp64Nano(min(start_time)) AS from_ns FROM spans
WHERE ingested_at > now() - 86400
GROUP BY right(trace_id, 16), span_id HAVING countIf(awaits != '') > 0 AND countIf(awaits = '') > 0
"""


class PairStore:
    """Resolves the rows of one insert; the rows that merged ones replace are removed a little later.

    A merged row is stored before the row that it replaces is removed. Should the process die in between, `recover`
    removes what was left behind.
    """

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store
        self._to_replace: list[Span] = []
        self._replaced: list[Span] = []

    def resolve(self, rows: Sequence[Row]) -> tuple[list[Row], list[bool]]:
        """Merge rows with each other and with stored ones.

        Returns: the rows to insert, and for each whether it counts in the derived metrics.
        """
        self._to_replace = []
        if not any(span.awaits for span, _ in rows):
            return list(rows), [True] * len(rows)
        done, waiting = pair_within(rows)
        derive = [True] * len(done)
        stored = self._find([span for span, _ in waiting.values()])
        for key, row in waiting.items():
            for resolved, counts in self._resolve_one(row, stored.get(key)):
                done.append(resolved)
                derive.append(counts)
        return done, derive

    def _resolve_one(self, row: Row, told: Told | None) -> list[tuple[Row, bool]]:
        span, payload = row
        if told is None:
            return [(row, True)]
        if told.span.awaits in ("", span.awaits):  # already merged, or this view is already there
            return []
        merged = merge_views(told, Told(span))
        self._to_replace.append(told.span)
        return [((merged.span, payload), not merged.counted)]

    def mark_stored(self) -> None:
        """The insert of the resolved rows succeeded."""
        self._replaced += self._to_replace
        self._to_replace = []

    def remove_replaced(self) -> None:
        """Remove the rows that stored merged rows stand for."""
        if self._replaced:
            self._remove(self._replaced)
            self._replaced = []

    def recover(self) -> None:
        """Remove what a killed process left behind."""
        for rows in _parts(self._store.read(_LEFT_BEHIND).rows):
            ids, times = [row[0] for row in rows], [row[1] for row in rows]
            self._delete(ids, min(times), max(times))

    def _find(self, spans: Sequence[Span]) -> dict[str, Told]:
        found: dict[str, Told] = {}
        rows = (row for part in _parts(spans) for row in self._store.read(_FIND, _around(part)).rows)
        for derive, *values in rows:
            span = Span(*values)
            key = operation_key(span.trace_id, span.span_id)
            if key not in found or not span.awaits:
                found[key] = Told(span, bool(derive))
        return found

    def _remove(self, spans: Sequence[Span]) -> None:
        for part in _parts(spans):
            starts = [span.start_ns for span in part]
            self._delete([span.span_id for span in part], min(starts), max(starts))

    def _delete(self, ids: Sequence[str], from_ns: int, to_ns: int) -> None:
        bounds = {"ids": list(ids), "from_ns": from_ns - _NEAR_NS, "to_ns": to_ns + _NEAR_NS}
        self._store.command(_REMOVE, bounds, lightweight_delete_mode="lightweight_update")


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[first : first + _MAX_IDS] for first in range(0, len(items), _MAX_IDS))


def _around(spans: Sequence[Span]) -> dict[str, Any]:
    starts = [span.start_ns for span in spans]
    ids = [span.span_id for span in spans]
    return {"ids": ids, "from_ns": min(starts) - _NEAR_NS, "to_ns": max(starts) + _NEAR_NS}
