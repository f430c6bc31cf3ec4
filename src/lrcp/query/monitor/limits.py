"""Limits of windows and shifts. Source: DATADOG.md 3.2, "Element, limits"; checked by tests/spec/query/refused.test.

Where the reference has two values (change alerts: two days in the API's text, a month on the product's page), the wider
one is taken: what the narrow text would refuse, the newer page shows.
"""

from collections.abc import Mapping
from typing import Final

from lrcp.query.metric.check import fault
from lrcp.query.monitor.ast import Change, Window
from lrcp.query.monitor.windows import print_plain_window, print_shift, print_window

Limits = Mapping[str, tuple[int, int]]
"""Unit -> least and greatest amount; a unit that is absent is not taken."""

METRIC: Final[Limits] = {"m": (1, 10080), "h": (1, 168), "d": (1, 31), "w": (1, 4), "mo": (1, 1)}
OUTLIERS: Final[Limits] = {"m": (1, 1440), "h": (1, 24), "d": (1, 1)}
EVENTS: Final[Limits] = {"m": (1, 2880), "h": (1, 48), "d": (1, 2)}
PROCESSES: Final[Limits] = {"s": (1, 172_800), **EVENTS}
REPORTS: Final[Limits] = {"m": (1, 10080), "h": (1, 168), "d": (1, 90), "w": (1, 12), "mo": (1, 3)}
"""Of cost and data monitors."""
CUMULATIVE: Final = frozenset({"h", "d", "mo"})
FORECAST_S: Final = (12 * 3600, 90 * 86400)
SHIFTS_S: Final = frozenset({300, 600, 900, 1800, 3600, 7200, 14400, *(day * 86400 for day in range(1, 32))})


def check_window(window: Window, limits: Limits, text: str) -> None:
    """Raises: QueryError - a window that this kind of monitor does not take. text: the whole query, for the caret."""
    shown = print_plain_window(window)
    if window.kind == "next":
        raise fault(text, print_window(window), "only forecast() looks ahead", ("last_5m",))
    if window.kind == "current":
        if window.amount != 1 or window.unit not in CUMULATIVE:
            raise fault(text, shown, "no such cumulative window", ("current_1h", "current_1d", "current_1mo"))
        return
    low, high = limits.get(window.unit, (1, 0))
    if not low <= window.amount <= high:
        taken = tuple(f"{least} to {most} {unit}" for unit, (least, most) in limits.items())
        raise fault(text, shown, f"the window {shown} is not taken here", taken)


def check_forecast_window(window: Window, text: str) -> None:
    """Raises: QueryError - not `next_...` of 12 hours to 3 months."""
    if window.kind != "next" or not FORECAST_S[0] <= window.seconds <= FORECAST_S[1]:
        reason = "a forecast looks 12 hours to 3 months ahead"
        raise fault(text, print_window(window), reason, ("next_12h", "next_1w", "next_3mo"))


def check_shift(change: Change, text: str) -> None:
    """Raises: QueryError - a shift of a change query that is not offered."""
    if change.shift.seconds not in SHIFTS_S:
        expected = ("5, 10, 15, 30 minutes", "1, 2, 4 hours", "1 to 31 days")
        raise fault(text, f",{print_shift(change)}", "no such shift", expected)
