"""Gemini's own schemas (a subset of OpenAPI's, types in upper case) as JSON schemas, which every other provider takes."""

from typing import Any, Final

from lrcp.gateway.wire.gemini.spelling import camel_name

_COUNTS: Final = frozenset({"minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"})
_DROPPED: Final = frozenset({"propertyOrdering", "nullable", "example"})
"""Order and examples are hints; nullable is said by the type."""


def to_json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema that says the same; members in either spelling of Google's JSON."""
    given = {camel_name(name): value for name, value in schema.items()}
    said = {name: _convert(name, value) for name, value in given.items() if name not in _DROPPED}
    if given.get("nullable") and isinstance(said.get("type"), str):
        said["type"] = [said["type"], "null"]
    return said


def without_dialect(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema for Gemini's JSON-schema members, which take no `$schema`."""
    return {name: value for name, value in schema.items() if name != "$schema"}


def _convert(name: str, value: Any) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower()
    if name == "properties" and isinstance(value, dict):
        return {key: _nested(item) for key, item in value.items()}
    if name == "anyOf" and isinstance(value, list):
        return [_nested(item) for item in value]
    if name in ("items", "additionalProperties"):
        return _nested(value)
    if name in _COUNTS and isinstance(value, str) and value.isdigit():
        return int(value)
    return value


def _nested(schema: Any) -> Any:
    return to_json_schema(schema) if isinstance(schema, dict) else schema
