"""Observation: what one evaluation of a monitor found, before any state is considered."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lrcp.query.monitor.ast import Comparison
from lrcp.query.scan.grid import Array

HOLD = -1
"""A level that says: whatever it was before, it stays."""

Levels = NDArray[np.int8]
"""State values (model.monitor_state.State) or HOLD."""


@dataclass(slots=True, kw_only=True)
class Observation:
    """n groups with their values or their levels, all arrays of length n.

    keys, groups: of the grouping, () and [()] for a monitor without groups. data: which groups had data in the window.
    values: float64[n], NaN not enough to say (skipped). comparison: how values are compared; None where levels are given.
    critical: float64[n], the critical threshold by group, where it is itself a query. recovery: float64[n], values that
    recovery is judged by where they are not `values` (an anomaly's recovery window).
    levels: int8[n], states that the observer has found itself (checks, composites), with reasons for each.
    family: metric, event, check, composite or slo. meaning: what a value is, `average of the last 5 minutes`.
    window_s: how far back `data` looks. zero_when_missing: a group without data counts as 0 where the options do not say
    otherwise. skipped: by index, why a value is NaN. unknown: why nothing could be evaluated at all, ''.
    cut: how many groups the source has left out. note: what else there is to say of the monitor. keeps_missing: groups
    without data are left alone while others have some. facts: further numbers by the name of their variable in messages.
    """

    keys: tuple[str, ...] = ()
    groups: list[tuple[str, ...]] = field(default_factory=list)
    data: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    values: Array = field(default_factory=lambda: np.empty(0))
    comparison: Comparison | None = None
    critical: Array | None = None
    recovery: Array | None = None
    levels: Levels | None = None
    reasons: list[str] = field(default_factory=list)
    family: str = "metric"
    meaning: str = ""
    window_s: float = 0.0
    zero_when_missing: bool = False
    keeps_missing: bool = False
    skipped: dict[int, str] = field(default_factory=dict)
    unknown: str = ""
    cut: int = 0
    note: str = ""
    facts: dict[str, float] = field(default_factory=dict)


def unknown_observation(reason: str) -> Observation:
    """Nothing could be evaluated, and why."""
    return Observation(unknown=reason)


def spell_cut(cut: int) -> str:
    """What there is to say of series, or groups of percentiles, that the source has left out because there were too many."""
    return f"{cut:,} series or groups beyond what is read of a metric are left out" if cut else ""
