"""What the settings of metrics need to know of the metrics themselves."""

from typing import Protocol


class KnownMetrics(Protocol):
    """The metrics that were ever stored."""

    async def find_type(self, metric: str) -> str | None:
        """count, gauge, rate, distribution or set; None for a metric that is not known. Raises: UnavailableError."""
