"""Rules: what a monitor's options come to for the state machine, in seconds. Source: DATADOG.md 3.4 and 3.7."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from lrcp.model.monitor import Monitor, Options, Thresholds
from lrcp.model.monitor_state import State
from lrcp.monitors.duration import parse_duration_s
from lrcp.monitors.observation import Observation

RENOTIFY_STOP_S: Final = 30 * 3600
"""Renotifications end that long after the first alert, where renotify_occurrences does not say how many there are."""

MAX_GROUPS: Final = 100_000
"""Groups of one monitor that are evaluated; further ones are counted and left out."""


class Missing(Enum):
    """What a group without data means."""

    ZERO = "its value is 0"
    KEEP = "it keeps its state"
    SHOW = "NO_DATA, without a notification"
    NOTIFY = "NO_DATA, with a notification"
    RESOLVE = "OK"


@dataclass(frozen=True, slots=True)
class Rules:
    """missing_after_s: without data for so long before it means anything, beyond the window that was looked at.

    retention_s: a group without data is forgotten then. renotify_s: None never. timeout_s: None never.
    independent: each evaluation stands alone (a custom schedule): no recovery, no hysteresis, a notification each time.
    """

    thresholds: Thresholds
    missing: Missing
    missing_after_s: float
    retention_s: float
    new_group_delay_s: float
    renotify_s: float | None
    renotify_occurrences: int | None
    renotify_states: frozenset[State]
    timeout_s: float | None
    notify_by: tuple[str, ...] | None
    independent: bool
    silent: bool
    max_groups: int = MAX_GROUPS


_RENOTIFIED: Final = {"alert": State.ALERT, "warn": State.WARN, "no data": State.NO_DATA}
_RETENTION_S: Final = {"check": 48 * 3600.0}
_ON_MISSING: Final = {
    "show_no_data": Missing.SHOW,
    "show_and_notify_no_data": Missing.NOTIFY,
    "resolve": Missing.RESOLVE,
}


def read_rules(monitor: Monitor, observation: Observation, max_groups: int = MAX_GROUPS) -> Rules:
    """The rules of a monitor for what was observed of it."""
    options = monitor.options
    missing = _missing(options, observation)
    return Rules(
        thresholds=options.thresholds,
        missing=missing,
        missing_after_s=_missing_after_s(options, observation),
        retention_s=_retention_s(options, observation),
        new_group_delay_s=_new_group_delay_s(options, observation),
        renotify_s=options.renotify_interval * 60.0 if options.renotify_interval else None,
        renotify_occurrences=options.renotify_occurrences or None,
        renotify_states=_renotify_states(options),
        timeout_s=options.timeout_h * 3600.0 if options.timeout_h else None,
        notify_by=_notify_by(options, observation),
        independent="custom_schedule" in (options.scheduling_options or {}),
        silent=monitor.draft_status == "draft",
        max_groups=max_groups,
    )


def _missing(options: Options, observation: Observation) -> Missing:
    """on_missing_data replaces notify_no_data; events that are counted are 0 in both when nothing else is said."""
    if observation.family in ("composite", "slo"):
        return _of_parts(options)
    usual = Missing.ZERO if observation.zero_when_missing else Missing.KEEP
    if options.on_missing_data is not None:
        return _ON_MISSING.get(options.on_missing_data, usual)
    if options.notify_no_data:
        return Missing.NOTIFY
    return usual if observation.family == "event" else Missing.KEEP


def _of_parts(options: Options) -> Missing:
    """What has no data of its own: a group that is no longer there keeps its state; NO_DATA that its parts have notifies
    where the options ask for it."""
    asked = options.on_missing_data == "show_and_notify_no_data"
    return Missing.NOTIFY if asked or (options.on_missing_data is None and options.notify_no_data) else Missing.KEEP


def _missing_after_s(options: Options, observation: Observation) -> float:
    """Twice the window where nothing is said; `data` itself looks a window back, which is part of it."""
    if options.on_missing_data is not None or observation.family in ("check", "composite", "slo"):
        return 0.0
    timeframe = options.no_data_timeframe
    wanted_s = 2 * observation.window_s if timeframe is None else timeframe * 60.0
    return max(0.0, wanted_s - observation.window_s)


def _retention_s(options: Options, observation: Observation) -> float:
    if observation.family == "event" and options.group_retention_duration:
        return parse_duration_s(options.group_retention_duration)
    return _RETENTION_S.get(observation.family, 24 * 3600.0)


def _new_group_delay_s(options: Options, observation: Observation) -> float:
    """new_host_delay is the old name, and counts for groups by host only. The parts of a composite have waited already."""
    if observation.family in ("composite", "slo"):
        return 0.0
    if options.new_group_delay is not None:
        return float(options.new_group_delay)
    return float(options.new_host_delay or 0) if "host" in observation.keys else 0.0


def _renotify_states(options: Options) -> frozenset[State]:
    wanted = ("alert", "no data") if options.renotify_statuses is None else options.renotify_statuses
    return frozenset(_RENOTIFIED[name] for name in wanted if name in _RENOTIFIED)


def _notify_by(options: Options, observation: Observation) -> tuple[str, ...] | None:
    """None: every group notifies for itself, also where notify_by names all the keys there are. (): all together."""
    if options.notify_by is None or not observation.keys or set(options.notify_by) >= set(observation.keys):
        return None
    return () if options.notify_by == ("*",) else options.notify_by
