"""The text of a policy, YAML or JSON, as plain values, with the line that each of them stands on.

YAML is read as version 1.2 means it (`on` and `yes` are words, not truth values; dates are words), without anchors,
aliases and tags: a policy is data, and what it says is what is written.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from lrcp.model.policy.problems import PolicyError, PolicyProblem

MAX_POLICY_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
"""Of nested lists and objects; a policy needs seven."""
_TOO_DEEP: Final = f"lists and objects are nested deeper than {MAX_DEPTH}"
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Lines = dict[str, int]
"""Place (`$.routes[0].name`) to line, from 1; empty where lines are not known."""


def read_policy_text(text: bytes) -> tuple[Any, Lines]:
    """The value of a document and its lines; a document that begins with `{` is JSON. Raises: PolicyError."""
    if len(text) > MAX_POLICY_BYTES:
        raise _wrong(f"the document has {len(text)} bytes, at most {MAX_POLICY_BYTES} are taken")
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong("the text is not UTF-8", line=text.count(b"\n", 0, error.start) + 1) from None
    if words.lstrip().startswith("{"):
        return _read_json(words.encode()), {}
    return _read_yaml(words)


def _wrong(message: str, *, place: str = "$", line: int | None = None) -> PolicyError:
    return PolicyError([PolicyProblem(place=place, message=message, line=line)])


_BYTE: Final = re.compile(r"\(byte (\d+)\)")


def _read_json(text: bytes) -> Any:
    try:
        value = msgspec.json.decode(text)
        _refuse_deep(value, 0)
    except RecursionError:
        raise _wrong(_TOO_DEEP) from None
    except msgspec.MsgspecError as error:
        found = _BYTE.search(str(error))
        line = text.count(b"\n", 0, int(found[1])) + 1 if found else None
        raise _wrong(f"the text is not JSON: {_BYTE.sub('', str(error)).strip()}", line=line) from None
    return value


def _refuse_deep(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _wrong(_TOO_DEEP)
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_deep(inner, depth + 1)


def _read_yaml(text: str) -> tuple[Any, Lines]:
    try:
        return _YamlReader(iter(yaml.parse(text, Loader=_Loader))).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise _wrong(f"the text is not YAML: {said}", line=mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise _wrong(f"the text is not YAML: {str(error).partition(chr(10))[0]}") from None


class _YamlReader:
    """Builds plain values from the parser's events, so that nothing is made that was not written."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines: Lines = {}

    def read(self) -> tuple[Any, Lines]:
        next(self._events)  # the stream's start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _wrong("the document is empty; a policy without any rule is {}")
        value = self._value(next(self._events), "$", 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _wrong("there is a second document; a policy is one", line=after.start_mark.line + 1)
        return value, self._lines

    def _value(self, event: Any, place: str, depth: int) -> Any:
        line = self._lines[place] = event.start_mark.line + 1
        _refuse_unplain(event, place, line)
        if depth > MAX_DEPTH:
            raise _wrong(_TOO_DEEP, line=line)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value, place, line) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(place, depth + 1)
        return self._object(place, depth + 1)

    def _list(self, place: str, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, f"{place}[{len(values)}]", depth))
        return values

    def _object(self, place: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            _refuse_unplain(event, place, line)
            if not isinstance(event, yaml.ScalarEvent):
                raise _wrong("a member's name must be a word", place=place, line=line)
            inner = f"{place}.{event.value}"
            if event.value in values:
                raise _wrong(f"it is given twice, first on line {self._lines[inner]}", place=inner, line=line)
            values[event.value] = self._value(next(self._events), inner, depth)
            self._lines[inner] = line
        return values


def _refuse_unplain(event: Any, place: str, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise _wrong(
            "anchors (&) and aliases (*) are not taken; write the value out, or quote it", place=place, line=line
        )
    if event.tag and event.tag != "!":
        raise _wrong(f"the tag {event.tag[:40]} is not taken", place=place, line=line)


_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,19}\Z")
NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?\Z")


def _scalar(word: str, place: str, line: int) -> Any:
    """The value of a word without quotes, by the core schema of YAML 1.2."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word)
    if not NUMBER.match(word):
        return word
    number = float(word)
    if number in (float("inf"), float("-inf")):
        raise _wrong(f"the number {word[:40]} is too large", place=place, line=line)
    return number
