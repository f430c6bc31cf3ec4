"""Error budgets and burn rates: ratios in, ratios out. Source: DATADOG.md 3.7 rule 19, 3.8 V8-V10; SRE Workbook ch. 5."""

import numpy as np

from lrcp.model.errors import InputError
from lrcp.query.scan.grid import Array


def burn_rate(good: Array, valid: Array, *, target: float, window_s: float, step_s: float) -> Array:
    """How fast the error budget is being spent, per step; 1.0 kept up spends exactly the whole budget.

    Args:
        good, valid: float64[n], events (or seconds) per step, aligned; valid == 0 means no traffic (rate 0, not NaN).
        target: SLO target, ratio in (0, 1).
        window_s: look-back, seconds; a multiple of step_s, the spacing of the steps.
    Returns: float64[n], dimensionless, >= 0. The first steps look back as far as there are any.
    Raises: InputError - lengths differ, target outside (0, 1), or a window that is no multiple of the step.
    Source: SRE Workbook ch. 5; checked by tests/spec/slo/burn.test
    """
    _check_target(target)
    if good.shape != valid.shape:
        raise InputError(f"{good.shape} good events and {valid.shape} valid ones do not belong together")
    steps = round(window_s / step_s)
    if steps < 1 or abs(steps * step_s - window_s) > 1e-6 * window_s:
        raise InputError(f"a window of {window_s:g} s is no multiple of steps of {step_s:g} s")
    bad = _running(valid - good, steps)
    total = _running(valid, steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(total > 0, bad / total, 0.0)
    return np.maximum(error, 0.0) / (1 - target)


def _running(values: Array, steps: int) -> Array:
    """Sum of each step and those before it, `steps` in all."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    found: Array = sums[ends] - sums[np.maximum(ends - steps, 0)]
    return found


def burn_rate_of(sli: float | None, target: float) -> float:
    """The burn rate of a window with an indicator (ratio, None: nothing happened, rate 0)."""
    _check_target(target)
    return 0.0 if sli is None else max(0.0, 1 - sli) / (1 - target)


def highest_burn_rate(target: float) -> float:
    """The burn rate when everything is bad; a threshold above it is never reached."""
    _check_target(target)
    return 1 / (1 - target)


def burn_rate_for(consumed: float, *, window_s: float, period_s: float) -> float:
    """The burn rate that spends a share of the budget of period_s within window_s: 10 % of 7 days in an hour is 16.8."""
    return consumed * period_s / window_s


def consumed_percent(sli: float, target: float) -> float:
    """Percent of the error budget that is spent; above 100 when the objective is missed. Both ratios."""
    _check_target(target)
    return (1 - sli) / (1 - target) * 100


def remaining_percent(sli: float, target: float) -> float:
    """Percent of the error budget that is left; below 0 when the objective is missed."""
    return 100 - consumed_percent(sli, target)


def _check_target(target: float) -> None:
    if not 0 < target < 1:
        raise InputError(f"a target is a ratio above 0 and below 1, not {target:g}")
