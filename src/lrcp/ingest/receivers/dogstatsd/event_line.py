"""An event of DogStatsD: `_e{titleBytes,textBytes}:title|text[|field...]`. Source: DATADOG.md 1.1."""

import re
from typing import Final

from lrcp.ingest.receivers.dogstatsd.fields import parse_integer, parse_tags, parse_text
from lrcp.model.errors import DecodeError
from lrcp.model.event import ALERT_TYPES, Event

EVENT_MARK: Final = b"_e{"
_HEADER = re.compile(rb"_e\{\+?(\d{1,10}),\+?(\d{1,10}).:", re.DOTALL).match
"""The byte before ':' should be '}'; the agent does not look at it."""
_PRIORITIES: Final = frozenset({"normal", "low"})
_TEXT_FIELDS: Final = {b"k:": "aggregation_key", b"s:": "source"}
MAX_EVENT_TIME_S: Final = 4_000_000_000
"""Year 2096; what is later does not fit the store's time."""


def parse_event(line: bytes) -> Event:
    """An event line. Lengths are of UTF-8 bytes. time_ns is 0 when the line has no usable `d:`.

    Raises: DecodeError - no header, an empty title, or fewer bytes than announced. A wrong optional field is skipped.
    """
    header = _HEADER(line)
    if header is None:
        raise DecodeError("an event starts with _e{title bytes,text bytes}:")
    title_end = header.end() + int(header[1])
    text_end = title_end + 1 + int(header[2])
    if title_end == header.end():
        raise DecodeError("the event's title is empty")
    if text_end > len(line):
        raise DecodeError(f"the event announces {text_end} bytes and has {len(line)}")
    event = Event(0, _unescaped(line[header.end() : title_end]), _unescaped(line[title_end + 1 : text_end]))
    host_of_tags = ""
    for field in line[text_end:].split(b"|"):
        host_of_tags = _apply_field(event, field) or host_of_tags
    event.host = event.host or host_of_tags
    return event


def _unescaped(raw: bytes) -> str:
    return parse_text(raw.replace(b"\\n", b"\n"))


def _apply_field(event: Event, field: bytes) -> str:
    """Note one field. Returns: the host that its tags name, '' for every other field."""
    if field[:1] == b"#":
        event.tags, host = parse_tags(field[1:])
        return host or ""
    mark, text = field[:2], parse_text(field[2:])
    if mark in _TEXT_FIELDS:
        setattr(event, _TEXT_FIELDS[mark], text)
    elif mark == b"h:":
        event.host = text
    elif mark == b"d:":
        event.time_ns = parse_time_ns(field[2:]) or event.time_ns
    elif mark == b"p:" and text in _PRIORITIES:
        event.priority = text
    elif mark == b"t:" and text in ALERT_TYPES:
        event.alert_type = text
    return ""


def parse_time_ns(raw: bytes) -> int:
    """Unix seconds as nanoseconds; 0, 'not sent', when it is no time that the store can hold."""
    try:
        seconds = parse_integer(raw)
    except DecodeError:
        return 0
    return seconds * 1_000_000_000 if 0 < seconds <= MAX_EVENT_TIME_S else 0
