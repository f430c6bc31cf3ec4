"""Lines of expectations, the same in both forms of case files.

at 7m service:checkout ALERT 60
from 0m to 6m50s of slow * OK
notifies at 7m service:checkout alert
notifies 2 times from 0m to 1h
silent from 0m to 6m
refused "is not a metric"
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import State
from lrcp.monitors.lab.case import (
    Expectation,
    NotificationExpected,
    RefusalExpected,
    SilenceExpected,
    StateExpected,
)
from lrcp.monitors.lab.moments import parse_moment

FOREVER_S: Final = float("inf")
OVERALL: Final = "overall"
STATES: Final[dict[str, State | None]] = {
    "OK": State.OK,
    "WARN": State.WARN,
    "ALERT": State.ALERT,
    "NO_DATA": State.NO_DATA,
    "UNKNOWN": State.UNKNOWN,
    "SKIPPED": State.SKIPPED,
    "ABSENT": None,
}
"""ABSENT: there is no such group."""
KINDS: Final = {
    "alert": frozenset({"alert", "warning_to_alert"}),
    "warn": frozenset({"warning", "alert_to_warning"}),
    "no_data": frozenset({"no_data"}),
    "unknown": frozenset({"unknown"}),
    "recovery": frozenset({"recovery", "warning_recovery", "no_data_recovery", "unknown_recovery", "timeout", "gone"}),
    "renotify": frozenset({"renotify"}),
}
"""Words of case files -> kinds of transitions; a kind may also stand for itself."""
_ALL_KINDS: Final = frozenset().union(*KINDS.values())
_NEAR: Final = 0.01
"""`~60`: within one per cent, as percentiles of sketches are."""

Details = dict[str, Any]
"""What stands below a `notifies` line: title, body, contains, lacks, handles, priority, muted."""


@dataclass(slots=True)
class _Words:
    """The words of a line that are not read yet."""

    line: int
    text: str
    rest: list[str] = field(default_factory=list)

    def peek(self) -> str:
        return self.rest[0] if self.rest else ""

    def take(self, expected: str) -> str:
        if not self.rest:
            raise InputError(f"the line ends where {expected} is expected")
        return self.rest.pop(0)

    def accept(self, word: str) -> bool:
        if self.peek().lower() == word:
            self.rest.pop(0)
            return True
        return False

    def finish(self) -> None:
        if self.rest:
            raise InputError(f"{self.rest[0]!r} is not expected there; the line ended before it")


def parse_expectation(text: str, line: int, details: Details | None = None) -> Expectation:
    """One line, with what stands below it. Raises: InputError - it cannot be read."""
    try:
        words = _Words(line, text, shlex.split(text))
    except ValueError as error:
        raise InputError(f"{text[:80]!r}: {error}") from error
    verb = words.peek().lower()
    parse = _VERBS.get(verb)
    if parse is None:
        raise InputError(f"{words.peek()!r} begins no expectation; expected {', '.join(_VERBS)}")
    if details and verb != "notifies":
        raise InputError(f"{', '.join(details)} may stand below a line with `notifies` only")
    made = parse(words, details or {})
    words.finish()
    return made


def sort_group(text: str) -> str:
    """A group's name as monitors give it: tags in the order of their keys."""
    return ",".join(sorted(text.split(","), key=lambda tag: tag.partition(":")[0])) if "," in text else text


def _span(words: _Words, default: tuple[float, float] | None = None) -> tuple[float, float]:
    if words.accept("at"):
        moment = parse_moment(words.take("a time"))
        return moment, moment
    if words.accept("from"):
        since = parse_moment(words.take("a time"))
        if not words.accept("to"):
            raise InputError(f"{words.peek()!r} where `to` and a time are expected")
        until = parse_moment(words.take("a time"))
        if until < since:
            raise InputError("the time after `to` is before the one after `from`")
        return since, until
    if default is not None:
        return default
    raise InputError(f"{words.peek()!r} where `at` or `from` is expected")


def _monitor(words: _Words) -> str:
    return words.take("the name of a monitor") if words.accept("of") else ""


