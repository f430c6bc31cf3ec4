"""What was expected against what came about; and for what did not, a timeline that shows why."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lrcp.model.monitor_state import State
from lrcp.monitors.lab.case import (
    Case,
    Expectation,
    Failure,
    NotificationExpected,
    RefusalExpected,
    SilenceExpected,
    StateExpected,
)
from lrcp.monitors.lab.expectations import OVERALL
from lrcp.monitors.lab.moments import spell_moment
from lrcp.monitors.lab.run import CaseRun, Moment, Seen, Told, Track
from lrcp.monitors.message.functions import write_number

MAX_TIMELINE = 30
"""Lines of a timeline; those in the middle are left out."""
_SHOWN_GROUPS = 10


@dataclass(slots=True)
class _Line:
    """One line of a timeline."""

    at_s: float
    text: str


@dataclass(slots=True)
class _Miss:
    """An expectation of states that was not met: first when, and how."""

    at_s: float
    seen: Seen | None
    got: str
    times: int = 1


@dataclass(slots=True)
class Judge:
    """Looks on while a case runs, and says at the end what was not as expected."""

    case: Case
    _misses: dict[int, _Miss] = field(default_factory=dict)
    _lines: dict[tuple[str, str], list[_Line]] = field(default_factory=lambda: defaultdict(list))
    _before: dict[tuple[str, str], State] = field(default_factory=dict)
    _states: list[tuple[int, StateExpected]] = field(default_factory=list)
    _asked: str = ""

    def __post_init__(self) -> None:
        self._states = [(i, one) for i, one in enumerate(self.case.expected) if isinstance(one, StateExpected)]
        self._asked = next(iter(self.case.monitors))

    def look(self, moment: Moment) -> None:
        """Compare one tick with what is expected of it."""
        for name, track in moment.tracks.items():
            self._write_down(name, track, moment.at_s)
        for place, one in self._states:
            if self._concerns(one, moment.at_s):
                self._compare(place, one, moment)

    def _concerns(self, one: StateExpected, at_s: float) -> bool:
        """Whether a tick is the one that an expectation looks at: the newest at its time, or any within its span."""
        if one.since_s == one.until_s:
            return at_s <= one.since_s < at_s + self.case.tick_s
        return one.since_s <= at_s <= one.until_s

    def _compare(self, place: int, one: StateExpected, moment: Moment) -> None:
        track = moment.tracks[one.monitor or self._asked]
        seen = track.overall if one.group == OVERALL else track.groups.get(one.group)
        got = _difference(one, seen, track)
        if not got:
            return
        if place in self._misses:
            self._misses[place].times += 1
        else:
            self._misses[place] = _Miss(moment.at_s, seen, got)

    def _write_down(self, name: str, track: Track, at_s: float) -> None:
        groups = {**track.groups, OVERALL: track.overall}
        for group, seen in groups.items():
            before = self._before.get((name, group))
            if seen.state is not before:
                self._before[name, group] = seen.state
                change = f"{before.name} -> {seen.state.name}" if before is not None else seen.state.name
                self._lines[name, group].append(_Line(at_s, f"{change}{_behind(seen)}"))
        for name_, group in [key for key in self._before if key[0] == name and key[1] not in groups]:
            del self._before[name_, group]
            self._lines[name_, group].append(_Line(at_s, "gone"))

    def failures(self, run: CaseRun) -> list[Failure]:
        """All that was not met, in the order of the file."""
        found = []
        claimed: set[int] = set()
        for place, one in enumerate(self.case.expected):
            failure = self._judge(place, one, run, claimed)
            if failure is not None:
                found.append(failure)
        refused = {one.monitor or self._asked for one in self.case.expected if isinstance(one, RefusalExpected)}
        for name, reason in run.refused.items():
            if name not in refused:
                found.insert(0, Failure(line=self.case.line, expected=f"{name} is a monitor", got=f"refused: {reason}"))
        return found

    def _judge(self, place: int, one: Expectation, run: CaseRun, claimed: set[int]) -> Failure | None:
        match one:
            case StateExpected():
                return self._state_failure(place, one, run)
            case NotificationExpected():
                return self._notification_failure(one, run, claimed)
            case SilenceExpected():
                return self._silence_failure(one, run)
            case RefusalExpected():
                return self._refusal_failure(one, run)
        return None

    def _state_failure(self, place: int, one: StateExpected, run: CaseRun) -> Failure | None:
        miss = self._misses.get(place)
        if miss is None or (one.monitor or self._asked) in run.refused:
            return None
        at = "" if one.since_s == one.until_s else f" at {spell_moment(miss.at_s)}"
        more = f" (and at {miss.times - 1} more ticks)" if miss.times > 1 else ""
        why = miss.seen.reason if miss.seen is not None else ""
        return Failure(
            line=one.line,
            expected=one.text,
            got=f"{miss.got}{at}{more}",
            why=why,
            timeline=self._timeline(one.monitor or self._asked, one.group),
        )

    def _notification_failure(self, one: NotificationExpected, run: CaseRun, claimed: set[int]) -> Failure | None:
        """Each notification stands for one expectation only."""
        near = [(i, told) for i, told in enumerate(run.told) if self._fits(one, told)]
        for i, told in near:
            if i not in claimed and not _differences(one, told):
                claimed.add(i)
                return None
        name = one.monitor or self._asked
        if near:
            differences = _differences(one, near[0][1])
            got = "; ".join(differences) if differences else "told only once, and expected before already"
            return Failure(line=one.line, expected=one.text, got=got)
        all_told = [_told_line(told) for told in run.told if told.monitor == name]
        got = "nobody was told" if not all_told else "another notification, or none at that time"
        return Failure(
            line=one.line,
            expected=one.text,
            got=got,
            timeline=_shorten([*(f"told {line}" for line in all_told), *self._timeline(name, one.group)]),
        )

    def _fits(self, one: NotificationExpected | SilenceExpected, told: Told) -> bool:
        """Whether a notification is of the monitor, the group, the kind and the time that are meant."""
        since_s = one.since_s if one.since_s != one.until_s else one.since_s - self.case.tick_s + 1e-6
        in_time = since_s <= told.at_s <= one.until_s
        return (
            in_time
            and told.monitor
            == (one.monitor or (self._asked if isinstance(one, NotificationExpected) else told.monitor))
            and one.group in ("", told.notification.group)
            and (not one.kinds or told.notification.kind in one.kinds)
        )

    def _silence_failure(self, one: SilenceExpected, run: CaseRun) -> Failure | None:
        loud = [told for told in run.told if self._fits(one, told) and not told.notification.muted_by]
        if len(loud) == one.count:
            return None
        got = f"told {len(loud)} time{'' if len(loud) == 1 else 's'}"
        return Failure(
            line=one.line, expected=one.text, got=got, timeline=_shorten([f"told {_told_line(told)}" for told in loud])
        )

    def _refusal_failure(self, one: RefusalExpected, run: CaseRun) -> Failure | None:
        reason = run.refused.get(one.monitor or self._asked)
        if reason is None:
            return Failure(line=one.line, expected=one.text, got="it is taken")
        return None if one.words in reason else Failure(line=one.line, expected=one.text, got=f"refused: {reason}")

    def _timeline(self, monitor: str, group: str) -> tuple[str, ...]:
        lines = self._lines.get((monitor, group))
        if lines:
            return _shorten([f"{spell_moment(line.at_s):>8}  {line.text}" for line in lines])
        known = sorted({name for owner, name in self._lines if owner == monitor and name != OVERALL})
        if not known:
            return ("there was no group at all",)
        more = f" and {len(known) - _SHOWN_GROUPS} more" if len(known) > _SHOWN_GROUPS else ""
        return (f"there was no such group; there were {', '.join(known[:_SHOWN_GROUPS])}{more}",)


def _difference(one: StateExpected, seen: Seen | None, track: Track) -> str:
    """What is there instead, '' when it is as expected."""
    if seen is None:
        if one.state is None:
            return ""
        return f"no such group{f'; {track.error}' if track.error else ''}"
    if one.state is not seen.state:
        return f"{seen.state.name}{_value(seen)}"
    if one.value is None:
        return ""
    close = seen.value is not None and math.isclose(seen.value, one.value, rel_tol=one.tolerance, abs_tol=1e-9)
    return "" if close else f"{seen.state.name}{_value(seen) or ' without a value'}"


def _value(seen: Seen) -> str:
    return "" if seen.value is None else f" {write_number(seen.value)}"


def _behind(seen: Seen) -> str:
    return f"{_value(seen)}{f'  {seen.reason}' if seen.reason else ''}"


def _differences(one: NotificationExpected, told: Told) -> list[str]:
    """In what a notification is not the expected one."""
    sent = told.notification
    whole = f"{sent.title}\n{sent.body}"
    checks: list[tuple[bool, Callable[[], str]]] = [
        (one.title is None or one.title == sent.title, lambda: f"the title is {sent.title!r}"),
        (one.body is None or one.body.strip() == sent.body.strip(), lambda: f"the body is {sent.body!r}"),
        (one.priority is None or one.priority == sent.priority, lambda: f"the priority is {sent.priority}"),
        (one.handles is None or sorted(one.handles) == sorted(sent.handles), lambda: f"it calls {_handles(sent.handles)}"),
        (_mute_fits(one.muted, sent.muted_by), lambda: f"it is muted by {sent.muted_by}" if sent.muted_by else "it is not muted"),
        *((part in whole, lambda part=part: f"{part!r} is not in {whole!r}") for part in one.contains),
        *((part not in whole, lambda part=part: f"{part!r} is in {whole!r}") for part in one.lacks),
    ]  # fmt: skip
    return [say() for fits, say in checks if not fits]


def _mute_fits(expected: str | None, muted_by: str) -> bool:
    if expected is None:
        return not muted_by
    return bool(muted_by) if expected == "" else muted_by == expected


def _handles(handles: Iterable[str]) -> str:
    return ", ".join(f"@{handle}" for handle in handles) or "nobody"


def _told_line(told: Told) -> str:
    sent = told.notification
    muted = f", muted by {sent.muted_by}" if sent.muted_by else ""
    return f"at {spell_moment(told.at_s)}: {sent.group} {sent.kind}, {sent.title!r} to {_handles(sent.handles)}{muted}"


def _shorten(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= MAX_TIMELINE:
        return tuple(lines)
    half = MAX_TIMELINE // 2
    return (*lines[:half], f"... {len(lines) - 2 * half} more ...", *lines[-half:])
