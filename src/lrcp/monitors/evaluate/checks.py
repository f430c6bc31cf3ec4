"""Service checks: consecutive statuses of each group, or (cluster alerts) the share of members in a status.

Source: DATADOG.md 3.7, rule 17.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.monitor import Monitor, Thresholds
from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.observer import Answers, Parts
from lrcp.monitors.groups import TAG_SETS
from lrcp.monitors.observation import HOLD, Observation
from lrcp.query.monitor.ast import CheckMonitorQuery, Comparison
from lrcp.query.scan.blocks import CheckBlock
from lrcp.query.scan.scans import CheckScan, Scan

USUAL_TIMEFRAME_S: Final = 24 * 3600
"""no_data_timeframe of checks, where the options do not say."""

_ORDER: Final = (("critical", State.ALERT), ("warning", State.WARN), ("ok", State.OK))
"""Statuses in the order of their weight, and what enough of them in a row make."""


@dataclass(frozen=True, slots=True)
class CheckObserver:
    """thresholds: how many of a status in a row. timeframe_s: a group is without data when its newest report is older."""

    query: CheckMonitorQuery
    thresholds: Thresholds
    timeframe_s: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query; ("*",) for whole tag sets."""
        return self.query.by

    def scans(self, at_s: int) -> frozenset[Scan]:
        """The newest statuses, one more than is looked at."""
        return frozenset((self._scan(at_s),))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """A state, or HOLD, for each group."""
        block = answers[self._scan(at_s)]
        assert isinstance(block, CheckBlock)
        judged = [judge_statuses(statuses, self.thresholds) for statuses in block.statuses]
        reasons = [
            f"{reason}: {message}" if message else reason
            for (_, reason), message in zip(judged, block.messages, strict=True)
        ]
        return Observation(
            keys=self.query.by,
            groups=block.groups,
            data=np.ones(len(block.groups), dtype=np.bool_),
            values=np.full(len(block.groups), np.nan),
            levels=np.array([level for level, _ in judged], dtype=np.int8),
            reasons=reasons,
            family="check",
            window_s=self.timeframe_s,
        )

    def _scan(self, at_s: int) -> CheckScan:
        query = self.query
        return CheckScan(query.check, query.over, query.exclude, query.by, query.last, at_s - self.timeframe_s, at_s)


@dataclass(frozen=True, slots=True)
class ClusterObserver:
    """A cluster alert: which percentage of distinct tag sets has `critical` as its last status, by group."""

    query: CheckMonitorQuery
    comparison: Comparison
    timeframe_s: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query; `*` is one group of all."""
        return () if self.query.by == TAG_SETS else self.query.by

    def scans(self, at_s: int) -> frozenset[Scan]:
        """The last status of every tag set."""
        return frozenset((self._scan(at_s),))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """Percent by group."""
        block = answers[self._scan(at_s)]
        assert isinstance(block, CheckBlock)
        members: dict[tuple[str, ...], list[bool]] = {}
        for tags, statuses in zip(block.groups, block.statuses, strict=True):
            group = _values_of(tags, self.keys)
            if group is not None:
                members.setdefault(group, []).append(statuses[0] == "critical")
        shares = [100.0 * sum(failed) / len(failed) for failed in members.values()]
        return Observation(
            keys=self.keys,
            groups=list(members),
            data=np.ones(len(members), dtype=np.bool_),
            values=np.array(shares, dtype=np.float64),
            comparison=self.comparison,
            family="check",
            meaning="percent of the members whose last status is critical",
            window_s=self.timeframe_s,
        )

    def _scan(self, at_s: int) -> CheckScan:
        query = self.query
        return CheckScan(query.check, query.over, query.exclude, TAG_SETS, 1, at_s - self.timeframe_s, at_s)


def observe_check(monitor: Monitor, query: CheckMonitorQuery) -> CheckObserver | ClusterObserver:
    """The observer of a service check."""
    minutes = monitor.options.no_data_timeframe
    timeframe_s = USUAL_TIMEFRAME_S if minutes is None else minutes * 60
    if query.percent:
        comparison = query.comparison or Comparison(">=", monitor.options.thresholds.critical)
        return ClusterObserver(query, comparison, timeframe_s)
    return CheckObserver(query, monitor.options.thresholds, timeframe_s)


def judge_statuses(statuses: tuple[str, ...], thresholds: Thresholds) -> tuple[int, str]:
    """What statuses, newest first, come to: a State or HOLD, and why.

    `unknown` counts only where its threshold is set; else it neither alerts nor resolves.
    """
    for status, state in _ORDER:
        needed = int(getattr(thresholds, status) or 1)
        if _in_a_row(statuses, status) >= needed:
            return int(state), f"the last {_times(needed)} {status}"
    if thresholds.unknown is not None and _in_a_row(statuses, "unknown") >= thresholds.unknown:
        return int(State.UNKNOWN), f"the last {_times(int(thresholds.unknown))} unknown"
    newest = statuses[0]
    if newest == "unknown":
        return HOLD, "unknown neither alerts nor resolves"
    needed = int(getattr(thresholds, newest) or 1)
    return HOLD, f"{_in_a_row(statuses, newest)} of the {needed} {newest} in a row that are needed"


def _in_a_row(statuses: tuple[str, ...], status: str) -> int:
    return next((at for at, one in enumerate(statuses) if one != status), len(statuses))


def _times(number: int) -> str:
    return "status is" if number == 1 else f"{number} statuses are"


def _values_of(tags: tuple[str, ...], by: tuple[str, ...]) -> tuple[str, ...] | None:
    pairs = dict(tag.split(":", 1) for tag in tags if ":" in tag)
    return tuple(pairs[key] for key in by) if all(key in pairs for key in by) else None
