"""Which trace a request belongs to, as its headers tell: W3C traceparent, or Datadog's own, 128-bit ids whole.

Sources: W3C Trace Context; Datadog's propagation headers (`_dd.p.tid` in x-datadog-tags is the high half of the id;
in tracestate the same keys are spelled `t.tid` in the `dd=` member).
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from lrcp.model.ids import new_span_id, new_trace_id, span_hex, trace_hex

_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?\Z")
_TID: Final = re.compile(r"[0-9a-f]{16}\Z")
_NO_PARENT: Final = frozenset({"", "0", "undefined"})
_MAX_U64: Final = (1 << 64) - 1


class TraceContext(msgspec.Struct, frozen=True, gc=False):
    """The place of the gateway's span: trace_id 32 hex digits, span_id 16, parent_id 16 or '' at the root.

    reported: the caller reports this generation itself, so the gateway's span must not be counted as one more.
    """

    trace_id: str
    span_id: str
    parent_id: str = ""
    reported: bool = False

    def traceparent(self) -> bytes:
        """The header that continues this trace below the gateway's span."""
        return f"00-{self.trace_id}-{self.span_id}-01".encode()


def continue_trace(headers: Mapping[bytes, bytes]) -> TraceContext:
    """The trace that the headers (lower-case names) continue, or a new one."""
    tags = _datadog_tags(headers)
    trace_id, parent_id = _w3c_ids(headers) or _datadog_ids(headers, tags) or (new_trace_id(), "")
    return TraceContext(trace_id, new_span_id(), parent_id, _is_reported(headers, tags))


def _w3c_ids(headers: Mapping[bytes, bytes]) -> tuple[str, str] | None:
    match = _TRACEPARENT.match(headers.get(b"traceparent", b"").strip())
    if match is None:
        return None
    trace_id, parent_id = match[1].decode(), match[2].decode()
    return (trace_id, parent_id) if int(trace_id, 16) and int(parent_id, 16) else None


def _datadog_ids(headers: Mapping[bytes, bytes], tags: Mapping[str, str]) -> tuple[str, str] | None:
    low = _decimal_u64(headers.get(b"x-datadog-trace-id", b""))
    if not low:
        return None
    high = tags.get("tid", "")
    parent = _decimal_u64(headers.get(b"x-datadog-parent-id", b""))
    return trace_hex(low, int(high, 16) if _TID.match(high) else 0), span_hex(parent)


def _decimal_u64(raw: bytes) -> int:
    """The number, 0 when it is none or too large."""
    text = raw.strip()
    number = int(text) if text.isdigit() and len(text) <= 20 else 0
    return number if number <= _MAX_U64 else 0


def _datadog_tags(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """What a Datadog tracer passes on about the trace, keys without their `_dd.p.` or `t.`; {} for most callers."""
    tags: dict[str, str] = {}
    if raw := headers.get(b"tracestate"):
        members = (member.strip() for member in raw.decode("latin-1").split(","))
        datadog = next((member[3:] for member in members if member.startswith("dd=")), "")
        tags.update(_pairs(datadog, ";", ":", "t."))
    if raw := headers.get(b"x-datadog-tags"):
        tags.update(_pairs(raw.decode("latin-1"), ",", "=", "_dd.p."))
    return tags


def _pairs(text: str, between: str, inside: str, prefix: str) -> dict[str, str]:
    split = (item.strip().partition(inside) for item in text.split(between))
    return {key[len(prefix) :]: value for key, _, value in split if key.startswith(prefix)}


def _is_reported(headers: Mapping[bytes, bytes], tags: Mapping[str, str]) -> bool:
    """Whether the caller reports the generation itself.

    Datadog's tracers pass on the id of the LLM Observability span they are in ('undefined' when in none; the ml_app
    alone is always passed on and says nothing). Everyone else says it with x-lrcp-instrumented: 1, or 0 to deny it.
    """
    said = headers.get(b"x-lrcp-instrumented", b"").strip().lower()
    if said:
        return said in (b"1", b"true", b"yes")
    return tags.get("llmobs_parent_id", "") not in _NO_PARENT
