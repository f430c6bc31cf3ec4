"""Trace payloads as structs: v0.3 and v0.4 (maps), v0.5 (string table), v0.7 (a payload with chunks).

The structs are what tracers are meant to send; `tolerant` reads what some really send.
"""

from typing import Any

import msgspec


class WireSpan(msgspec.Struct, gc=False):
    """A span as v0.3, v0.4 and v0.7 have it. Ids are unsigned 64-bit numbers, times nanoseconds."""

    service: str = ""
    name: str = ""
    resource: str = ""
    trace_id: int = 0
    span_id: int = 0
    parent_id: int = 0
    start: int = 0
    duration: int = 0
    error: int = 0
    meta: dict[str, str] = {}
    metrics: dict[str, float] = {}
    type: str = ""
    meta_struct: dict[str, bytes] = {}
    span_links: Any = None
    span_events: Any = None


class WireIndexedSpan(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """A span as v0.5 has it: twelve values in a list, every text a place in the string table."""

    service: int
    name: int
    resource: int
    trace_id: int
    span_id: int
    parent_id: int
    start: int
    duration: int
    error: int
    meta: dict[int, int]
    metrics: dict[int, float]
    type: int


class WireChunk(msgspec.Struct, gc=False):
    """A piece of one trace, as v0.7 has it; its tags hold for all its spans."""

    spans: list[msgspec.Raw] = []
    tags: dict[str, str] = {}
    origin: str = ""


class WirePayload(msgspec.Struct, gc=False):
    """The body of v0.7."""

    chunks: list[WireChunk] = []
    tags: dict[str, str] = {}
    env: str = ""
    app_version: str = ""
    hostname: str = ""
    language_name: str = ""


class WireStatsGroup(msgspec.Struct, gc=False):
    """Counts of spans alike. Only what says that it is one is read."""

    name: str = msgspec.field(name="Name", default="")
    hits: int = msgspec.field(name="Hits", default=0)


class WireStatsBucket(msgspec.Struct, gc=False):
    """Ten seconds of stats; start in Unix nanoseconds."""

    start: int = msgspec.field(name="Start", default=0)
    duration: int = msgspec.field(name="Duration", default=0)
    stats: list[WireStatsGroup] = msgspec.field(name="Stats", default=[])


class WireStats(msgspec.Struct, gc=False):
    """The body of `/v0.6/stats`."""

    hostname: str = msgspec.field(name="Hostname", default="")
    env: str = msgspec.field(name="Env", default="")
    stats: list[WireStatsBucket] = msgspec.field(name="Stats", default=[])
