"""A span's attributes, sorted into tags and the ones that feed columns."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from lrcp.ingest.receivers.otlp.conventions import is_mapped
from lrcp.ingest.receivers.otlp.protobuf_wire import parse_attribute
from lrcp.ingest.receivers.otlp.values import as_text, plain

AttributeReader = Callable[[Iterable[Any], dict[str, str]], dict[str, Any] | None]
"""(attributes, tags) -> mapped attributes as plain values, None when there are none; the others are put into tags."""

_MAX_REMEMBERED: Final = 16_384
_MAX_REMEMBERED_BYTES: Final = 128


def read_parsed(attributes: Iterable[Any], tags: dict[str, str]) -> dict[str, Any] | None:
    """Attributes as KeyValue messages or their JSON twins."""
    found: dict[str, Any] = {}
    for pair in attributes:
        key, value = pair.key, plain(pair.value)
        if is_mapped(key):
            found[key] = value
        else:
            tags[key] = as_text(value)
    return found or None


def raw_reader() -> AttributeReader:
    """A reader of attributes as the bytes of KeyValue messages, that remembers short ones it has seen.

    What it remembers is bounded (a few megabytes) and thrown away whole when full: traffic with only new values then
    costs a little more than without a memory, traffic with repeated ones far less.
    """
    seen: dict[bytes, tuple[str, Any, bool]] = {}
    find = seen.get

    def learn(raw: bytes) -> tuple[str, Any, bool]:
        pair = parse_attribute(raw)
        key, value = pair.key, plain(pair.value)
        mapped = is_mapped(key)
        entry = (key, value if mapped else as_text(value), mapped)
        if len(raw) <= _MAX_REMEMBERED_BYTES:
            if len(seen) >= _MAX_REMEMBERED:
                seen.clear()
            seen[raw] = entry
        return entry

    def read(attributes: Iterable[bytes], tags: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = None
        for raw in attributes:
            key, value, mapped = find(raw) or learn(raw)
            if not mapped:
                tags[key] = value
            elif found is None:
                found = {key: value}
            else:
                found[key] = value
        return found

    return read
