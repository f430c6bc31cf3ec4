"""Monitor SLOs: minutes in which no monitor (or group) was in Alert, of all minutes that are not corrected.

Warn counts as good; No Data as downtime only where it notifies; time before a group was there as good. A minute is down
when the group was down at any moment of it. Source: DATADOG.md 3.9 and V12; checked by tests/spec/slo/monitors.test.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import State
from lrcp.monitors.slo.corrections import Stretch, touched
from lrcp.monitors.slo.past import GroupPast, MonitorPast, PastStates
from lrcp.monitors.slo.uptime import Flags, Uptime
from lrcp.query.scan.grid import Grid

MINUTE_S: Final = 60
MAX_GROUPS: Final = 1_000


def whole_minutes(from_s: int, to_s: int) -> Grid:
    """The minutes that begin in a period and have ended by to_s, at most of two years."""
    start_s, end_s = -(-from_s // MINUTE_S) * MINUTE_S, to_s // MINUTE_S * MINUTE_S
    return Grid(start_s, MINUTE_S, max(0, (end_s - start_s) // MINUTE_S))


def find_past(past: PastStates, monitor_ids: Sequence[int], grid: Grid) -> list[MonitorPast]:
    """What each monitor of an SLO went through. Raises: InputError - one of them does not exist."""
    found = []
    for id in monitor_ids:
        one = past.find(id, grid.start_s, grid.end_s)
        if one is None:
            raise InputError(f"monitor {id} of the SLO does not exist")
        found.append(one)
    return found


def judge_monitors(
    pasts: Sequence[MonitorPast], wanted: Sequence[str], grid: Grid, corrected: Sequence[Stretch]
) -> Uptime:
    """Which minutes were up. With one monitor by its groups (wanted: those that count, empty all), else by monitor.

    Returns: groups are 1-tuples: the group's name, or the monitor's id as text.
    """
    if len(pasts) == 1:
        rows = [(name, down_minutes(one, pasts[0].no_data_is_down, grid)) for name, one in _chosen(pasts[0], wanted)]
    else:
        rows = [(str(past.monitor_id), _any_down(past, grid)) for past in pasts]
    kept = sorted(rows, key=lambda row: row[0])[:MAX_GROUPS] if len(pasts) == 1 else rows
    up = ~np.array([down for _, down in kept], dtype=np.bool_).reshape(len(kept), grid.count)
    counted = ~touched(corrected, grid.starts_s, grid.step_s)
    return Uptime(grid, (), [(name,) for name, _ in kept], up, counted, cut=len(rows) - len(kept))


def _chosen(past: MonitorPast, wanted: Sequence[str]) -> list[tuple[str, GroupPast]]:
    if not wanted:
        return list(past.groups.items())
    by_tags = {frozenset(name.split(",")): (name, one) for name, one in past.groups.items()}
    return [by_tags.get(frozenset(name.split(",")), (name, GroupPast(None))) for name in wanted]


def _any_down(past: MonitorPast, grid: Grid) -> Flags:
    down = np.zeros(grid.count, dtype=np.bool_)
    for group in past.groups.values():
        down |= down_minutes(group, past.no_data_is_down, grid)
    return down


def down_minutes(group: GroupPast, no_data_is_down: bool, grid: Grid) -> Flags:
    """bool[grid.count]: minutes in which the group was down at any moment."""
    bad = {State.ALERT, State.NO_DATA} if no_data_is_down else {State.ALERT}
    down = np.zeros(grid.count, dtype=np.bool_)
    edges = [(float(grid.start_s), group.before), *group.changes, (float(grid.end_s), None)]
    for (begin_s, state), (end_s, _) in pairwise(edges):
        if state in bad and begin_s < end_s:
            first = int((begin_s - grid.start_s) // MINUTE_S)
            down[max(first, 0) : max(0, int(-((grid.start_s - end_s) // MINUTE_S)))] = True
    return down
