"""The record of evaluations: written with each tick, read by those who ask why a monitor did or did not fire."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from lrcp.model.monitor_state import DATADOG_NAMES, Evaluation, State
from lrcp.model.monitor_tick import MonitorEvaluation
from lrcp.store.telemetry.store import TelemetryStore

MAX_GROUPS: Final = 100
"""Groups that are kept of one evaluation, the worst first."""

_STATES: Final = {name: state for state, name in DATADOG_NAMES.items()}
_READ: Final = """
SELECT toInt64(toUnixTimestamp(time)) AS at_s, state, took_us, group_count, note,
    arraySlice(groups, 1, {groups:UInt32}), arraySlice(states, 1, {groups:UInt32}),
    arraySlice(values, 1, {groups:UInt32}), arraySlice(reasons, 1, {groups:UInt32})
FROM monitor_evaluations
WHERE monitor_id = {monitor_id:UInt64}
  AND time >= toDateTime({since_s:Int64}, 'UTC') AND time < toDateTime({until_s:Int64}, 'UTC')
ORDER BY time DESC
LIMIT 1 BY intDiv(at_s, {every_s:UInt32})
LIMIT {limit:UInt32}
"""


class EvaluationLog:
    """Over the telemetry store."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store

    async def write(self, evaluations: Sequence[MonitorEvaluation]) -> None:
        """Keep those of one tick. Raises: UnavailableError."""
        if evaluations:
            table = _table(evaluations)
            await self._store.on_writer(lambda: self._store.insert("monitor_evaluations", table))

    async def read(
        self, monitor_id: int, *, since_s: int, until_s: int, limit: int, every_s: int = 1, groups: int = MAX_GROUPS
    ) -> list[MonitorEvaluation]:
        """A monitor's evaluations within [since_s, until_s), newest first.

        Args:
            every_s: the last of each so many seconds. groups: the first so many of each.
        Raises: UnavailableError, BusyError.
        """
        bounds = {"monitor_id": monitor_id, "since_s": since_s, "until_s": until_s, "limit": limit}
        bounds |= {"every_s": every_s, "groups": groups}
        rows = (await self._store.query(_READ, bounds)).rows
        return [_as_evaluation(monitor_id, row) for row in rows]


def _table(evaluations: Sequence[MonitorEvaluation]) -> pa.Table:
    kept = [one.groups[:MAX_GROUPS] for one in evaluations]
    return pa.table(
        {
            "time": pa.array([one.at_s for one in evaluations], pa.timestamp("s", tz="UTC")),
            "monitor_id": pa.array([one.monitor_id for one in evaluations], pa.uint64()),
            "state": pa.array([DATADOG_NAMES[one.state] for one in evaluations], pa.string()),
            "took_us": pa.array([min(int(one.took_s * 1e6), 2**32 - 1) for one in evaluations], pa.uint32()),
            "group_count": pa.array([one.group_count for one in evaluations], pa.uint32()),
            "note": pa.array([one.note for one in evaluations], pa.string()),
            "groups": pa.array([[group.group for group in groups] for groups in kept], pa.list_(pa.string())),
            "states": pa.array([[DATADOG_NAMES[g.state] for g in groups] for groups in kept], pa.list_(pa.string())),
            "values": pa.array([[group.value for group in groups] for groups in kept], pa.list_(pa.float64())),
            "reasons": pa.array([[group.reason for group in groups] for groups in kept], pa.list_(pa.string())),
        }
    )


def _as_evaluation(monitor_id: int, row: Sequence[Any]) -> MonitorEvaluation:
    at_s, state, took_us, group_count, note, groups, states, values, reasons = row
    found = zip(groups, states, values, reasons, strict=True)
    return MonitorEvaluation(
        monitor_id=monitor_id,
        at_s=at_s,
        state=_STATES[state],
        took_s=took_us / 1e6,
        group_count=group_count,
        note=note,
        groups=tuple(
            Evaluation(group=group, state=_STATES.get(name, State.UNKNOWN), value=value, reason=reason)
            for group, name, value, reason in found
        ),
    )
