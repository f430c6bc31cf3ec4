"""Whether a plain value has the shape of a record: every member that is unknown, missing or of the wrong type, by place."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

Found = tuple[str, str]
"""Place, and what is wrong there."""


class _Member(NamedTuple):
    type: Any
    required: bool


def find_misshapen(value: Any, kind: Any, place: str = "$") -> Iterator[Found]:
    """What msgspec.convert(value, kind) would stumble over, all of it, in the order of the document."""
    bare, bounds = _split(kind)
    origin = get_origin(bare)
    if origin in (Union, UnionType):
        yield from _of_union(value, bare, place)
    elif isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        yield from _of_record(value, bare, place)
    elif origin is tuple:
        yield from _of_list(value, get_args(bare)[0], bounds, place)
    elif origin is not None and issubclass(_as_class(origin), Mapping):
        key, inner = get_args(bare)
        yield from _of_mapping(value, key, inner, place)
    elif message := _of_leaf(value, kind):
        yield place, _SECRET_MESSAGES.get(place.rpartition(".")[2], message)


_SECRET_MESSAGES: Final = {
    "key_variable": "it must be the name of an environment variable such as OPENAI_API_KEY; a key itself is never in a policy"
}
"""Members whose value is not repeated, as somebody may have put a secret there."""


def _split(kind: Any) -> tuple[Any, msgspec.Meta | None]:
    """A type without its annotation, and the annotation."""
    if get_origin(kind) is not Annotated:
        return kind, None
    return kind.__origin__, next((m for m in kind.__metadata__ if isinstance(m, msgspec.Meta)), None)


def _as_class(origin: Any) -> type:
    return origin if isinstance(origin, type) else object


def _of_union(value: Any, kind: Any, place: str) -> Iterator[Found]:
    """Of `X | None`, the only unions of a policy."""
    if value is None:
        return
    (inner,) = (one for one in get_args(kind) if one is not NoneType)
    yield from find_misshapen(value, inner, place)


def _of_record(value: Any, kind: type[msgspec.Struct], place: str) -> Iterator[Found]:
    if not isinstance(value, dict):
        yield (
            place,
            f"it must be an object, with members such as {', '.join(list(_members(kind))[:4])}, not {_name_of(value)}",
        )
        return
    members = _members(kind)
    for name, inner in value.items():
        if name in members:
            yield from find_misshapen(inner, members[name].type, f"{place}.{name}")
        else:
            yield f"{place}.{name}", _say_unknown(str(name), list(members))
    for name, member in members.items():
        if member.required and name not in value:
            yield place, f"the member `{name}` is missing"


@cache
def _members(kind: type[msgspec.Struct]) -> Mapping[str, _Member]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _Member(hints[field.name], field.required) for field in msgspec.structs.fields(kind)}


def _say_unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, 1)
    return (
        f"there is no such member; did you mean `{close[0]}`?"
        if close
        else (f"there is no such member, only {', '.join(known)}")
    )


def _of_list(value: Any, kind: Any, bounds: msgspec.Meta | None, place: str) -> Iterator[Found]:
    if not isinstance(value, list):
        yield place, f"it must be a list, not {_name_of(value)}"
        return
    for number, inner in enumerate(value):
        yield from find_misshapen(inner, kind, f"{place}[{number}]")
    if bounds and bounds.min_length is not None and len(value) < bounds.min_length:
        yield place, f"it must have at least {bounds.min_length}"
    if bounds and bounds.max_length is not None and len(value) > bounds.max_length:
        yield place, f"it has {len(value)}, at most {bounds.max_length} are taken"


def _of_mapping(value: Any, key: Any, kind: Any, place: str) -> Iterator[Found]:
    if not isinstance(value, dict):
        yield place, f"it must be an object, not {_name_of(value)}"
        return
    for name, inner in value.items():
        if message := _of_leaf(name, key):
            yield f"{place}.{name}", f"as a name, {message}"
        else:
            yield from find_misshapen(inner, kind, f"{place}.{name}")


def _of_leaf(value: Any, kind: Any) -> str:
    """What is wrong with a value that is neither record nor list nor object; '' when nothing is."""
    bare, bounds = _split(kind)
    if get_origin(bare) is Literal:
        allowed = get_args(bare)
        return "" if value in allowed and type(value) in map(type, allowed) else _say_choice(value, allowed)
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if bounds and bounds.pattern and isinstance(value, str):
            return f"{_shown(value)} does not match {bounds.pattern}"
        return _in_our_words(str(error), value)
    return ""


def _say_choice(value: Any, allowed: tuple[Any, ...]) -> str:
    return f"{_shown(value)} is none of {', '.join(map(str, allowed))}"


_EXPECTED: Final = re.compile(r"Expected `(\w+)`(?:, got `\w+`| (.*))?\Z")
_NAMES: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "an object",
    "NoneType": "null",
}


def _in_our_words(message: str, value: Any) -> str:
    """`Expected `int` >= 1` as a person would say it."""
    found = _EXPECTED.match(message)
    if found is None:
        return message
    bound = f" {found[2]}" if found[2] else ""
    return f"it must be {_NAMES.get(found[1], found[1])}{bound}, not {_name_of(value) if not bound else _shown(value)}"


def _name_of(value: Any) -> str:
    """A value in a message: what it is, and itself when it is short and not text that may be a secret."""
    name = _NAMES.get(type(value).__name__, type(value).__name__)
    return f"{name} ({value})" if type(value) in (int, float) else name


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}..."
