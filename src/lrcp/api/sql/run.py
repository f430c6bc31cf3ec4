"""Running a user's statement: guarded, limited, its errors placed in the text."""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from lrcp.api.problems import ApiError
from lrcp.api.reader import TelemetryReader
from lrcp.api.sql.guard import check_syntax_tree, is_allowed_show, strip_statement, subquery_names
from lrcp.model.errors import BusyError, LrcpError

SQL_LIMITS: Final[Mapping[str, Any]] = {
    "max_execution_time": 15,
    "max_memory_usage": 1_500_000_000,
    "max_rows_to_read": 2_000_000_000,
    "max_result_rows": 10_000,
    "max_result_bytes": 50_000_000,
    "result_overflow_mode": "throw",
    "allow_ddl": 0,
    "allow_introspection_functions": 0,
}
"""Seconds, bytes, rows, rows, bytes."""

_PREFIX: Final = "EXPLAIN AST "


async def run_sql(reader: TelemetryReader, query: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """{"columns": [{"name", "type"}], "rows": [[...]]}. settings: the limits, and what the engine needs besides.

    Raises: ApiError 400 - refused, or wrong SQL, with the position where the engine gives one.
    """
    statement = strip_statement(query)
    lead_chars = query.index(statement)
    if not is_allowed_show(statement):
        tree = await _query(reader, _PREFIX + statement, {}, lead_chars - len(_PREFIX))
        check_syntax_tree((row[0] for row in tree.rows), subquery_names(statement))
    result = await _query(reader, statement, settings, lead_chars)
    columns = result.columns or await _describe(reader, statement)
    return {
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "rows": [[_plain(value) for value in row] for row in result.rows],
    }


_NO_RESULT_SET: Final = ("EXPLAIN", "SHOW", "DESC")


async def _describe(reader: TelemetryReader, statement: str) -> list[tuple[str, str]]:
    """Columns of a statement without rows: the embedded engine sends none along with nothing."""
    if statement.upper().startswith(_NO_RESULT_SET):
        return []
    described = await _query(reader, f"DESCRIBE ({statement}\n)", {}, 0)
    return [(row[0], row[1]) for row in described.rows]


async def _query(reader: TelemetryReader, statement: str, settings: Mapping[str, Any], shift: int) -> Any:
    try:
        return await reader.query(statement, {}, settings)
    except BusyError:
        raise
    except LrcpError as error:
        raise _engine_problem(str(error), shift) from error


_CODE = re.compile(r"Code: (\d+)")
_POSITION = re.compile(r"failed at position (\d+)")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")
_NOISE = re.compile(
    r"(Code: \d+\. )?DB::Exception: |default: |\s*\(version [^)]*(\([^)]*\))?\)|\([A-Z][A-Z0-9_]+\)\.?\s*\Z"
)
_ADDED = re.compile(
    r" at position \d+( \([^)]{1,40}\))?|\s*\(line \d+, col \d+\)|\s*FORMAT Native|\s+SETTINGS max_execution_time = .*'(?=\.|\Z)"
)
"""What speaks of the statement as it was sent to the engine, not as the user wrote it."""
_STATUS_OF_CODE: Final = {"159": 408, "241": 413, "158": 413, "396": 413, "307": 413}
"""Engine codes of statements that ran into a limit: time, memory, rows to read, rows or bytes of the result."""


def _engine_problem(message: str, shift: int) -> ApiError:
    code, place, name = _CODE.search(message), _POSITION.search(message), _NAME.findall(message)
    text = _ADDED.sub("", _NOISE.sub("", message)).strip()
    position = max(0, int(place[1]) - 1 + shift) if place else None
    return ApiError(
        _STATUS_OF_CODE.get(code[1] if code else "", 400),
        text[:2_000],
        position=position,
        engine_code=int(code[1]) if code else None,
        engine_error=name[-1] if name else None,
    )


def _plain(value: Any) -> Any:
    """A value as JSON can carry it: times in ISO 8601, NaN and infinity as null, numbers over 64 bits as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, bool)) else str(value)


def encode_result(result: dict[str, Any]) -> bytes:
    """The result as JSON."""
    return msgspec.json.encode(result)
