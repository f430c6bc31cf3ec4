"""Resource: a thing kept as its document, in Datadog's own JSON."""

from typing import Any

import msgspec


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One document. kind: monitor, slo, downtime, dashboard, ...; id: a number or a UUID, as text. Times: Unix nanoseconds."""

    kind: str
    id: str
    created_ns: int
    modified_ns: int
    document: dict[str, Any]
    deleted_ns: int | None = None
