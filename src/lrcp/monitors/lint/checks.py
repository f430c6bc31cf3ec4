"""All checks of one definition that is readable, as a table: each yields (rule, place, message)."""

from collections.abc import Callable, Iterator
from typing import Final

from lrcp.monitors.lint import messages, options, queries
from lrcp.monitors.lint.finding import Subject
from lrcp.monitors.lint.trees import Found

Check = Callable[[Subject], Iterator[Found]]

CHECKS: Final[tuple[Check, ...]] = (
    options.thresholds, options.variables, options.bounds, options.missing_data, options.anomaly_windows,
    options.renotification, options.deprecated, queries.reach, queries.rollups, queries.ratios, queries.below,
    messages.message, messages.handles, queries.names, queries.approximations,
)  # fmt: skip
