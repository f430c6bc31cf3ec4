"""Logplex bodies: syslog frames, each with its length before it (RFC 6587), or one per line."""

import re
from typing import Any, Final

_LENGTH = re.compile(rb"(\d{1,7}) ").match
_SYSLOG = re.compile(r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) ?(.*)", re.DOTALL).fullmatch
_NONE: Final = "-"


def read_frames(body: bytes) -> list[dict[str, Any]]:
    """The logs of a body as objects with Datadog's attribute names. What is no frame is a line of text."""
    return [_read_frame(raw.decode("utf-8", "replace").rstrip("\r\n")) for raw in _split(body) if raw.strip()]


def _split(body: bytes) -> list[bytes]:
    frames: list[bytes] = []
    at = 0
    while at < len(body):
        length = _LENGTH(body, at)
        if length is None or length.end() + int(length[1]) > len(body):
            return [*frames, *body[at:].splitlines()]
        end = length.end() + int(length[1])
        frames.append(body[length.end() : end])
        at = end + (body[end : end + 1] == b"\n")
    return frames


def _read_frame(text: str) -> dict[str, Any]:
    """`<priority>1 time host app process message-id [data] message` by RFC 5424; other text is the message."""
    found = _SYSLOG(text)
    if found is None:
        return {"message": text}
    priority, time, host, app, process, _, message = found.groups()
    fields: dict[str, Any] = {"message": message.removeprefix("- "), "syslog": {"severity": int(priority) % 8}}
    named = {"timestamp": time, "hostname": host, "service": app, "procid": process}
    fields.update({name: value for name, value in named.items() if value != _NONE})
    return fields
