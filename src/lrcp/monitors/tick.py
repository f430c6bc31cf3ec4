"""run_tick: one evaluation of every monitor that is due. One question to the source, then pure steps in order of dependency."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec import structs

from lrcp.model.monitor_state import Evaluation, GroupState, State, Transition
from lrcp.monitors.evaluate.observer import Answers, Part
from lrcp.monitors.evaluate.prepare import COMPOSITE_STAGE, Prepared
from lrcp.monitors.observation import Observation, unknown_observation
from lrcp.monitors.reading import Aside, read_plans, spell_error
from lrcp.monitors.state.rules import MAX_GROUPS
from lrcp.monitors.state.step import Step, step
from lrcp.query.scan.scans import Scan
from lrcp.query.scan.source import Source

States = Mapping[int, Mapping[str, GroupState]]
"""Remembered groups by monitor and name."""

_NO_GROUPS: Final[Mapping[str, GroupState]] = {}
_NESTED: Final = "a composite cannot be part of a composite"


@dataclass(slots=True, kw_only=True)
class MonitorResult:
    """What a tick found of one monitor.

    state: the worst of all groups; UNKNOWN where nothing could be evaluated, the states are kept then. states: new and
    changed groups. gone: names of groups that have aged away. evaluations: the worst first, not necessarily all of
    group_count. took_s: seconds of computing. error: why it could not be evaluated, ''. note: bounds that were reached,
    or why the tick was skipped. evaluated: whether the tick counts as its last evaluation.
    """

    monitor_id: int
    state: State
    states: tuple[GroupState, ...] = ()
    gone: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    group_count: int = 0
    took_s: float = 0.0
    error: str = ""
    note: str = ""
    evaluated: bool = True


@dataclass(slots=True, repr=False)
class TickResult:
    """monitors: those that were due, by id. scans: how many were read. source_error: why nothing could be read, ''."""

    at_s: int
    monitors: dict[int, MonitorResult] = field(default_factory=dict)
    scans: int = 0
    source_error: str = ""

    def __repr__(self) -> str:
        """Short: asyncio spells the result of a task that is done."""
        return f"TickResult(at_s={self.at_s}, {len(self.monitors)} monitors)"

    @property
    def unknown(self) -> int:
        """How many could not be evaluated."""
        return sum(result.state is State.UNKNOWN for result in self.monitors.values())


@dataclass(slots=True)
class _Tick:
    """One tick while it runs. plans: scans by monitor. failures: why a monitor cannot be evaluated, by id."""

    at_s: int
    states: States
    evaluated_s: Mapping[int, float]
    monotonic: Callable[[], float]
    max_groups: int
    result: TickResult
    all: Mapping[int, Prepared]
    plans: dict[int, frozenset[Scan]] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    planning_s: dict[int, float] = field(default_factory=dict)


async def run_tick(
    prepared: Collection[Prepared],
    states: States,
    at_s: int,
    source: Source,
    *,
    evaluated_s: Mapping[int, float] | None = None,
    monotonic: Callable[[], float] = lambda: 0.0,
    max_groups: int = MAX_GROUPS,
    aside: Aside | None = None,
) -> TickResult:
    """Evaluate every monitor that is due at a time, data monitors first, then SLO alerts, then composites.

    A source that cannot be read gives UNKNOWN for the monitors that need it, and no transition. A fault in the
    evaluation of one monitor is that monitor's `error`; the others go on. Gives way to other tasks between monitors.

    Args:
        prepared: all monitors, the ones that composites refer to among them. at_s: Unix seconds, a multiple of 10.
        states: every remembered group. evaluated_s: time of each monitor's evaluation before, by id.
        monotonic: seconds of any clock that runs evenly, for took_s. aside: monitors whose data could not be read; it is
            to be the same at each tick.
    """
    result = TickResult(at_s)
    everyone = {one.monitor.id: one for one in prepared}
    tick = _Tick(at_s, states, evaluated_s or {}, monotonic, max_groups, result, everyone)
    due = [one for one in prepared if one.is_due(at_s, tick.evaluated_s.get(one.monitor.id))]
    for one in due:
        _plan(tick, one)
    answers = await _read(tick, source, aside or Aside())
    referred = {id for one in due for id in one.references}
    parts: dict[int, Part] = {}
    for one in sorted(due, key=lambda one: one.stage):
        result.monitors[one.monitor.id] = _evaluate(tick, one, answers, _parts(tick, one, parts))
        if one.monitor.id in referred:
            parts[one.monitor.id] = _part(tick, one)
        await asyncio.sleep(0)
    return result


def _plan(tick: _Tick, one: Prepared) -> None:
    begun_s = tick.monotonic()
    try:
        tick.plans[one.monitor.id] = one.scans(tick.at_s)
    except Exception as error:  # noqa: BLE001 - boundary: a monitor without a plan is its own error
        tick.failures[one.monitor.id] = spell_error(error)
    tick.planning_s[one.monitor.id] = tick.monotonic() - begun_s


async def _read(tick: _Tick, source: Source, aside: Aside) -> Answers:
    tick.result.scans = len(frozenset().union(*tick.plans.values()))
    found = await read_plans(tick.plans, tick.all, tick.at_s, source, aside)
    tick.result.source_error = found.source_error
    tick.failures.update(found.failures)
    return found.answers


def _evaluate(tick: _Tick, one: Prepared, answers: Answers, parts: Mapping[int, Part]) -> MonitorResult:
    begun_s = tick.monotonic()
    failure = tick.failures.get(one.monitor.id, "")
    done = _unknown(tick, one, failure) if failure else None
    if done is None:
        try:
            observation = one.observe(tick.at_s, answers, parts)
            failure = observation.unknown
            done = _with_facts(step(one.monitor, observation, *_memory(tick, one), tick.max_groups), observation)
        except Exception as error:  # noqa: BLE001 - boundary: told by that monitor's result; the others go on
            failure = spell_error(error)
            done = _unknown(tick, one, failure)
    took_s = tick.monotonic() - begun_s + tick.planning_s.get(one.monitor.id, 0.0)
    return _as_result(one.monitor.id, done, took_s, failure)


def _with_facts(done: Step, observation: Observation) -> Step:
    """Every transition with the numbers that its message may name."""
    if not observation.facts:
        return done
    told = tuple(structs.replace(one, facts=observation.facts) for one in done.transitions)
    return replace(done, transitions=told)


def _memory(tick: _Tick, one: Prepared) -> tuple[Mapping[str, GroupState], float, float | None]:
    id = one.monitor.id
    return tick.states.get(id, _NO_GROUPS), tick.at_s, tick.evaluated_s.get(id)


def _unknown(tick: _Tick, one: Prepared, reason: str) -> Step:
    return step(one.monitor, unknown_observation(reason), *_memory(tick, one))


def _as_result(monitor_id: int, done: Step, took_s: float, error: str) -> MonitorResult:
    return MonitorResult(
        monitor_id=monitor_id,
        state=done.overall,
        states=tuple(done.states.values()),
        gone=done.gone,
        transitions=done.transitions,
        evaluations=done.evaluations,
        group_count=done.group_count,
        took_s=took_s,
        error=error,
        note="" if error else done.note,
        evaluated=done.evaluated,
    )


def _parts(tick: _Tick, one: Prepared, known: dict[int, Part]) -> Mapping[int, Part]:
    """The monitors that one refers to: as this tick left them, or as they were where they were not due."""
    for id in one.references:
        if id not in known and id in tick.all and id not in tick.result.monitors:
            known[id] = Part(tick.all[id].observer.keys, tick.states.get(id, _NO_GROUPS))
    found = {id: known[id] for id in one.references if id in known}
    if one.stage < COMPOSITE_STAGE:
        return found
    nested = {id for id in found if tick.all[id].stage >= COMPOSITE_STAGE}
    return found | {id: Part((), unknown=_NESTED) for id in nested}


def _part(tick: _Tick, one: Prepared) -> Part:
    result = tick.result.monitors[one.monitor.id]
    states = tick.states.get(one.monitor.id, _NO_GROUPS)
    if result.states or result.gone:
        merged = {**states, **{state.group: state for state in result.states}}
        gone = set(result.gone)
        states = {name: state for name, state in merged.items() if name not in gone} if gone else merged
    unknown = result.error if result.state is State.UNKNOWN else ""
    return Part(one.observer.keys, states, unknown)
