"""step: an observation of a monitor against the remembered states of its groups. A function of its arguments only, so
that whoever continues from stored states comes to the same transitions.

Source: DATADOG.md 3.4, 3.5 and 3.7; described in docs/monitors/states.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Final

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import Evaluation, GroupState, State, Transition
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.groups import name_groups
from lrcp.monitors.observation import Observation
from lrcp.monitors.state.collapse import collapse
from lrcp.monitors.state.judge import limits_of
from lrcp.monitors.state.missing import settle_missing
from lrcp.monitors.state.present import compared, settle_present
from lrcp.monitors.state.rules import MAX_GROUPS, read_rules
from lrcp.monitors.state.work import Work

MAX_EVALUATIONS: Final = 100
"""Groups whose evaluation is written down, the worst first."""

MAX_QUIET_EVALUATIONS: Final = 20
"""Of these, groups that are OK and that nothing happened to: all of a small monitor, a sample of a large one."""

GAP_S: Final = 3600.0
"""More time than that between two evaluations is a server that was away or a clock that jumped: timers stand still then."""


@dataclass(slots=True, kw_only=True)
class Step:
    """overall: the worst state of all groups; SKIPPED before anything was evaluated, UNKNOWN where nothing could be.

    states: groups that are new or changed, by name. gone: names of groups that have aged away. evaluations: the worst
    first, MAX_EVALUATIONS of group_count. note: what there is to say of the monitor as a whole, ''.
    evaluated: whether this counts as an evaluation; False where nothing was done.
    """

    overall: State
    states: dict[str, GroupState] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    group_count: int = 0
    note: str = ""
    evaluated: bool = True


def step(
    monitor: Monitor,
    observation: Observation,
    states: Mapping[str, GroupState],
    at_s: float,
    evaluated_s: float | None = None,
    max_groups: int = MAX_GROUPS,
) -> Step:
    """What an observation does to a monitor.

    Args:
        states: every remembered group by name; not written to. at_s: the evaluation's time, Unix seconds.
        evaluated_s: of the evaluation before, None when there was none. max_groups: further groups are left out.
    """
    if evaluated_s is not None and evaluated_s - GAP_S <= at_s < evaluated_s:
        early = spell_duration(evaluated_s - at_s)
        return _untouched(
            states, overall_state(states.values()), f"skipped: {early} earlier than the evaluation before"
        )
    if observation.unknown:
        return _untouched(states, State.UNKNOWN, observation.unknown)
    work = _prepare(monitor, observation, states, at_s, evaluated_s, max_groups)
    settle_present(work)
    settle_missing(work)
    if work.rules.notify_by is not None:
        collapse(work, work.rules.notify_by)
    return _finish(work)


def overall_state(states: Iterable[GroupState]) -> State:
    """Alert over Warn over No Data over OK; a group that is UNKNOWN counts as OK."""
    return max((_counted(state.state) for state in states), default=State.SKIPPED)


def _counted(state: State) -> State:
    return State.OK if state is State.UNKNOWN else state


def _untouched(states: Mapping[str, GroupState], overall: State, note: str) -> Step:
    shown = nlargest(MAX_EVALUATIONS, states.values(), key=lambda state: state.state)
    told = State.UNKNOWN if overall is State.UNKNOWN else None
    lines = tuple(
        Evaluation(group=one.group, state=told or one.state, value=None, reason=f"{note}; stays {one.state.name}")
        for one in shown
    )
    return Step(overall=overall, evaluations=lines, group_count=len(states), note=note, evaluated=False)


def _prepare(
    monitor: Monitor,
    observation: Observation,
    states: Mapping[str, GroupState],
    at_s: float,
    evaluated_s: float | None,
    max_groups: int,
) -> Work:
    rules = read_rules(monitor, observation, max_groups)
    away_s = 0.0 if evaluated_s is None or rules.independent else at_s - evaluated_s
    return Work(
        monitor_id=monitor.id,
        observation=observation,
        names=name_groups(observation.keys, observation.groups),
        rules=rules,
        limits=limits_of(observation, rules.thresholds),
        states=states,
        at_s=at_s,
        evaluated_s=evaluated_s,
        lost_s=away_s if away_s > GAP_S else 0.0,
    )


def _finish(work: Work) -> Step:
    gone = set(work.gone)
    remaining = [outcome.after for outcome in work.outcomes if outcome.after.group not in gone]
    overall = max(overall_state(remaining), State.OK if work.quiet else State.SKIPPED)
    ordered = sorted(work.transitions, key=lambda one: (-one.after, one.group))
    return Step(
        overall=overall,
        states=work.changed,
        gone=tuple(work.gone),
        transitions=tuple(ordered),
        evaluations=tuple(_evaluations(work)),
        group_count=len(remaining) + len(work.quiet),
        note=_note(work),
    )


def _evaluations(work: Work) -> list[Evaluation]:
    """The worst first; some OK ones that nothing happened to behind them."""
    worst = nlargest(MAX_EVALUATIONS, work.outcomes, key=lambda outcome: outcome.after.state)
    lines = [
        Evaluation(group=one.after.group, state=one.after.state, value=one.value, reason=one.reason()) for one in worst
    ]
    room = min(MAX_EVALUATIONS - len(lines), MAX_QUIET_EVALUATIONS)
    return lines + [_quiet_line(work, index) for index in work.quiet[:room]]


def _quiet_line(work: Work, index: int) -> Evaluation:
    name, observation = work.names[index], work.observation
    if observation.levels is not None:
        return Evaluation(group=name, state=State.OK, value=None, reason=observation.reasons[index])
    value = float(observation.values[index])
    if value != value:
        why = observation.skipped.get(index, "skipped: not enough data in the window")
        return Evaluation(group=name, state=State.OK, value=None, reason=f"{why}; stays OK")
    return Evaluation(group=name, state=State.OK, value=value, reason=compared(work, index, State.OK, value).reason())


def _note(work: Work) -> str:
    """Bounds that were reached."""
    notes = [work.observation.note] if work.observation.note else []
    if work.left_out:
        limit = f"{work.rules.max_groups:,}"
        notes.append(f"{work.left_out:,} groups beyond the limit of {limit} groups a monitor are not evaluated")
    if work.observation.cut:
        notes.append(f"{work.observation.cut:,} groups beyond the limit of the query are not evaluated")
    return "; ".join(notes)
