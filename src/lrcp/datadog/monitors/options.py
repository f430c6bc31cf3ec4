"""What monitor options may say. Server's words where they are known, else ours with the option's name. DATADOG.md 3.4."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from lrcp.datadog.errors import invalid
from lrcp.datadog.monitors.facts import Facts
from lrcp.model.monitor import Monitor, parse_monitor

KNOWN: Final = frozenset(
    (
        "aggregation", "avalanche_window", "device_ids", "enable_logs_sample", "enable_samples", "escalation_message",
        "evaluation_delay", "group_retention_duration", "groupby_simple_monitor", "include_tags", "locked",
        "min_failure_duration", "min_location_failed", "new_group_delay", "new_host_delay", "no_data_timeframe",
        "notification_preset_name", "notify_audit", "notify_by", "notify_no_data", "on_missing_data",
        "renotify_interval", "renotify_occurrences", "renotify_statuses", "require_full_window", "scheduling_options",
        "silenced", "synthetics_check_id", "threshold_windows", "thresholds", "timeout_h", "variables",
    )
)  # fmt: skip
PRESETS: Final = (
    "show_all", "hide_query", "hide_handles", "hide_all", "hide_query_and_handles", "show_only_snapshot",
    "hide_handles_and_footer",
)  # fmt: skip
ON_MISSING_DATA: Final = ("default", "show_no_data", "show_and_notify_no_data", "resolve")
RENOTIFY_STATUSES: Final = ("alert", "no data", "warn")
_RETENTION: Final = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
_RETENTION_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}


def _within(least: int, most: int) -> Callable[[Any], str]:
    return lambda value: "" if least <= value <= most else f"it must be from {least} to {most}"


def _one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda value: "" if value in known else f"it must be one of {', '.join(known)}"


def _all_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda values: "" if set(values) <= set(known) else f"it may hold {', '.join(known)}"


def _retention(value: str) -> str:
    found = _RETENTION.fullmatch(value)
    if found and 60 <= int(found[1]) * _RETENTION_MINUTES[found[2]] <= 72 * 60:
        return ""
    return "it must be from 60m to 72h, such as 2h"


RULES: Final[dict[str, Callable[[Any], str]]] = {
    "evaluation_delay": _within(0, 86_400),
    "new_group_delay": _within(0, 86_400),
    "new_host_delay": _within(0, 86_400),
    "no_data_timeframe": _within(1, 100_000),
    "renotify_interval": _within(0, 100_000),
    "renotify_occurrences": _within(0, 1_000),
    "timeout_h": _within(0, 24),
    "on_missing_data": _one_of(ON_MISSING_DATA),
    "notification_preset_name": _one_of(PRESETS),
    "renotify_statuses": _all_of(RENOTIFY_STATUSES),
    "group_retention_duration": _retention,
}
"""Option -> what is wrong with a value of the right type, '' when nothing is."""


def parse_options(document: dict[str, Any]) -> Monitor:
    """The definition as a record. Raises: Refusal - a member has the wrong type."""
    for name in document["options"]:
        if name not in KNOWN:
            raise invalid(f"Invalid monitor option: {name[:60]}")
    try:
        return parse_monitor(document)
    except msgspec.ValidationError as error:
        raise invalid(f"The value provided for parameter 'options' is invalid: {error}") from None


def check_options(monitor: Monitor, facts: Facts) -> None:
    """Raises: Refusal - an option is out of range, or has no meaning with this query."""
    for name, problem_of in RULES.items():
        value = getattr(monitor.options, name)
        problem = "" if value is None else problem_of(value)
        if problem:
            raise invalid(f"Invalid monitor option: {name}: {problem}")
    if monitor.options.on_missing_data == "resolve" and facts.zero_filled:
        raise invalid("Invalid on_missing_data value: resolve; valid value is: default")
    _check_notify_by(monitor, facts)


def _check_notify_by(monitor: Monitor, facts: Facts) -> None:
    keys = monitor.options.notify_by or ()
    if keys != ("*",) and not set(keys) <= set(facts.by):
        unknown = next(key for key in keys if key not in facts.by)
        groups = ", ".join(facts.by) or "none"
        raise invalid(
            f"Invalid monitor option: notify_by: {unknown[:60]!r} is no group of the query; its groups: {groups}"
        )
