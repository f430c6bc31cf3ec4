"""One log: Datadog's default preprocessing of reserved attributes, the rest kept as attributes."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from lrcp.ingest.mend import decode_mended
from lrcp.ingest.receivers.datadog_intake.body import as_json
from lrcp.model.errors import InputError
from lrcp.model.ids import span_hex, trace_hex
from lrcp.model.log import Log
from lrcp.model.log_status import STATUS_OF_SYSLOG, find_log_status
from lrcp.model.tags import normalize_tags, split_tag

MAX_LOG_BYTES: Final = 1_000_000
_TRUNCATED: Final = '{"truncated":true}'
"""Attributes of a log that has more of them than a log may hold."""

TIME_NAMES: Final = (
    "@timestamp",
    "timestamp",
    "_timestamp",
    "Timestamp",
    "eventTime",
    "date",
    "published_date",
    "syslog.timestamp",
)
HOST_NAMES: Final = ("hostname", "host", "syslog.hostname")
SERVICE_NAMES: Final = ("service", "syslog.appname", "dd.service")
STATUS_NAMES: Final = ("status", "severity", "level", "syslog.severity")
MESSAGE_NAMES: Final = ("message", "msg", "log")
TRACE_NAMES: Final = ("dd.trace_id", "contextMap.dd.trace_id", "trace_id")
SPAN_NAMES: Final = ("dd.span_id", "contextMap.dd.span_id", "span_id")
SOURCE_NAMES: Final = ("ddsource", "source")
ENV_NAMES: Final = ("dd.env", "env")
"""Attributes that are looked for, in this order; a dot in a name also stands for one level of nesting."""

_HEX_ID = re.compile(r"(0x)?[0-9a-fA-F]{16,32}").fullmatch
_DECIMAL_ID = re.compile(r"\d{1,39}").fullmatch
_MASK_64: Final = (1 << 64) - 1


class Defaults(msgspec.Struct):
    """What a request says of all its logs; a log's own attributes come first. tags: comma-separated."""

    received_ns: int
    source: str = ""
    tags: str = ""
    service: str = ""
    host: str = ""


class ReadLog(msgspec.Struct):
    """A log, and whether its time is its own and not that of its arrival."""

    log: Log
    has_own_time: bool


def read_log(item: Any, defaults: Defaults) -> ReadLog:
    """One item of a body: an object, or a text. Raises: InputError - neither."""
    if isinstance(item, str):
        item = {"message": item}
    if not isinstance(item, dict):
        raise InputError("a log must be an object or a string")
    fields = _unfolded(item)
    tags = [*_tags_of(defaults.tags), *_tags_of(fields.pop("ddtags", None))]
    time_ns = _time_ns(sent_time := _take(fields, TIME_NAMES))
    if sent_time is not None and not time_ns:
        fields["timestamp"] = sent_time  # in no form we know: kept to be read by a human
    log = Log(time_ns or defaults.received_ns, "")
    log.host = _text(_take(fields, HOST_NAMES)) or defaults.host
    log.service = _text(_take(fields, SERVICE_NAMES)) or defaults.service
    log.source = _text(_take(fields, SOURCE_NAMES)) or defaults.source
    log.status = read_status(_take(fields, STATUS_NAMES))
    log.trace_id = read_trace_id(_take(fields, TRACE_NAMES))
    log.span_id = read_span_id(_take(fields, SPAN_NAMES))
    log.env = _text(_take(fields, ENV_NAMES))
    log.message = _cut(_text(_take(fields, MESSAGE_NAMES)))
    _complete(log, tags, fields)
    return ReadLog(log, bool(time_ns))


def _complete(log: Log, tags: list[str], rest: dict[str, Any]) -> None:
    """Tags, what only tags say, and the attributes that are left."""
    log.tags = normalize_tags(tags)
    named = dict(split_tag(tag) for tag in log.tags)
    log.env = log.env or named.get("env", "")
    log.service = log.service or named.get("service", "")
    attributes = {name: value for name, value in rest.items() if value not in ({}, None)}
    text = as_json(attributes) if attributes else ""
    log.attributes = text if len(text) <= MAX_LOG_BYTES else _TRUNCATED


