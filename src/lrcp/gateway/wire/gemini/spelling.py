"""Google's JSON takes the names of its members in two spellings, `inlineData` and `inline_data`, and null for nothing."""

from typing import Any, Final

_OPAQUE: Final = frozenset(
    ["args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels"]
)
"""Members whose insides are the user's own, so that their names stay as they are."""
_MAX_DEPTH: Final = 32


def camel_names(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """JSON in the first spelling, without nulls; what lies below an opaque member stays as it is."""
    if isinstance(value, list) and depth:
        return [camel_names(item, depth - 1) for item in value]
    if not isinstance(value, dict) or not depth:
        return value
    named = {camel_name(name): item for name, item in value.items() if item is not None}
    return {name: item if name in _OPAQUE else camel_names(item, depth - 1) for name, item in named.items()}


def camel_name(name: str) -> str:
    """One name in the first spelling."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest) if first else name
