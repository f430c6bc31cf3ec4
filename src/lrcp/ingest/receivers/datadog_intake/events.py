"""Events intake v1: `/api/v1/events`, one event of the stream."""

from typing import Any, Final

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import as_number, as_object, as_tags, as_text, is_timely, parse_json
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.event import ALERT_TYPES, Event
from lrcp.model.ids import payload_digest
from lrcp.model.tags import normalize_tags

MAX_PAST_S: Final = 18 * 3600
MAX_FUTURE_S: Final = 600
MAX_TEXT_CHARS: Final = 4000
MAX_KEY_CHARS: Final = 100
_PRIORITIES: Final = frozenset({"normal", "low"})
_ALERT_WORDS: Final = ALERT_TYPES | {"user_update", "recommendation", "snapshot"}


def decode_events_v1(request: Request) -> Decoded:
    """One event. Raises: InputError - a field is wrong, or the event is more than 18 hours old."""
    fields = as_object(parse_json(request.body), "the body")
    event, has_own_time = read_event(fields, request)
    event.id = event_id(request)
    digest = payload_digest(request.path.encode(), request.body) if has_own_time else b""
    batch = Batch(events=[event], digest=digest, size_bytes=len(request.body))
    return Decoded(Reply(202, _rendered(event, fields)), batch)


def event_id(request: Request, index: int = 0) -> int:
    """A 63-bit id, the same whenever this payload is sent again. Never 0."""
    digest = payload_digest(request.path.encode(), request.body, index.to_bytes(4, "little"))
    return int.from_bytes(digest[:8], "little") >> 1 or 1


def read_event(fields: dict[str, Any], request: Request) -> tuple[Event, bool]:
    """An event of the v1 form, and whether it carries its own time. Raises: InputError."""
    sent_s = fields.get("date_happened")
    time_ns = request.received_ns if sent_s is None else event_time_ns(as_number(sent_s, "date_happened"), request)
    event = Event(time_ns, required_text(fields, "title", MAX_TEXT_CHARS))
    event.text = bounded_text(fields, "text", MAX_TEXT_CHARS)
    event.aggregation_key = bounded_text(fields, "aggregation_key", MAX_KEY_CHARS)
    event.source = as_text(fields.get("source_type_name"), "source_type_name")
    event.host = as_text(fields.get("host"), "host")
    event.alert_type = _one_of(fields, "alert_type", _ALERT_WORDS, "info")
    event.priority = _one_of(fields, "priority", _PRIORITIES, "normal")
    device = as_text(fields.get("device_name"), "device_name")
    event.tags = normalize_tags([*as_tags(fields.get("tags")), *([f"device:{device}"] if device else [])])
    return event, sent_s is not None


def event_time_ns(time_s: float, request: Request) -> int:
    """A moment an event may have. Raises: InputError - outside the intake's window."""
    if not is_timely(time_s, request.received_ns, past_s=MAX_PAST_S, future_s=float("inf")):
        raise InputError("Event too far in the past")
    if not is_timely(time_s, request.received_ns, past_s=MAX_PAST_S, future_s=MAX_FUTURE_S):
        raise InputError("Event too far in the future")
    return int(time_s * 1_000_000_000)


def required_text(fields: dict[str, Any], name: str, max_chars: int) -> str:
    """A text that must be there, cut to a length. Raises: InputError."""
    text = bounded_text(fields, name, max_chars)
    if not text:
        raise InputError(f"{name} is required")
    return text


def bounded_text(fields: dict[str, Any], name: str, max_chars: int) -> str:
    """A text, '' when missing, cut to a length. Raises: InputError - not a text."""
    return as_text(fields.get(name), name)[:max_chars]


def _one_of(fields: dict[str, Any], name: str, words: frozenset[str], default: str) -> str:
    word = as_text(fields.get(name), name) or default
    if word not in words:
        raise InputError(f"{name} must be one of {', '.join(sorted(words))}")
    return word


def _rendered(event: Event, fields: dict[str, Any]) -> bytes:
    """The event as the intake echoes it: what was not sent is null, and the tags are as they were sent."""
    echo = {
        "id": event.id,
        "id_str": str(event.id),
        "title": event.title,
        "text": event.text,
        "date_happened": event.time_ns // 1_000_000_000,
        "handle": None,
        "priority": fields.get("priority") and event.priority,
        "related_event_id": fields.get("related_event_id") if isinstance(fields.get("related_event_id"), int) else None,
        "tags": as_tags(fields.get("tags")),
        "host": event.host or None,
        "alert_type": event.alert_type,
        "url": f"/event/event?id={event.id}",
    }
    return msgspec.json.encode({"status": "ok", "event": echo})
