"""One case, run: tick after tick from its start, by the evaluation and the telling that run live."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lrcp.model.errors import LrcpError
from lrcp.model.monitor_state import Evaluation, GroupState, State, Transition
from lrcp.model.notification import Notification
from lrcp.monitors.downtime.mute import tell_ended
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.lab.case import Case
from lrcp.monitors.lab.past import CasePast
from lrcp.monitors.slo.alert import SloBook
from lrcp.monitors.telling import tell
from lrcp.monitors.tick import MonitorResult, TickResult, run_tick
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.memory.source import MemorySource


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A group after a tick. value, reason: of its last evaluation."""

    state: State
    value: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notification at its time, from the case's start."""

    at_s: float
    monitor: str
    notification: Notification


@dataclass(slots=True)
class Track:
    """One monitor while its case runs. groups: as its last tick left them. overall: the monitor as a whole."""

    groups: dict[str, Seen] = field(default_factory=dict)
    overall: Seen = field(default_factory=lambda: Seen(state=State.SKIPPED))
    error: str = ""


@dataclass(slots=True)
class Moment:
    """What there is at one tick. at_s: from the case's start. tracks: by the monitor's name."""

    at_s: float
    tracks: dict[str, Track]


class CaseRun:
    """A case at work. refused: why monitors cannot be evaluated, by name. told: all notifications so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.refused: dict[str, str] = {}
        self.told: list[Told] = []
        self._names = {monitor.id: name for name, monitor in case.monitors.items()}
        self._states: dict[int, dict[str, GroupState]] = {}
        self._past = CasePast(case.monitors, self._states)
        self._prepared = self._prepare()
        self._source = MemorySource(case.series, MemoryEvents(case.records), case.checks)
        self._evaluated_s: dict[int, float] = {}
        self._tracks = {name: Track() for name in case.monitors}
        self._before_s: int | None = None

    @property
    def ticks(self) -> range:
        """The times of all ticks, Unix seconds."""
        last = self.case.start_s + int(self.case.until_s)
        return range(self.case.start_s, last + 1, self.case.tick_s)

    async def tick(self, at_s: int) -> Moment:
        """Evaluate what is due at a time, and tell."""
        result = await run_tick(
            list(self._prepared.values()), self._states, at_s, self._source, evaluated_s=self._evaluated_s
        )
        for id, one in result.monitors.items():
            self._adopt(id, one, at_s)
        self._tell(result, at_s)
        self._before_s = at_s
        return Moment(at_s - self.case.start_s, self._tracks)

    def _prepare(self) -> dict[int, Prepared]:
        found, slos = {}, SloBook(self.case.slos, self._past)
        for name, monitor in self.case.monitors.items():
            try:
                found[monitor.id] = prepare(monitor, slos)
            except LrcpError as error:
                self.refused[name] = str(error)
        return found

    def _adopt(self, id: int, one: MonitorResult, at_s: int) -> None:
        if one.evaluated:
            self._evaluated_s[id] = float(at_s)
        states = self._states.setdefault(id, {})
        states.update((state.group, state) for state in one.states)
        for group in one.gone:
            states.pop(group, None)
        track = self._tracks[self._names[id]]
        track.error = one.error
        track.overall = Seen(state=one.state, reason=one.error or one.note)
        track.groups = _seen(states, one.evaluations)

    def _tell(self, result: TickResult, at_s: int) -> None:
        for id, one in self._prepared.items():
            transitions: list[Transition] = []
            if id in result.monitors:
                transitions += result.monitors[id].transitions
            for transition in transitions:
                self._past.add(transition)
            if self._before_s is not None and self.case.downtimes:
                transitions += tell_ended(
                    self.case.downtimes, one.monitor, self._states.get(id, {}), self._before_s, at_s
                )
            for transition in transitions:
                self._note(one, transition)

    def _note(self, one: Prepared, transition: Transition) -> None:
        made = tell(one, transition, self._states, downtimes=self.case.downtimes, rules=self.case.rules)
        at_s = transition.time_s - self.case.start_s
        name = self._names[one.monitor.id]
        self.told += [Told(at_s=at_s, monitor=name, notification=notification) for notification in made]


def _seen(states: Mapping[str, GroupState], evaluations: Iterable[Evaluation]) -> dict[str, Seen]:
    """Groups as they are remembered, with what the evaluation found where it says so."""
    seen = {group: Seen(state=state.state, value=state.value, reason="") for group, state in states.items()}
    for one in evaluations:
        seen[one.group] = Seen(state=one.state, value=one.value, reason=one.reason)
    return seen
