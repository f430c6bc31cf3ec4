"""A case file as plain values with the line of each of them, whichever of the two forms it is written in."""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lrcp.model.policy.problems import PolicyError
from lrcp.model.policy.text import read_policy_text
from lrcp.monitors.lab.case import CaseError

MAX_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class Document:
    """value: as YAML has it. lines: of each value by its place, `$.cases[0].expect[2]`; of what is not there, where it
    would stand in."""

    path: str
    value: dict[str, Any]
    lines: dict[str, int]

    def line(self, place: str) -> int:
        """The line of a place, or of what it is in; 1 where nothing is known."""
        while place and place not in self.lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return self.lines.get(place, 1)

    def error(self, place: str, message: str) -> CaseError:
        """What is wrong at a place."""
        return CaseError(self.path, self.line(place), message)


def read_case_document(path: str, text: bytes) -> Document:
    """Raises: CaseError - it cannot be read."""
    if len(text) > MAX_BYTES:
        raise CaseError(path, None, f"the file has {len(text)} bytes, at most {MAX_BYTES} are taken")
    return _read_text(path, text) if path.endswith(".test") else _read_yaml(path, text)


def _read_yaml(path: str, text: bytes) -> Document:
    if not text.strip():
        raise CaseError(path, 1, "the file is empty")
    try:
        value, lines = read_policy_text(text)
    except PolicyError as error:
        problem = error.problems[0]
        place = "" if problem.place == "$" else f"{problem.place}: "
        raise CaseError(path, problem.line, f"{place}{problem.message}") from None
    if not isinstance(value, dict):
        raise CaseError(path, 1, "a case file is an object with `monitor` and `cases`")
    return Document(path, value, lines)


# --- the plain-text form ---


def _read_text(path: str, text: bytes) -> Document:
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(path, text.count(b"\n", 0, error.start) + 1, "the text is not UTF-8") from None
    return _TextReader(path, words.splitlines()).read()


_SETTINGS: Final = frozenset({"start", "tick", "interval", "until", "name"})
_EXPECTATIONS: Final = frozenset({"at", "from", "notifies", "silent", "refused"})
_DETAILS: Final = frozenset({"title", "body", "contains", "lacks", "handles", "priority", "muted"})
_DETAIL_LISTS: Final = frozenset({"contains", "lacks"})
_RECORDS: Final = {"log": "logs", "span": "spans", "event": "events"}
_TYPES: Final = frozenset({"count", "gauge", "rate", "distribution", "set"})
_DEFINITIONS: Final = {"monitor": "monitors", "slo": "slos", "downtime": "downtimes", "rule": "rules"}
_NAMED: Final = re.compile(r"(?:(\S+)\s+)?(\{.*)\Z", re.S)
_MOMENTS: Final = re.compile(r"\s*((?:(?:at|from|to|every|count)\s+\S+\s+)+)(\{.*)\Z", re.S)


class _TextReader:
    """Lines of the plain-text form, one thing a line; JSON may go on over several lines until its braces are closed."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self._path = path
        self._source = lines
        self._place = 0
        self._value: dict[str, Any] = {"cases": []}
        self._lines: dict[str, int] = {"$": 1}
        self._in_case = False

    def read(self) -> Document:
        while self._place < len(self._source):
            line = self._source[self._place].strip()
            self._place += 1
            if line and not line.startswith("#"):
                self._take(line)
        if not self._value["cases"]:
            raise CaseError(self._path, len(self._source), "the file has no `case`")
        return Document(self._path, self._value, self._lines)

    def _take(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        number = self._place
        if word == "case":
            self._begin_case(rest, number)
        elif word in _DEFINITIONS:
            self._take_definition(_DEFINITIONS[word], rest, number)
        elif word in _SETTINGS:
            self._target()[word] = rest
            self._lines[f"{self._root()}.{word}"] = number
        elif not self._in_case:
            raise self._error(
                number, f"{word!r} is not expected there; expected monitor, slo, downtime, rule, start, tick or case"
            )
        elif word in _DETAILS:
            self._take_detail(word, rest, number)
        else:
            self._take_of_case(word, line, rest, number)

    def _begin_case(self, name: str, number: int) -> None:
        cases = self._value["cases"]
        self._lines[f"$.cases[{len(cases)}]"] = number
        cases.append({"name": name or f"case {len(cases) + 1}"})
        self._in_case = True

    def _take_definition(self, member: str, rest: str, number: int) -> None:
        found = _NAMED.match(rest)
        if found is None:
            file, as_, name = rest.partition(" as ")
            self._append(member, {"file": file.strip(), "as": name.strip()} if as_ else file.strip(), number)
            return
        document = self._json(found[2], number)
        if found[1] and member in ("monitors", "slos"):
            self._append(member, {"as": found[1], "document": document}, number)
        else:
            self._append(member, document, number)

    def _take_of_case(self, word: str, line: str, rest: str, number: int) -> None:
        if word in _EXPECTATIONS:
            self._append("expect", line, number)
        elif word in _TYPES:
            self._append("series", line, number)
        elif word == "check":
            self._append("checks", rest, number)
        elif word in _RECORDS:
            self._take_record(_RECORDS[word], rest, number)
        else:
            raise self._error(
                number,
                f"{word!r} is not expected in a case; expected a type of metric, check, log, span, event, at, from, notifies, silent or refused",
            )

    def _take_record(self, member: str, rest: str, number: int) -> None:
        found = _MOMENTS.match(rest)
        if found is None:
            raise self._error(
                number, 'a record is written as: log at 3m {"message": "..."}, or from 1m to 5m every 10s {...}'
            )
        words = found[1].split()
        when = dict(zip(words[::2], words[1::2], strict=True))
        self._append(member, self._json(found[2], number) | when, number)

    def _take_detail(self, word: str, rest: str, number: int) -> None:
        expected = self._value["cases"][-1].get("expect") or []
        if not expected or not str(expected[-1] if isinstance(expected[-1], str) else expected[-1]["line"]).startswith(
            "notifies"
        ):
            raise self._error(number, f"{word!r} stands below a line with `notifies`")
        if isinstance(expected[-1], str):
            expected[-1] = {"line": expected[-1]}
        given: Any = {"true": True, "false": False}.get(rest, rest) if word == "muted" else rest
        if word in _DETAIL_LISTS:
            expected[-1].setdefault(word, []).append(given)
        else:
            expected[-1][word] = given

    def _json(self, text: str, number: int) -> dict[str, Any]:
        """An object that begins on this line and may go on."""
        while True:
            try:
                value = msgspec.json.decode(text.encode())
                break
            except msgspec.MsgspecError as error:
                if "truncated" not in str(error) or self._place >= len(self._source):
                    raise self._error(number, f"the JSON cannot be read: {error}") from None
                text += "\n" + self._source[self._place]
                self._place += 1
        if not isinstance(value, dict):
            raise self._error(number, "the JSON must be an object")
        return value

    def _append(self, member: str, value: Any, number: int) -> None:
        listed = self._target().setdefault(member, [])
        self._lines[f"{self._root()}.{member}[{len(listed)}]"] = number
        listed.append(value)

    def _target(self) -> dict[str, Any]:
        target: dict[str, Any] = self._value["cases"][-1] if self._in_case else self._value
        return target

    def _root(self) -> str:
        return f"$.cases[{len(self._value['cases']) - 1}]" if self._in_case else "$"

    def _error(self, number: int, message: str) -> CaseError:
        return CaseError(self._path, number, message)
