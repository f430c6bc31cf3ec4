"""Buckets of a monitor's window: those it is evaluated in, and those by which require_full_window judges it."""

from typing import Final

from lrcp.query.scan.grid import Grid

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_STEPS: Final = ((4 * _HOUR_S, 60), (_DAY_S, 300), (7 * _DAY_S, _HOUR_S))
_LONGEST_STEP_S: Final = 4 * _HOUR_S
_FULL_STEPS: Final = ((_HOUR_S, 60), (_DAY_S, 600), (28 * _DAY_S, _HOUR_S))
"""(windows shorter than this, seconds a bucket). Source: DATADOG.md 3.7, rule 11."""


def window_grid(start_s: int, end_s: int) -> Grid:
    """The automatic rollup of a window, aligned to its start; the last bucket may reach beyond its end, its points do not.

    Datadog does not publish its own: up to 4 hours 60 s, up to 24 hours 300 s, up to 7 days 3600 s, longer 14400 s.
    """
    length_s = end_s - start_s
    step_s = next((step for limit, step in _STEPS if length_s <= limit), _LONGEST_STEP_S)
    return _covering(start_s, end_s, step_s)


def full_window_grid(start_s: int, end_s: int) -> Grid:
    """require_full_window's buckets: a minute in windows below an hour, 10 min below a day, 1 h below 28 days, else 4 h."""
    length_s = end_s - start_s
    step_s = next((step for limit, step in _FULL_STEPS if length_s < limit), _LONGEST_STEP_S)
    return _covering(start_s, end_s, step_s)


def whole_window(start_s: int, end_s: int) -> Grid:
    """The window as one bucket."""
    return Grid(start_s, end_s - start_s, 1)


def _covering(start_s: int, end_s: int, step_s: int) -> Grid:
    return Grid(start_s, step_s, max(1, -((start_s - end_s) // step_s)))
