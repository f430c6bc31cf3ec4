"""Errors as Error Tracking counts them: spans that failed, and logs of errors that name a type; grouped into issues.

An issue is a service and a type of error. Source of the idea: Datadog groups by service, type, message and stack frames;
its fingerprint is not published, and ours is documented in docs/monitors/search.md.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from lrcp.query.search.facets import AttributeFacet
from lrcp.query.search.records import Read, Record, Value, compile_facet, text_of

ERROR_STATUSES: Final = ("error", "critical", "alert", "emergency")
TYPE_ATTRIBUTES: Final = ("error.kind", "error.type", "exception.type")
MESSAGE_ATTRIBUTES: Final = ("error.message", "exception.message")
"""Where a log tells what its error was, the first that is there."""

_TYPES: Final = [compile_facet(AttributeFacet(name)) for name in TYPE_ATTRIBUTES]
_MESSAGES: Final = [compile_facet(AttributeFacet(name)) for name in MESSAGE_ATTRIBUTES]


def issue_id(service: str, error_type: str) -> str:
    """The issue that an error belongs to: 32 hex digits."""
    return hashlib.md5(f"{service}\n{error_type}".encode(), usedforsecurity=False).hexdigest()


def error_records(spans: Sequence[Record], logs: Sequence[Record]) -> list[Record]:
    """The errors among these spans and logs, as records of the source error-tracking."""
    return [*_of_spans(spans), *_of_logs(logs)]


def _of_spans(spans: Sequence[Record]) -> Iterator[Record]:
    for span in spans:
        if span.get("status") == "error":
            tags = [f"{key}:{value}" for key, value in (span.get("tags") or {}).items()]
            yield {**_shared(span, span.get("error_type") or "", "apm"), "time_ns": span["start_ns"], "tags": tags}


def _of_logs(logs: Sequence[Record]) -> Iterator[Record]:
    for log in logs:
        kind = _first(_TYPES, log) if log.get("status", "info") in ERROR_STATUSES else ""
        if kind:
            message = _first(_MESSAGES, log) or log.get("message") or ""
            more = {"time_ns": log["time_ns"], "error_message": message, "host": log.get("host") or ""}
            yield {**_shared(log, kind, "logs"), **more, "tags": log.get("tags"), "attributes": log.get("attributes")}


def _shared(record: Record, kind: str, source: str) -> Record:
    names = ("service", "env", "trace_id", "span_id", "error_message")
    found = {name: record.get(name) or "" for name in names}
    return {**found, "error_type": kind, "source": source, "issue_id": issue_id(found["service"], kind)}


def _first(reads: Sequence[Read], record: Record) -> str:
    values: Iterator[Value] = (value for read in reads for value in read(record))
    return next((text_of(value) for value in values), "")
