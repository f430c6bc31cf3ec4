"""Groups that have data: those that are OK and stay so are only counted; the others go one by one."""

from functools import partial

import numpy as np
from msgspec.structs import replace

from lrcp.model.monitor_state import GroupState, State
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.observation import Levels
from lrcp.monitors.state.advance import Finding
from lrcp.monitors.state.judge import hold_back, judge, recovery_at, recovery_operator
from lrcp.monitors.state.reasons import breach_reason, fine_reason, held_reason, kept_reason, plain_reason
from lrcp.monitors.state.work import Work, as_state


def settle_present(work: Work) -> None:
    """Every group of the observation that had data."""
    levels = judge(work.observation, work.limits)
    data = work.observation.data
    stored = [work.states.get(name) for name in work.names]
    worries = np.fromiter(map(_is_worth_a_look, stored), dtype=np.bool_, count=len(stored))
    busy = data & (worries | (levels > State.OK))
    work.quiet = np.flatnonzero(data & ~busy).tolist()
    for index in np.flatnonzero(busy).tolist():
        name = work.names[index]
        before = work.known(name) if stored[index] is not None else None
        if before is None:
            if len(work.states) + work.admitted >= work.rules.max_groups:
                work.left_out += 1
                continue
            work.admitted += 1
        _settle(work, index, stored[index], before or GroupState(group=name, seen_s=work.at_s), levels)


def _is_worth_a_look(state: GroupState | None) -> bool:
    return state is None or state.state is not State.OK or state.missing_s is not None


def _settle(work: Work, index: int, stored: GroupState | None, before: GroupState, levels: Levels) -> None:
    if _is_new(work, before):
        work.wait(stored, before, _value(work, index), partial(_new_reason, work.rules.new_group_delay_s))
        return
    level = as_state(int(levels[index]))
    if level is None:
        _settle_held(work, index, stored, before)
        return
    if before.missing_s is not None or before.data_s is None:
        before = replace(before, missing_s=None, data_s=work.at_s, resolved_by_timeout=False)
    work.settle(stored, before, _finding(work, index, before.state, level))


def _is_new(work: Work, before: GroupState) -> bool:
    """Whether the group still has to wait: it was never evaluated, and has not been there for new_group_delay.

    Groups of a monitor's first evaluation are not new: nobody knows since when they are there.
    """
    if before.data_s is not None or before.seen_s is None or work.evaluated_s is None or not work.observation.keys:
        return False
    return work.at_s - before.seen_s < work.rules.new_group_delay_s


def _new_reason(delay_s: float) -> str:
    return f"new: it is not evaluated in its first {spell_duration(delay_s)} (new_group_delay)"


def _settle_held(work: Work, index: int, stored: GroupState | None, before: GroupState) -> None:
    """There was data, but not enough to say anything: the state stays."""
    why = work.observation.skipped.get(index) or _text(work, index) or "skipped: not enough data in the window"
    if before.missing_s is not None:
        before = replace(before, missing_s=None)
    if before.state is State.SKIPPED and work.observation.family == "check":
        work.settle(stored, replace(before, data_s=work.at_s), Finding(State.OK, None, partial(plain_reason, why)))
        return
    work.settle(stored, before, Finding(None, None, partial(kept_reason, why, before.state)))


def _finding(work: Work, index: int, before: State, level: State) -> Finding:
    if work.observation.levels is not None:
        return Finding(level, _value(work, index), partial(plain_reason, _text(work, index)))
    value = float(work.observation.values[index])
    recoveries = work.observation.recovery
    recovery = None if recoveries is None else float(recoveries[index])
    reached = level if work.rules.independent else hold_back(before, level, value, work.limits, recovery)
    if reached is not level:
        return _held(work, index, reached, value, recovery)
    return compared(work, index, reached, value)


def _held(work: Work, index: int, reached: State, value: float, recovery: float | None) -> Finding:
    limits = work.limits
    alert = reached is State.ALERT
    warning = (limits.warning_recovery, recovery_operator(limits, recovery))
    threshold, operator = recovery_at(limits, recovery) if alert else warning
    shown = value if recovery is None else recovery
    reason = partial(held_reason, shown, operator, 0.0 if threshold is None else threshold, reached)
    return Finding(reached, value, reason, limits.critical_of(index) if alert else limits.warning)


def compared(work: Work, index: int, reached: State, value: float) -> Finding:
    """A value that was compared with the thresholds, with what it was compared with."""
    limits, meaning = work.limits, work.observation.meaning
    critical = limits.critical_of(index)
    if reached is State.OK:
        nearest, word = (critical, "critical") if limits.warning is None else (limits.warning, "warning")
        make = fine_reason
    else:
        nearest, word = (critical, "critical") if reached is State.ALERT else (limits.warning, "warning")
        make = breach_reason
    threshold = 0.0 if nearest is None else nearest
    return Finding(reached, value, partial(make, value, limits.operator, threshold, word, meaning), nearest)


def _value(work: Work, index: int) -> float | None:
    values = work.observation.values
    if index >= len(values) or np.isnan(values[index]):
        return None
    return float(values[index])


def _text(work: Work, index: int) -> str:
    return work.observation.reasons[index] if work.observation.reasons else ""
