"""What the API needs of the telemetry store: to run one reading statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

QUERY_SETTINGS: Final[Mapping[str, int]] = {
    "max_execution_time": 20,
    "max_memory_usage": 2_000_000_000,
    "prefer_column_name_to_alias": 1,
}
"""Engine settings of the API's own statements: seconds, bytes; inside aggregates a name is the column, not its total."""


class QueryResult(Protocol):
    """What a statement gave: columns are (name, engine type), rows one sequence a row."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]: ...

    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...


class TelemetryReader(Protocol):
    """Runs reading statements over the tables of DESIGN section 5."""

    async def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> QueryResult:
        """Parameters are bound by the engine's {name:Type}; settings are engine settings of this statement.

        Raises: InputError - the statement is wrong; BusyError, UnavailableError - try again later.
        """


async def query_dicts(
    reader: TelemetryReader, sql: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Rows of one of the API's own statements, by column name."""
    result = await reader.query(sql, parameters, QUERY_SETTINGS)
    names = [name for name, _ in result.columns]
    return [dict(zip(names, row, strict=True)) for row in result.rows]
