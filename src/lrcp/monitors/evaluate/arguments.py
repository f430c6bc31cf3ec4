"""Arguments of `anomalies`, `outliers` and `forecast`, as plain values."""

from lrcp.model.errors import InputError
from lrcp.monitors.duration import parse_duration_s
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Call, Number, Text, Word

BUCKET_S = 10


def text_at(call: Call, place: int, usual: str) -> str:
    """The word or text at a place, behind the query."""
    argument = call.arguments[place] if place < len(call.arguments) else None
    return argument.value if isinstance(argument, Text | Word) else usual


def number_at(call: Call, place: int, usual: float) -> float:
    """The number at a place, behind the query."""
    argument = call.arguments[place] if place < len(call.arguments) else None
    if isinstance(argument, Text):
        return float(argument.value)
    return argument.value if isinstance(argument, Number) else usual


def text_of(call: Call, name: str, usual: str | None = None) -> str | None:
    """A keyword's text."""
    found = call.keyword(name)
    return found.value if isinstance(found, Text | Word) else usual


def seconds_of(call: Call, name: str, usual_s: int) -> int:
    """A keyword's duration (`60`, `'60m'`, `'last_15m'`, `'1w'`), in multiples of the 10 s that points are kept in.

    Raises: QueryError - it is none.
    """
    found = call.keyword(name)
    if found is None:
        return usual_s
    try:
        seconds = int(found.value) if isinstance(found, Number) else parse_duration_s(found.value)
    except InputError as error:
        raise QueryError(f"{name} of {call.name}(): {error}") from error
    if seconds <= 0:
        raise QueryError(f"{name} of {call.name}() is a duration above 0")
    return -(-seconds // BUCKET_S) * BUCKET_S
