"""What the variables of a template are worth in one notification."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import State, Transition
from lrcp.model.tags import split_tag
from lrcp.monitors.message.calculate import calculate
from lrcp.monitors.message.context import Context, Part
from lrcp.monitors.message.functions import Value, write_number
from lrcp.monitors.message.paths import parse_path
from lrcp.monitors.message.tree import Argument, Eval, Path, Quoted

MAX_VALUE_CHARS: Final = 10_000
RECORD_KINDS: Final = frozenset(
    [
        "log",
        "span",
        "rum",
        "event",
        "audit",
        "cipipeline",
        "citest",
        "databasemonitoring",
        "issue",
        "synthetics",
        "llmobs",
        "process",
        "network",
    ]
)
"""First words of the variables that speak of a log, a span, an event."""
_COMPARATOR: Final = re.compile(r"(>=|<=|==|!=|>|<)\s*(?:[-+\d.eE]+|threshold)\s*\Z")


class Values:
    """All variables of one notification. A variable without a value is None, and renders as nothing."""

    def __init__(self, monitor: Monitor, transition: Transition, context: Context) -> None:
        self.monitor = monitor
        self.transition = transition
        self.context = context

    @property
    def recovers(self) -> bool:
        """Whether the group is OK again."""
        return self.transition.after is State.OK and self.transition.kind != "renotify"

    @property
    def before(self) -> State:
        """The state that it comes from."""
        return self.transition.before

    def find(self, path: Path) -> Value | None:
        """The value of a variable by its path."""
        first = path.parts[0]
        if len(path.parts) == 1 and first in BUILT_IN:
            return BUILT_IN[first](self)
        if first in RECORD_KINDS and not self._tags.get(first):
            if first != self.context.record_kind:
                return None
            return _plain(_dig(self.context.record, path.parts[1:]))
        part = self.context.parts.get(first)
        if part is not None and len(path.parts) > 1:
            return _of_part(part, path.parts[1:])
        return self._find_tag(path.parts)

    def text(self, argument: Argument) -> str:
        """An argument's value as text, '' without one. A text in quotes is the name of a variable."""
        value = self._value(argument)
        return "" if value is None else write(value)

    def number(self, argument: Argument) -> float | None:
        """An argument's value when it is a number."""
        value = self._value(argument)
        return value if isinstance(value, float) else None

    def _value(self, argument: Argument) -> Value | None:
        if isinstance(argument, Eval):
            return calculate(argument.expression, self.find)
        path = parse_path(argument.text) if isinstance(argument, Quoted) else argument
        return None if path is None else self.find(path)

    def _find_tag(self, parts: tuple[str, ...]) -> str | None:
        """`host.name` is the value of the tag `host`, and so is `host`; anything else a fact by that name."""
        name = ".".join(parts)
        if name in self.context.attributes:
            return self.context.attributes[name]
        key = ".".join(parts[:-1]) if parts[-1] == "name" and len(parts) > 1 else name
        values = self._tags.get(key)
        return ",".join(sorted(values)) if values else None

    @cached_property
    def _tags(self) -> dict[str, set[str]]:
        tags: dict[str, set[str]] = {}
        for tag in self.context.tags or tags_of(self.transition):
            key, value = split_tag(tag)
            tags.setdefault(key, set()).add(value)
        return tags

    @cached_property
    def first_triggered_s(self) -> float | None:
        """When the group left OK."""
        given = self.context.first_triggered_s
        return given if given is not None else self.transition.triggered_s

    @cached_property
    def last_triggered_s(self) -> float | None:
        """When the group last came into a state that is not OK."""
        transition, given = self.transition, self.context.last_triggered_s
        if given is not None:
            return given
        changes = transition.after > State.OK and transition.kind != "renotify"
        return transition.time_s if changes else self.first_triggered_s

    @cached_property
    def duration_s(self) -> float | None:
        """How long the group has not been OK."""
        return None if self.first_triggered_s is None else max(0.0, self.transition.time_s - self.first_triggered_s)

    @cached_property
    def comparator(self) -> str:
        """What the query compares with, such as `>`."""
        found = _COMPARATOR.search(self.monitor.query[-200:])
        return found[1] if found else ""

    @property
    def threshold(self) -> float | None:
        """The critical threshold; where the options have none, the one that was compared with."""
        critical = self.monitor.options.thresholds.critical
        return critical if critical is not None else self.transition.threshold


