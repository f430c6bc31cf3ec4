"""Rows of the store as Datadog's API shows them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lrcp.datadog.events_search.moments import moment_text
from lrcp.datadog.events_search.places import row_id

Row = Mapping[str, Any]


def log_item(row: Row) -> dict[str, Any]:
    """As v2 shows a log."""
    return {"id": row_id(row), "type": "log", "attributes": _without_blanks(log_content(row))}


def log_content(row: Row) -> dict[str, Any]:
    """What v1 and v2 have in common."""
    return {
        "timestamp": moment_text(row["time_ns"]),
        "status": row["status"],
        "service": row["service"],
        "host": row["host"],
        "message": row["message"],
        "tags": [*row["tags"], *_reserved_tags(row)],
        "attributes": _attributes(row),
    }


def _reserved_tags(row: Row) -> list[str]:
    """Reserved attributes that Datadog shows among the tags, unless they are there."""
    named = {tag.split(":", 1)[0] for tag in row["tags"]}
    return [f"{key}:{row[key]}" for key in ("source", "env") if row[key] and key not in named]


def _attributes(row: Row) -> dict[str, Any]:
    found = msgspec.json.decode(row["attributes"]) if row["attributes"] else {}
    ids = {key: row[key] for key in ("trace_id", "span_id") if row[key]}
    return {**found, **({"dd": ids} if ids and "dd" not in found else {})}


_SPAN_TEXTS: Final = {
    "error_type": "error.type",
    "error_message": "error.message",
    "version": "version",
    "kind": "span.kind",
    "ml_app": "ml_app",
    "session_id": "session_id",
    "user_id": "usr.id",
    "provider": "model_provider",
    "model": "model_name",
    "response_model": "response_model",
    "finish_reason": "finish_reason",
    "input": "input",
    "output": "output",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "reasoning_tokens": "reasoning_tokens",
    "cost_nusd": "cost_nusd",
    "ttft_ns": "ttft_ns",
}
"""Columns that stand among a span's `custom`, under the names that searches know."""


def span_item(row: Row) -> dict[str, Any]:
    """As v2 shows a span. Ids are hexadecimal, as they are stored and searched."""
    tags = row["tags"]
    custom = dict(tags) | {name: row[column] for column, name in _SPAN_TEXTS.items() if row[column] not in ("", None)}
    attributes = {
        "start_timestamp": moment_text(row["time_ns"]),
        "end_timestamp": moment_text(row["time_ns"] + row["duration_ns"]),
        "service": row["service"],
        "resource_name": row["resource"],
        "env": row["env"],
        "host": tags.get("host") or tags.get("host.name") or "",
        "trace_id": row["trace_id"],
        "span_id": row["span_id"],
        "parent_id": row["parent_id"] or "0",
        "type": tags.get("span.type", ""),
        "single_span": False,
        "tags": [f"{key}:{row[key]}" for key in ("env", "service", "version") if row[key]],
        "custom": nested({**custom, "duration": row["duration_ns"], "operation_name": row["name"]}),
        "attributes": {"status": row["status"], "duration": row["duration_ns"]},
    }
    return {"id": row_id(row), "type": "spans", "attributes": _without_blanks(attributes)}


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`a.b.c` as objects within each other; under its whole name where a value is in the way."""
    found: dict[str, Any] = {}
    for name in sorted(flat):
        *outer, leaf = name.split(".")
        at: Any = found
        for part in outer:
            at = at.setdefault(part, {}) if isinstance(at, dict) else None
        if isinstance(at, dict) and leaf not in at:
            at[leaf] = flat[name]
        else:
            found[name] = flat[name]
    return found


_PRIORITIES: Final = frozenset({"normal", "low"})


def event_item(row: Row) -> dict[str, Any]:
    """As v2 shows an event."""
    inner = {
        "title": row["title"],
        "status": row["alert_type"],
        "priority": row["priority"] if row["priority"] in _PRIORITIES else None,
        "hostname": row["host"],
        "aggregation_key": row["aggregation_key"],
        "source_type_name": row["source"],
        "timestamp": row["time_ns"] // 10**6,
        "evt": {"id": str(row["id"]), "type": "api"},
    }
    attributes = {
        "attributes": _without_blanks(inner),
        "message": row["text"],
        "tags": _event_tags(row),
        "timestamp": moment_text(row["time_ns"]),
    }
    return {"id": row_id(row), "type": "event", "attributes": attributes}


def older_event(row: Row, address: str) -> dict[str, Any]:
    """As v1 shows an event. address: of this server, for the event's own."""
    return {
        "id": row["id"],
        "id_str": str(row["id"]),
        "title": row["title"],
        "text": row["text"],
        "date_happened": row["time_ns"] // 10**9,
        "alert_type": row["alert_type"],
        "priority": row["priority"] if row["priority"] in _PRIORITIES else None,
        "host": row["host"],
        "source_type_name": row["source"],
        "tags": list(row["tags"]),
        "url": f"{address}/api/v1/events/{row['id']}",
    }


def _event_tags(row: Row) -> list[str]:
    tags = list(row["tags"])
    if row["source"] and not any(tag.startswith("source:") for tag in tags):
        tags.append(f"source:{row['source']}")
    return tags


def _without_blanks(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, {}, [])}
