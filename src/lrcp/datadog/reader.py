"""What lists and settings of metrics need of the telemetry store: to run one reading statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...


class Reader(Protocol):
    """Runs reading statements; lrcp.store.telemetry.store.TelemetryStore is one."""

    async def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Rows:
        """Raises: BusyError, UnavailableError."""
