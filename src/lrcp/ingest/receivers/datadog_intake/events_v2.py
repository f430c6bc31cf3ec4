"""Events intake v2: `/api/v2/events`, a change or an alert."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import as_json, as_list, as_object, as_tags, as_text, parse_json
from lrcp.ingest.receivers.datadog_intake.events import (
    MAX_KEY_CHARS,
    MAX_TEXT_CHARS,
    bounded_text,
    event_id,
    event_time_ns,
    required_text,
)
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.event import Event
from lrcp.model.ids import payload_digest
from lrcp.model.tags import normalize_tags

MAX_TAGS: Final = 100
MAX_IMPACTED: Final = 100
MAX_LINKS: Final = 20
_ALERT_TYPES: Final = {"error": "error", "warn": "warning", "ok": "success"}
_PRIORITIES: Final = frozenset({"1", "2", "3", "4", "5"})


def decode_events_v2(request: Request) -> Decoded:
    """One event. Raises: InputError - a field is missing or wrong; the message has its path."""
    data = as_object(as_object(parse_json(request.body), "the body").get("data"), "data")
    payload = as_object(data.get("attributes"), "data.attributes")
    event, has_own_time = _read_event(payload, request)
    event.id = event_id(request)
    digest = payload_digest(request.path.encode(), request.body) if has_own_time else b""
    return Decoded(Reply(202, _rendered(event)), Batch(events=[event], digest=digest, size_bytes=len(request.body)))


def _read_event(payload: dict[str, Any], request: Request) -> tuple[Event, bool]:
    sent = as_text(payload.get("timestamp"), "timestamp")
    event = Event(_parse_time_ns(sent, request) if sent else request.received_ns, "")
    event.title = required_text(payload, "title", MAX_TEXT_CHARS)
    event.text = bounded_text(payload, "message", MAX_TEXT_CHARS)
    event.aggregation_key = bounded_text(payload, "aggregation_key", MAX_KEY_CHARS)
    event.host = as_text(payload.get("host"), "host")
    event.source = as_text(payload.get("integration_id"), "integration_id") or "custom-events"
    tags = as_tags(payload.get("tags"))
    if len(tags) > MAX_TAGS:
        raise InputError(f"tags has {len(tags)} items, the limit is {MAX_TAGS}")
    attributes = as_object(payload.get("attributes"), "attributes")
    category = as_text(payload.get("category"), "category")
    if category == "change":
        tags += _read_change(attributes)
    elif category == "alert":
        _read_alert(event, attributes)
    else:
        raise InputError(
            'JSON validation failed at $.data.attributes.category: value must be one of: ["alert", "change"].'
        )
    event.tags = normalize_tags([*tags, f"category:{category}"])
    event.text = event.text or as_json(attributes)[:MAX_TEXT_CHARS]
    return event, bool(sent)


def _read_change(attributes: dict[str, Any]) -> list[str]:
    """Check a change's attributes. Returns: tags that name what changed."""
    changed = as_object(attributes.get("changed_resource"), "attributes.changed_resource")
    name, kind = required_text(changed, "name", 200), required_text(changed, "type", 200)
    impacted = attributes.get("impacted_resources")
    if impacted is not None and len(as_list(impacted, "attributes.impacted_resources")) > MAX_IMPACTED:
        raise InputError(f"attributes.impacted_resources has more than {MAX_IMPACTED} items")
    return [f"changed_resource_name:{name}", f"changed_resource_type:{kind}"]


def _read_alert(event: Event, attributes: dict[str, Any]) -> None:
    """Check an alert's attributes and note its severity."""
    status = as_text(attributes.get("status"), "attributes.status")
    if status not in _ALERT_TYPES:
        raise InputError("attributes.status must be warn, error or ok")
    priority = as_text(attributes.get("priority"), "attributes.priority") or "5"
    if priority not in _PRIORITIES:
        raise InputError("attributes.priority must be '1' to '5'")
    links = attributes.get("links")
    if links is not None and len(as_list(links, "attributes.links")) > MAX_LINKS:
        raise InputError(f"attributes.links has more than {MAX_LINKS} items")
    event.alert_type, event.priority = _ALERT_TYPES[status], priority


def _parse_time_ns(text: str, request: Request) -> int:
    """An ISO 8601 time; without a zone it is UTC. Raises: InputError."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return event_time_ns(moment.timestamp(), request)
    except (ValueError, OverflowError):
        raise InputError("timestamp must be an ISO 8601 time") from None


def _rendered(event: Event) -> bytes:
    evt = {"id": str(event.id), "uid": f"{event.id:016x}"}
    data = {"type": "event", "id": "_", "attributes": {"attributes": {"evt": evt}}}
    return msgspec.json.encode({"data": data, "links": {"self": f"/event/event?uid={evt['uid']}"}})
