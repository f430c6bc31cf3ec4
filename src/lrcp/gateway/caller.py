"""Who asks, as the headers of a request tell: session, user, tags, priority."""

from collections.abc import Mapping
from typing import Final

from lrcp.gateway.exchange import Caller

_MAX_CHARS: Final = 200
_MAX_TAGS: Final = 20
_MAX_TAG_CHARS: Final = 100
_PRIORITIES: Final = frozenset({"low", "normal", "high"})


def read_caller(headers: Mapping[bytes, bytes]) -> Caller:
    """The caller; what is missing or malformed is left at its default, for a header must not fail a request."""
    tags = parse_tags(headers.get(b"x-lrcp-tags", b""))
    priority = header_text(headers, b"x-lrcp-priority").lower()
    return Caller(
        team=tags.get("team", ""),
        service=tags.get("service", ""),
        session=header_text(headers, b"x-lrcp-session"),
        user=header_text(headers, b"x-lrcp-user"),
        priority=priority if priority in _PRIORITIES else "normal",
        tags=tags,
    )


def parse_tags(raw: bytes) -> dict[str, str]:
    """`key:value, key:value` as a mapping; at most 20 of them, each side at most 100 characters."""
    if not raw:
        return {}
    pairs = (item.strip().partition(":") for item in raw.decode("utf-8", "replace").split(",")[:_MAX_TAGS])
    return {key[:_MAX_TAG_CHARS]: value.strip()[:_MAX_TAG_CHARS] for key, colon, value in pairs if colon and key}


def header_text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """A header's text, at most 200 characters; '' when it is not there."""
    raw = headers.get(name)
    return raw.decode("utf-8", "replace").strip()[:_MAX_CHARS] if raw else ""
