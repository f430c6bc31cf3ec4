"""What the statements of event scans read from: a table within a range of time, joined with evaluations, or errors of all tables."""

from typing import Final

from lrcp.query.memory.error_records import ERROR_STATUSES, MESSAGE_ATTRIBUTES, TYPE_ATTRIBUTES
from lrcp.query.search.facets import AttributeFacet, EventSource
from lrcp.store.telemetry.source.binder import Binder
from lrcp.store.telemetry.source.operands import Operands

_SKEW_NS: Final = 3_600 * 1_000_000_000
"""How much earlier than its span an evaluation may say that it was made."""


def in_range(column: str, from_ns: int, to_ns: int, binder: Binder) -> str:
    """The condition on a DateTime64 column. Compared with constants of its own type, or key analysis loses rows."""
    low, high = binder.integer(from_ns), binder.integer(to_ns)
    return f"{column} >= fromUnixTimestamp64Nano({low}, 'UTC') AND {column} < fromUnixTimestamp64Nano({high}, 'UTC')"


def relation(source: EventSource, from_ns: int, to_ns: int, binder: Binder, evaluations: list[str]) -> str:
    """What stands behind FROM: rows of the source's kind; those of errors are already within the range."""
    if source.kind == "errors":
        return f"({_errors(from_ns, to_ns, binder)})"
    joins = [
        f" LEFT JOIN ({_evaluation(number, name, from_ns, binder)}) AS e{number} ON span_id = e{number}.e{number}_id"
        for number, name in enumerate(evaluations)
    ]
    return source.kind + "".join(joins)


def _evaluation(number: int, name: str, from_ns: int, binder: Binder) -> str:
    """The newest evaluation of a name by span."""
    since = f"time >= fromUnixTimestamp64Nano({binder.integer(from_ns - _SKEW_NS)}, 'UTC')"
    newest = (
        "SELECT span_id, argMax((score, label), time) AS newest FROM evaluations"
        f" WHERE name = {binder.text(name)} AND span_id != '' AND {since} GROUP BY span_id"
    )
    return (
        f"SELECT span_id AS e{number}_id, newest.1 AS e{number}_score, toString(newest.2) AS e{number}_label"
        f" FROM ({newest})"
    )


def _errors(from_ns: int, to_ns: int, binder: Binder) -> str:
    """As query/memory/error_records.py has them, in the same columns."""
    spans = (
        "SELECT start_time AS time, toString(service) AS service, toString(env) AS env, '' AS host, trace_id, span_id,"
        " toString(error_type) AS error_type, error_message, 'apm' AS source, '' AS attributes,"
        " arrayMap((k, v) -> concat(toString(k), ':', v), mapKeys(tags), mapValues(tags)) AS tags"
        f" FROM spans WHERE {in_range('start_time', from_ns, to_ns, binder)} AND status = 'error'"
    )
    kind, message = (_first_text(names, binder) for names in (TYPE_ATTRIBUTES, MESSAGE_ATTRIBUTES))
    logs = (
        "SELECT time, toString(service) AS service, toString(env) AS env, toString(host) AS host, trace_id, span_id,"
        f" {kind} AS error_type, if({message} = '', message, {message}) AS error_message, 'logs' AS source, attributes,"
        " arrayMap(t -> toString(t), tags) AS tags"
        f" FROM logs WHERE {in_range('time', from_ns, to_ns, binder)}"
        f" AND status IN {binder.texts(ERROR_STATUSES)} AND error_type != ''"
    )
    return f"SELECT *, lower(hex(MD5(concat(service, '\\n', error_type)))) AS issue_id FROM ({spans} UNION ALL {logs})"


def _first_text(names: tuple[str, ...], binder: Binder) -> str:
    """The first value of the first of these attributes that has one, '' for none."""
    operands = Operands(binder)
    texts = ", ".join(operands.of(AttributeFacet(name)).texts() for name in names)
    return f"arrayConcat({texts})[1]"
