"""A service check of DogStatsD: `_sc|name|status[|field...][|m:message]`. Source: DATADOG.md 1.1."""

from typing import Final

from lrcp.ingest.receivers.dogstatsd.event_line import parse_time_ns
from lrcp.ingest.receivers.dogstatsd.fields import parse_tags, parse_text
from lrcp.model.errors import DecodeError
from lrcp.model.event import CHECK_STATUSES, ServiceCheck

CHECK_MARK: Final = b"_sc"
_STATUSES: Final = {str(number).encode(): status for number, status in enumerate(CHECK_STATUSES)}


def parse_check(line: bytes) -> ServiceCheck:
    """A service check line. time_ns is 0 when the line has no usable `d:`.

    Raises: DecodeError - no name, or a status other than 0-3. A wrong optional field is skipped.
    """
    parts = line[4:].split(b"|")
    if len(parts) < 2 or line[3:4] != b"|":
        raise DecodeError("a service check is _sc|name|status")
    name, raw_status, *fields = parts
    if not name:
        raise DecodeError("the service check's name is empty")
    status = _STATUSES.get(raw_status)
    if status is None:
        raise DecodeError(f"{raw_status[:20]!r} is not a status from 0 to 3")
    check = ServiceCheck(0, parse_text(name), status)
    host_of_tags = ""
    for field in fields:
        host_of_tags = _apply_field(check, field) or host_of_tags
    check.host = check.host or host_of_tags
    return check


def _apply_field(check: ServiceCheck, field: bytes) -> str:
    """Note one field. Returns: the host that its tags name, '' for every other field."""
    if field[:1] == b"#":
        check.tags, host = parse_tags(field[1:])
        return host or ""
    mark = field[:2]
    if mark == b"h:":
        check.host = parse_text(field[2:])
    elif mark == b"d:":
        check.time_ns = parse_time_ns(field[2:]) or check.time_ns
    elif mark == b"m:":
        check.message = _unescaped(field[2:])
    return ""


def _unescaped(raw: bytes) -> str:
    """Undo what clients do to a message so that it stays one line and one field."""
    return parse_text(raw.replace(b"\\n", b"\n").replace(b"m\\:", b"m:"))