def tags_of(transition: Transition) -> list[str]:
    """`key:value` from the names of a transition's groups. A piece without a key belongs to the value before it."""
    tags: list[str] = []
    for name in transition.members or (transition.group,):
        own: list[str] = []
        for piece in name.split(","):
            if ":" in piece or not own:
                own.append(piece)
            else:
                own[-1] += f",{piece}"
        tags += [tag for tag in own if tag != "*"]
    return tags


def write(value: Value) -> str:
    """A value as text, within bounds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return write_number(value) if isinstance(value, float) else value[:MAX_VALUE_CHARS]


def write_time(seconds: float) -> str:
    """`2021-05-31 14:43:27 UTC`; Datadog does not say how it writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _at(seconds: float | None) -> str | None:
    return None if seconds is None else write_time(seconds)


def _epoch_ms(seconds: float | None) -> float | None:
    return None if seconds is None else float(round(seconds * 1000))


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


BUILT_IN: Final[Mapping[str, Callable[[Values], Value | None]]] = {
    "value": lambda values: _number(values.transition.value),
    "threshold": lambda values: _number(values.threshold),
    "warn_threshold": lambda values: _number(values.monitor.options.thresholds.warning),
    "ok_threshold": lambda values: _number(values.monitor.options.thresholds.ok),
    "alert_recovery_threshold": lambda values: _number(values.monitor.options.thresholds.critical_recovery),
    "warn_recovery_threshold": lambda values: _number(values.monitor.options.thresholds.warning_recovery),
    "comparator": lambda values: values.comparator,
    "first_triggered_at": lambda values: _at(values.first_triggered_s),
    "first_triggered_at_epoch": lambda values: _epoch_ms(values.first_triggered_s),
    "last_triggered_at": lambda values: _at(values.last_triggered_s),
    "last_triggered_at_epoch": lambda values: _epoch_ms(values.last_triggered_s),
    "triggered_duration_sec": lambda values: _number(values.duration_s),
    "check_message": lambda values: values.context.check_message,
    "timeframe": lambda values: values.context.timeframe,
    "long_window_burn_rate": lambda values: _number(values.context.long_window_burn_rate),
    "short_window_burn_rate": lambda values: _number(values.context.short_window_burn_rate),
}
"""Variables that every monitor has; some are empty on most."""


def _of_part(part: Part, rest: tuple[str, ...]) -> Value | None:
    if rest == ("value",):
        return _number(part.value)
    if rest == ("status",):
        return part.status
    if rest[0] == part.record_kind and len(rest) > 1:
        return _plain(_dig(part.record, rest[1:]))
    return None


def _dig(record: Any, parts: tuple[str, ...]) -> Any:
    """A member of a nested record; a name with points may be one member or several. Tags are looked up by their key."""
    if not parts:
        return record
    if isinstance(record, Mapping):
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in record:
                return _dig(record[name], parts[length:])
        return None
    if isinstance(record, list | tuple) and all(isinstance(one, str) for one in record):
        key = ".".join(parts)
        return ",".join(sorted(value for found, value in map(split_tag, record) if found == key))
    return None


def _plain(value: Any) -> Value | None:
    """A member as a value; lists of words are joined, objects are nothing to write."""
    if value is None or isinstance(value, Mapping):
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list | tuple):
        return ",".join(sorted(str(one) for one in value))
    return str(value)
