"""Values against thresholds: what every group's value says for itself, and what recovery thresholds hold back.

Source: DATADOG.md 3.5; checked by tests/unit/monitors/state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lrcp.model.monitor import Thresholds
from lrcp.model.monitor_state import State
from lrcp.monitors.observation import HOLD, Levels, Observation
from lrcp.query.scan.grid import Array

COMPARE: Final[dict[str, Callable[..., Any]]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_RECOVERS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda value, recovery: value <= recovery,
    ">=": lambda value, recovery: value < recovery,
    "<": lambda value, recovery: value >= recovery,
    "<=": lambda value, recovery: value > recovery,
}
"""A value that recovers, by the operator of the alert. `==` and `!=` know no recovery threshold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What values are compared with. critical: one for all, or float64[n] by group. operator '': nothing is compared."""

    operator: str
    critical: float | Array | None
    warning: float | None
    critical_recovery: float | None
    warning_recovery: float | None

    def critical_of(self, index: int) -> float | None:
        """The critical threshold of one group."""
        return float(self.critical[index]) if isinstance(self.critical, np.ndarray) else self.critical


def limits_of(observation: Observation, thresholds: Thresholds) -> Limits:
    """The number in the query counts; options.thresholds.critical repeats it."""
    if observation.comparison is None:
        return Limits("", None, None, None, None)
    said = observation.comparison.threshold
    critical = thresholds.critical if said is None else said
    return Limits(
        operator=observation.comparison.operator,
        critical=observation.critical if observation.critical is not None else critical,
        warning=thresholds.warning,
        critical_recovery=thresholds.critical_recovery,
        warning_recovery=thresholds.warning_recovery,
    )


def judge(observation: Observation, limits: Limits) -> Levels:
    """What each group's value says, without its past: int8[n], OK, WARN, ALERT, or HOLD where there is nothing to judge."""
    if observation.levels is not None:
        return observation.levels
    values = observation.values
    compare = COMPARE[limits.operator]
    levels = np.full(len(values), int(State.OK), dtype=np.int8)
    if limits.warning is not None:
        levels[compare(values, limits.warning)] = State.WARN
    if limits.critical is not None:
        levels[compare(values, limits.critical)] = State.ALERT
        levels[np.broadcast_to(np.isnan(limits.critical), len(values))] = HOLD
    levels[np.isnan(values)] = HOLD
    return levels


def hold_back(before: State, level: State, value: float, limits: Limits, recovery: float | None) -> State:
    """The level that is reached from a state: a recovery threshold keeps it up until it is crossed.

    recovery: the value that recovery is judged by, where that is not `value` (an anomaly's recovery window).
    """
    seen = value if recovery is None else recovery
    if level is State.ALERT or before not in (State.ALERT, State.WARN):
        return level
    if before is State.ALERT and _holds(seen, *recovery_at(limits, recovery)):
        return State.ALERT
    warning = (limits.warning_recovery, recovery_operator(limits, recovery))
    if level is State.OK and limits.warning is not None and _holds(seen, *warning):
        return State.WARN
    return level


def recovery_at(limits: Limits, recovery: float | None) -> tuple[float | None, str]:
    """(threshold, operator) that ALERT is held by; None: nothing holds it.

    With a recovery window of its own, the critical threshold itself is what has to be crossed where no other
    is given.
    """
    if limits.critical_recovery is None and recovery is not None and not isinstance(limits.critical, np.ndarray):
        return limits.critical, limits.operator
    return limits.critical_recovery, recovery_operator(limits, recovery)


def recovery_operator(limits: Limits, recovery: float | None) -> str:
    """Shares of a recovery window reach their bound: none outside (0) recovers from `>= 1`, so the threshold is within."""
    return limits.operator if recovery is None else limits.operator.removesuffix("=")


def _holds(value: float, threshold: float | None, operator: str) -> bool:
    recovers = _RECOVERS.get(operator)
    return threshold is not None and recovers is not None and not np.isnan(value) and not recovers(value, threshold)
