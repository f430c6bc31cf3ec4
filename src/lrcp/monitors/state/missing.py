"""Groups without data: what the no-data mode makes of them, timeout_h, and when they are forgotten.

Source: DATADOG.md 3.4, 3.7.13 and 3.7.20; the table is in docs/monitors/states.md.
"""

from functools import partial

import numpy as np
from msgspec.structs import replace

from lrcp.model.monitor_state import GroupState, State
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.groups import EVERYTHING
from lrcp.monitors.state.advance import TRIGGERED, Finding
from lrcp.monitors.state.judge import COMPARE, hold_back
from lrcp.monitors.state.present import compared
from lrcp.monitors.state.reasons import kept_reason, plain_reason
from lrcp.monitors.state.rules import Missing
from lrcp.monitors.state.work import Work


def settle_missing(work: Work) -> None:
    """Every group that is known, or that the query names, and had no data."""
    data = work.observation.data
    present = {work.names[index] for index in np.flatnonzero(data).tolist()}
    others = [work.names[index] for index in np.flatnonzero(~data).tolist() if work.names[index] not in work.states]
    if not work.observation.keys and not work.names and EVERYTHING not in work.states:
        others = [EVERYTHING]
    for name in [*(name for name in work.states if name not in present), *others]:
        _settle(work, name, bool(present))


def _settle(work: Work, name: str, some_have_data: bool) -> None:
    stored = work.states.get(name)
    if stored is None and len(work.states) + work.admitted >= work.rules.max_groups:
        work.left_out += 1
        return
    work.admitted += stored is None
    before = _without_data(work, work.known(name) or GroupState(group=name, seen_s=work.at_s))
    missing_s = work.at_s - (work.at_s if before.missing_s is None else before.missing_s)
    if name != EVERYTHING and missing_s >= work.rules.retention_s:
        _forget(work, stored, before)
    elif _has_timed_out(work, before, missing_s):
        why = f"resolved by timeout_h: no data for {spell_duration(missing_s)}"
        resolved = replace(before, resolved_by_timeout=True)
        work.settle(stored, resolved, Finding(State.OK, None, partial(plain_reason, why), kind="timeout"))
    else:
        work.settle(stored, before, _finding(work, before, missing_s, some_have_data))


def _without_data(work: Work, state: GroupState) -> GroupState:
    """missing_s begins when the data ends, and does not run while nobody evaluates."""
    if state.missing_s is None:
        seen_s = work.evaluated_s if state.data_s is not None and work.evaluated_s is not None else state.data_s
        return replace(state, missing_s=work.at_s, data_s=seen_s)
    return replace(state, missing_s=state.missing_s + work.lost_s) if work.lost_s else state


def _forget(work: Work, stored: GroupState | None, before: GroupState) -> None:
    """Aged away. What it alerted on ends with it, without a notification."""
    if stored is not None:
        work.gone.append(before.group)
    if before.state not in (State.OK, State.SKIPPED):
        why = f"forgotten: no data for {spell_duration(work.rules.retention_s)}"
        silent = replace(before, notified_s=None)
        work.settle(stored, silent, Finding(State.OK, None, partial(plain_reason, why), kind="gone"))
    work.changed.pop(before.group, None)


def _has_timed_out(work: Work, before: GroupState, missing_s: float) -> bool:
    timeout_s = work.rules.timeout_s
    return timeout_s is not None and before.state in TRIGGERED and missing_s >= timeout_s


def _finding(work: Work, before: GroupState, missing_s: float, some_have_data: bool) -> Finding:
    mode = work.rules.missing
    since = f" for {spell_duration(missing_s)}" if missing_s else ""
    kept = Finding(None, None, partial(kept_reason, f"no data in the window{since}", before.state))
    if before.resolved_by_timeout:
        return kept
    if mode is Missing.ZERO and work.observation.levels is None:
        return kept if work.observation.keeps_missing and some_have_data else _as_zero(work, before)
    if before.data_s is None or mode is Missing.KEEP or work.observation.family in ("composite", "slo"):
        return kept
    if mode is Missing.RESOLVE:
        return Finding(State.OK, None, partial(plain_reason, f"resolved: no data in the window{since}"))
    if missing_s < work.rules.missing_after_s:
        return kept
    gone_s = missing_s + work.observation.window_s
    return Finding(State.NO_DATA, None, partial(plain_reason, f"no data for {spell_duration(gone_s)}"))


def _as_zero(work: Work, before: GroupState) -> Finding:
    """The group's value is 0; a group whose critical threshold is its own and is missing as well keeps its state."""
    limits = work.limits
    if isinstance(limits.critical, np.ndarray) or (before.data_s is None and work.observation.family != "event"):
        return Finding(None, None, partial(kept_reason, "no data in the window", before.state))
    compare = COMPARE[limits.operator]
    level = State.OK
    if limits.warning is not None and compare(0.0, limits.warning):
        level = State.WARN
    if limits.critical is not None and compare(0.0, limits.critical):
        level = State.ALERT
    reached = level if work.rules.independent else hold_back(before.state, level, 0.0, limits, None)
    return compared(work, 0, reached, 0.0)
