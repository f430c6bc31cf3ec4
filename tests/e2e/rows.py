"""Reading a test's rows: by what they are, and only the columns a test speaks of."""

from collections.abc import Iterable
from typing import Any

from tests.support.model_wires import USAGE

Row = dict[str, Any]
TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
CHAT_TOKENS = (USAGE.input, USAGE.output, USAGE.cached, USAGE.reasoning)


def pick(row: Row, *columns: str) -> tuple[Any, ...]:
    """The values of some columns."""
    return tuple(row[column] for column in columns)


def only(rows: Iterable[Row], **columns: Any) -> Row:
    """The one row with these values. Raises: AssertionError - none, or several."""
    found = every(rows, **columns)
    assert len(found) == 1, f"{len(found)} rows with {columns}"
    return found[0]


def every(rows: Iterable[Row], **columns: Any) -> list[Row]:
    """The rows with these values."""
    return [row for row in rows if all(row[name] == value for name, value in columns.items())]


def assert_one_row_each(rows: list[Row]) -> None:
    """No operation has two rows, and every parent but the roots' is there."""
    ids = [(row["trace_id"], row["span_id"]) for row in rows]
    assert len(ids) == len(set(ids))
    known = {row["span_id"] for row in rows}
    assert {row["parent_id"] for row in rows} - {""} <= known
