"""KnownMetrics over the telemetry store."""

from typing import Final

from lrcp.datadog.reader import Reader

_SETTINGS: Final = {"max_execution_time": 10}


class StoredMetrics:
    """The metrics in the store, as far back as it keeps them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find_type(self, metric: str) -> str | None:
        """As KnownMetrics.find_type; of a metric with several types, that of its newest points."""
        sql = "SELECT type FROM metrics WHERE metric = {metric:String} ORDER BY time DESC LIMIT 1"
        found = await self._reader.query(sql, {"metric": metric}, _SETTINGS)
        return str(found.rows[0][0]) if found.rows else None
