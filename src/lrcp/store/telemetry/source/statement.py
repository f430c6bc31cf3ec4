"""What the statements over `metrics` have in common: conditions with bound values, and bounds on what they may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrcp.store.telemetry.engine import map_error
from lrcp.store.telemetry.source.reading import Part
from lrcp.store.telemetry.store import TelemetryStore

MAX_ROWS: Final = 5_000_000
"""Rows of one answer, some 350 MB of columns."""

SETTINGS: Final[Mapping[str, Any]] = {
    "max_execution_time": 30,
    "max_memory_usage": 3_000_000_000,
    "max_rows_to_group_by": MAX_ROWS,
    "group_by_overflow_mode": "throw",
    "max_query_size": 64_000_000,
    "max_ast_elements": 1_000_000,
    "output_format_arrow_low_cardinality_as_dictionary": 1,
}

_TOO_MANY_ROWS: Final = 158


class TooManySeries(Exception):
    """A statement would have given more rows than MAX_ROWS."""


@dataclass(slots=True)
class Statement:
    """SQL with the values that are bound to it; values of users never stand in the text."""

    sql: str
    values: dict[str, Any] = field(default_factory=dict)


def bind_parts(parts: tuple[Part, ...], values: dict[str, Any]) -> str:
    """The condition that selects the parts; their metrics and times are added to values."""
    conditions = []
    for part in parts:
        n = len(values)
        values |= {f"metrics_{n}": list(part.metrics), f"from_{n}": part.start_s, f"to_{n}": part.end_s}
        conditions.append(
            f"(metric IN {{metrics_{n}:Array(String)}} AND m.time >= toDateTime({{from_{n}:Int64}}, 'UTC')"
            f" AND m.time < toDateTime({{to_{n}:Int64}}, 'UTC'))"
        )
    return f"({' OR '.join(conditions)})"


def read_columns(store: TelemetryStore, statement: Statement, **more: Any) -> pa.Table:
    """The columns of an answer; on a store thread. more: further settings of the engine.

    Raises: TooManySeries; UnavailableError, InputError - by map_error.
    """
    try:
        return store.client().query_arrow(statement.sql, parameters=statement.values, settings={**SETTINGS, **more})
    except ClickHouseError as error:
        if getattr(error, "code", None) == _TOO_MANY_ROWS:
            raise TooManySeries from error
        raise map_error(error) from error