def _state(words: _Words, details: Details) -> StateExpected:
    since, until = _span(words)
    monitor = _monitor(words)
    group = sort_group(words.take("a group, * or overall"))
    word = words.take(f"a state ({', '.join(STATES)})").upper()
    if word not in STATES:
        raise InputError(f"{word!r} is not a state; expected {', '.join(STATES)}")
    value, tolerance = _value(words.take("a value")) if words.rest else (None, 1e-6)
    return StateExpected(
        line=words.line, text=words.text, since_s=since, until_s=until, monitor=monitor, group=group, state=STATES[word],
        value=value, tolerance=tolerance,
    )  # fmt: skip


def _value(word: str) -> tuple[float, float]:
    try:
        return (float(word[1:]), _NEAR) if word.startswith("~") else (float(word), 1e-6)
    except ValueError as error:
        raise InputError(f"{word!r} is not a value such as 60 or ~60 (within 1 %)") from error


def _kinds(word: str) -> frozenset[str]:
    if word in KINDS:
        return KINDS[word]
    if word in _ALL_KINDS:
        return frozenset({word})
    raise InputError(f"{word!r} is not a kind of notification; expected {', '.join(KINDS)}")


def _notifies(words: _Words, details: Details) -> Expectation:
    words.take("notifies")
    if re.fullmatch(r"\d+", words.peek()):
        return _times(words)
    since, until = _span(words)
    monitor = _monitor(words)
    group = sort_group(words.take("a group or *"))
    kinds = _kinds(words.take(f"a kind ({', '.join(KINDS)})").lower())
    made = NotificationExpected(
        line=words.line, text=words.text, since_s=since, until_s=until, monitor=monitor, group=group, kinds=kinds
    )
    for name, given in details.items():
        if name not in _DETAILS:
            raise InputError(f"{name!r} says nothing of a notification; expected {', '.join(_DETAILS)}")
        made = replace(made, **{name: _DETAILS[name](given, name)})
    return made


def _times(words: _Words) -> SilenceExpected:
    count = int(words.take("a number"))
    if not (words.accept("times") or words.accept("time")):
        raise InputError("the word `times` is expected behind the number")
    return _silence(words, count)


def _silent(words: _Words, details: Details) -> SilenceExpected:
    words.take("silent")
    return _silence(words, 0)


def _silence(words: _Words, count: int) -> SilenceExpected:
    since, until = _span(words, (0.0, FOREVER_S))
    monitor = _monitor(words)
    kinds: frozenset[str] = frozenset()
    group = ""
    if words.rest and words.peek().lower() not in KINDS:
        group = sort_group(words.take("a group"))
    if words.rest:
        kinds = _kinds(words.take("a kind").lower())
    return SilenceExpected(
        line=words.line, text=words.text, since_s=since, until_s=until, monitor=monitor, group=group, kinds=kinds,
        count=count,
    )  # fmt: skip


def _refused(words: _Words, details: Details) -> RefusalExpected:
    words.take("refused")
    monitor = _monitor(words)
    said = " ".join(words.rest)
    words.rest.clear()
    return RefusalExpected(line=words.line, text=words.text, since_s=0, until_s=0, monitor=monitor, words=said)


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str):
        raise InputError(f"{name} must be a text")
    return given


def _texts(given: Any, name: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise InputError(f"{name} must be a text or a list of texts")
    return tuple(listed)


def _handles(given: Any, name: str) -> tuple[str, ...]:
    listed = given.split() if isinstance(given, str) else given
    return tuple(handle.removeprefix("@") for handle in _texts(listed, name))


def _priority(given: Any, name: str) -> int:
    try:
        number = int(str(given).upper().removeprefix("P"))
    except ValueError:
        number = 0
    if not 1 <= number <= 5:
        raise InputError("priority must be P1 to P5")
    return number


def _muted(given: Any, name: str) -> str | None:
    if given is False:
        return None
    return "" if given is True else _text(given, name)


_DETAILS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "title": _text,
    "body": _text,
    "contains": _texts,
    "lacks": _texts,
    "handles": _handles,
    "priority": _priority,
    "muted": _muted,
}
_VERBS: Final[dict[str, Callable[[_Words, Details], Expectation]]] = {
    "at": _state,
    "from": _state,
    "notifies": _notifies,
    "silent": _silent,
    "refused": _refused,
}
