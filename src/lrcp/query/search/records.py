"""Reading a facet's values from a record in memory.

A record is a mapping with the columns of its table by name, times as Unix nanoseconds (`time_ns`, of spans `start_ns`);
`tags` a list, of spans a mapping; `attributes` JSON text or a mapping; of spans also `evaluations`, {name: score or label}.
What is missing is as an empty column.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from lrcp.query.search.facets import (
    AttributeFacet,
    EvaluationFacet,
    Facet,
    MapFacet,
    MembersFacet,
    NumberFacet,
    TagFacet,
    TextFacet,
    WordsFacet,
)
from lrcp.query.search.numbers import number_text

Record = Mapping[str, Any]
Value = str | int | float
Read = Callable[[Record], list[Value]]
"""The values of a facet in a record: texts that are not empty, and numbers; [] where it has none."""


def compile_facet(facet: Facet) -> Read:
    """How to read it."""
    return _READERS[type(facet)](facet)


def text_of(value: Value) -> str:
    """A value as the text that groups and patterns see."""
    return value if isinstance(value, str) else number_text(value)


def _read_text(facet: TextFacet) -> Read:
    def read(record: Record) -> list[Value]:
        text = record.get(facet.column) or facet.blank
        return [text] if text else []

    return read


def _read_number(facet: NumberFacet) -> Read:
    def read(record: Record) -> list[Value]:
        number = record.get(facet.column)
        more = record.get(facet.plus) if facet.plus else 0
        if number is None or more is None:
            return []
        return [(number + more) / facet.per if facet.per != 1 else number + more]

    return read


def _read_words(facet: WordsFacet) -> Read:
    return _read_text(TextFacet(facet.column))


def _read_tag(facet: TagFacet) -> Read:
    prefix = f"{facet.key}:"
    size = len(prefix)
    return lambda record: [tag[size:] for tag in record.get("tags") or () if tag.startswith(prefix) and len(tag) > size]


def _read_members(_: MembersFacet) -> Read:
    return lambda record: [tag for tag in record.get("tags") or () if tag]


def _read_map(facet: MapFacet) -> Read:
    def read(record: Record) -> list[Value]:
        tags = record.get("tags") or {}
        found = next((tags[key] for key in facet.keys if tags.get(key)), "")
        return [found] if found else []

    return read


def _read_attribute(facet: AttributeFacet) -> Read:
    paths = attribute_paths(facet.name)
    tagged = _read_tag(TagFacet(facet.name))

    def read(record: Record) -> list[Value]:
        attributes = attributes_of(record)
        found = next((found for path in paths if (found := _walk(attributes, path)) is not None), None)
        elements = found if isinstance(found, list) else [found]
        values = [value for element in elements if (value := _value(element)) not in (None, "")]
        return [*values, *tagged(record)] if facet.or_tag else values

    return read


def _read_evaluation(facet: EvaluationFacet) -> Read:
    def read(record: Record) -> list[Value]:
        value = (record.get("evaluations") or {}).get(facet.name)
        return [] if value is None or value == "" else [value]

    return read


_READERS: Final[dict[type, Callable[[Any], Read]]] = {
    TextFacet: _read_text,
    NumberFacet: _read_number,
    WordsFacet: _read_words,
    TagFacet: _read_tag,
    MembersFacet: _read_members,
    MapFacet: _read_map,
    AttributeFacet: _read_attribute,
    EvaluationFacet: _read_evaluation,
}

_MAX_PARTS: Final = 12


def attribute_paths(name: str) -> tuple[tuple[str, ...], ...]:
    """Where `a.b.c` may be in a JSON object: under its whole name, an object for each dot, or one dot that parts two names."""
    parts = name.split(".")
    if len(parts) > _MAX_PARTS:
        return ((name,),)
    halves = ((".".join(parts[:i]), ".".join(parts[i:])) for i in range(1, len(parts)))
    return tuple(dict.fromkeys([(name,), tuple(parts), *halves]))


def attributes_of(record: Record) -> Mapping[str, Any]:
    """The attributes, decoded; {} when they are no JSON object."""
    attributes = record.get("attributes")
    if not attributes:
        return {}
    return attributes if isinstance(attributes, Mapping) else _decoded(attributes)


@lru_cache(maxsize=1024)
def _decoded(text: str) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _walk(attributes: Any, path: Iterable[str]) -> Any:
    for name in path:
        if not isinstance(attributes, Mapping):
            return None
        attributes = attributes.get(name)
    return attributes


def _value(element: Any) -> Value | None:
    """A text or a number; true and false are texts; what is nested deeper is nothing."""
    if isinstance(element, bool):
        return "true" if element else "false"
    return element if isinstance(element, str | int | float) else None


def prose_of(record: Record, column: str) -> list[str]:
    """The texts of a column that a search for words looks through: a text, JSON, or each tag as `key:value`."""
    content = record.get(column)
    if not content:
        return [] if column == "tags" else [""]
    if isinstance(content, str):
        return [content]
    if isinstance(content, Mapping):
        return [f"{key}:{value}" for key, value in content.items()]
    return list(content)
