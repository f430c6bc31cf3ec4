"""Records of case files: what is fed, what is expected, and how it went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrcp.model.errors import InputError
from lrcp.model.event import ServiceCheck
from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import State
from lrcp.model.slo import Slo
from lrcp.monitors.downtime.definition import Downtime
from lrcp.monitors.rules.definition import NotificationRule
from lrcp.query.memory.series import MemorySeries


class CaseError(InputError):
    """A case file that cannot be read: where, and what was expected there."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One line of what must be. line: in the file. text: as written. since_s, until_s: from the case's start, both within;
    equal: at one time. monitor: its name, '' the only one. group: with sorted keys, '*' for a monitor without groups,
    'overall' for the monitor as a whole."""

    line: int
    text: str
    since_s: float
    until_s: float
    monitor: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateExpected(Expectation):
    """state None: there is no such group. value: None any; tolerance: relative."""

    state: State | None
    value: float | None = None
    tolerance: float = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationExpected(Expectation):
    """kinds: of transitions, any of them; empty: any at all. muted: None it is not; '' by anything; else by what.

    title, body: exactly; contains, lacks: parts of title or body; handles: exactly those, in any order. None: whatever.
    """

    kinds: frozenset[str] = frozenset()
    title: str | None = None
    body: str | None = None
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    handles: tuple[str, ...] | None = None
    priority: int | None = None
    muted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceExpected(Expectation):
    """Nobody is told of anything that fits. group '': whatever group. count: how many exactly, 0 for silence."""

    kinds: frozenset[str] = frozenset()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalExpected(Expectation):
    """The definition is refused with words that hold these."""

    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """monitors: by name, in their order. start_s: Unix seconds. tick_s: between evaluations. until_s: end, from the start.

    records: logs, spans, events by table. expected: in the order of the file.
    """

    name: str
    line: int
    monitors: Mapping[str, Monitor]
    slos: Mapping[str, Slo] = field(default_factory=dict)
    downtimes: Sequence[Downtime] = ()
    rules: Sequence[NotificationRule] = ()
    start_s: int
    tick_s: int = 10
    until_s: float = 0.0
    series: Sequence[MemorySeries] = ()
    records: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    checks: Sequence[ServiceCheck] = ()
    expected: Sequence[Expectation] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """All cases of one file. path: as it was given."""

    path: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expectation that was not met. got: what was instead; why: the evaluation's reason. timeline: what the group, or
    the monitor, went through, a line each."""

    line: int
    expected: str
    got: str
    why: str = ""
    timeline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case, run. error: why the file could not be read or the case not run, '' when it was."""

    path: str
    name: str
    line: int = 0
    failures: tuple[Failure, ...] = ()
    error: str = ""
    ticks: int = 0
    expectations: int = 0
    took_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all that was expected came about."""
        return not self.failures and not self.error
