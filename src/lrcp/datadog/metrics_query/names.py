"""Names and tags of the metrics that are stored: what the lists are made of."""

from collections.abc import Sequence
from typing import Any, Final

from lrcp.datadog.reader import Reader
from lrcp.query.metric.ast import Scope
from lrcp.query.metric.scope_match import TagIndex

MAX_NAMES: Final = 50_000
_MAX_TAG_SETS: Final = 200_000
_SETTINGS: Final = {"max_execution_time": 20, "max_memory_usage": 2_000_000_000}


class MetricNames:
    """Questions about metrics; times in Unix seconds, tags in the form they are stored in."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def active(self, since_s: int, tags: Sequence[str] = (), scope: Scope | None = None) -> list[str]:
        """Names of metrics with points since a time whose series have all of some tags, and one of them is within a scope."""
        values: dict[str, Any] = {"since": since_s, "tags": list(tags), "most": MAX_NAMES}
        if scope is None:
            return [row[0] for row in (await self._reader.query(_ACTIVE, values, _SETTINGS)).rows]
        sets: dict[str, list[tuple[str, ...]]] = {}
        for metric, of in (await self._reader.query(_TAG_SETS, values | {"most": _MAX_TAG_SETS}, _SETTINGS)).rows:
            sets.setdefault(metric, []).append(tuple(of))
        return [metric for metric, of in sets.items() if TagIndex(of).mask(scope).any()]

    async def named(self, part: str, since_s: int) -> list[str]:
        """Names that hold a text, in any case."""
        values = {"part": part.lower(), "since": since_s, "most": MAX_NAMES}
        return [row[0] for row in (await self._reader.query(_NAMED, values, _SETTINGS)).rows]

    async def types(self, names: Sequence[str]) -> dict[str, str]:
        """The type of each of some metrics, of its newest points."""
        rows = (await self._reader.query(_TYPES, {"names": list(names)}, _SETTINGS)).rows
        return {str(row[0]): str(row[1]) for row in rows}

    async def tags(self, metric: str, since_s: int) -> tuple[list[str], int]:
        """The tags of a metric, and how many series it has."""
        values = {"metric": metric, "since": since_s}
        rows = (await self._reader.query(_TAGS, values, _SETTINGS)).rows
        return (list(rows[0][0]), int(rows[0][1])) if rows else ([], 0)


_SINCE: Final = "time >= toDateTime({since:Int64}, 'UTC')"
_ACTIVE: Final = f"""
SELECT metric FROM metrics WHERE {_SINCE} AND hasAll(tags, {{tags:Array(String)}})
GROUP BY metric ORDER BY metric LIMIT {{most:UInt64}}"""
_TAG_SETS: Final = f"""
SELECT metric, tags FROM metrics WHERE {_SINCE} AND hasAll(tags, {{tags:Array(String)}})
GROUP BY metric, tags ORDER BY metric LIMIT {{most:UInt64}}"""
_NAMED: Final = f"""
SELECT metric FROM metrics WHERE {_SINCE} AND position(lower(metric), {{part:String}}) > 0
GROUP BY metric ORDER BY metric LIMIT {{most:UInt64}}"""
_TYPES: Final = "SELECT metric, argMax(type, time) FROM metrics WHERE metric IN {names:Array(String)} GROUP BY metric"
_TAGS: Final = f"""
SELECT arraySort(groupUniqArrayArray(50000)(tags)), uniqExact(tags) FROM metrics
WHERE metric = {{metric:String}} AND {_SINCE}"""