def _unfolded(item: dict[str, Any]) -> dict[str, Any]:
    """The item, and the attributes of a message that is itself a JSON object, as Datadog's JSON preprocessing has it."""
    fields = dict(item)
    text = fields.get("message")
    if isinstance(text, str) and text[:1] == "{" and text.rstrip()[-1:] == "}":
        try:
            inner = decode_mended(msgspec.json.decode, text.encode("utf-8", "replace"))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return fields
        if isinstance(inner, dict):
            outer = {name: value for name, value in fields.items() if name != "message"}
            return {**outer, **inner} if _has_message(inner) else {**outer, **inner, "message": text}
    return fields


def _has_message(fields: dict[str, Any]) -> bool:
    return any(isinstance(fields.get(name), str) for name in MESSAGE_NAMES)


def _take(fields: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The first attribute of these names that is there, taken out of fields; None when there is none."""
    for name in names:
        value = fields.get(name)
        if value is not None and not isinstance(value, dict):
            return fields.pop(name)
        head, dot, leaf = name.rpartition(".")
        value = _take_nested(fields, head, leaf) if dot else None
        if value is not None:
            return value
    return None


def _take_nested(fields: dict[str, Any], path: str, leaf: str) -> Any:
    """Take `leaf` out of the object at a dotted path; the objects on the way are copied, not changed."""
    at = fields
    for name in path.split("."):
        inner = at.get(name)
        if not isinstance(inner, dict):
            return None
        at[name] = dict(inner)
        at = at[name]
    value = at.get(leaf)
    return None if isinstance(value, dict) else at.pop(leaf, None)


def _text(value: Any) -> str:
    """An attribute as text: texts as they are, other values as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)


def _cut(message: str) -> str:
    """At most MAX_LOG_BYTES of UTF-8; more is cut, as the intake does."""
    if len(message) * 4 <= MAX_LOG_BYTES:
        return message
    raw = message.encode("utf-8", "replace")
    return message if len(raw) <= MAX_LOG_BYTES else raw[:MAX_LOG_BYTES].decode("utf-8", "ignore")


def _tags_of(value: Any) -> list[str]:
    """Tags: comma-separated text, or an array of texts."""
    if isinstance(value, str):
        return value.split(",")
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def read_status(value: Any) -> str:
    """Datadog's word for a level: syslog's numbers, or any word by its beginning; info for what is not known."""
    text = _text(value).strip().lower()
    if len(text) == 1 and "0" <= text <= "7":
        return STATUS_OF_SYSLOG[int(text)]
    return find_log_status(text) or "info"


def read_trace_id(value: Any) -> str:
    """A trace id, decimal (64 bits) or hexadecimal (128 or 64 bits), as 32 hex digits; '' when it is none."""
    number = _id_number(value)
    return trace_hex(number & _MASK_64, number >> 64) if number else ""


def read_span_id(value: Any) -> str:
    """A span id, decimal or hexadecimal, as 16 hex digits; '' when it is none."""
    number = _id_number(value)
    return span_hex(number) if number <= _MASK_64 else ""


def _id_number(value: Any) -> int:
    """An id as a number below 2**128, 0 for none. Sixteen digits without a letter could be either: 32 are hexadecimal."""
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if _DECIMAL_ID(text) and len(text) != 32:
        number = int(text)
    elif _HEX_ID(text):
        number = int(text, 16)
    else:
        return 0
    return number if number >> 128 == 0 else 0


def _time_ns(value: Any) -> int:
    """A time as Unix nanoseconds: ISO 8601, or a number since 1970 whose size tells its unit; 0 when it is none."""
    if isinstance(value, bool) or value is None:
        return 0
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return _iso_ns(value) if isinstance(value, str) else 0
    for limit, ns_per_unit in _UNITS:
        if 0 < number < limit:
            return int(number * ns_per_unit)
    return 0


_UNITS: Final = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (9e18, 1))
"""Upper limits of seconds, milliseconds, microseconds and nanoseconds since 1970, for times until the year 2255."""


def _iso_ns(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0, int(moment.timestamp() * 1_000_000) * 1_000)
    except (ValueError, OverflowError):
        return 0
