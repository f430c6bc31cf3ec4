"""States and transitions of monitors. Source: DATADOG.md 3.5; checked by tests/spec/monitors."""

from enum import IntEnum

import msgspec


class State(IntEnum):
    """What a group of a monitor is in, the least worrying first.

    SKIPPED: not evaluated yet. UNKNOWN: the store could not be asked; a group keeps its last state meanwhile, the word is
    for the evaluation. Only a group of a service check whose threshold `unknown` is set can itself be UNKNOWN.
    """

    SKIPPED = 0
    OK = 1
    UNKNOWN = 2
    NO_DATA = 3
    WARN = 4
    ALERT = 5


DATADOG_NAMES = {
    State.SKIPPED: "Skipped",
    State.OK: "OK",
    State.UNKNOWN: "Unknown",
    State.NO_DATA: "No Data",
    State.WARN: "Warn",
    State.ALERT: "Alert",
}
"""As the API writes them."""


class GroupState(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered of one group. Times are Unix seconds, None: never.

    group: `env:prod,host:a`, the keys sorted; '*' for a monitor without groups. since_s: in this state since.
    triggered_s: in ALERT, WARN or NO_DATA without a break since. value: of its last change or notification. data_s: of the
    last evaluation that had data, as of its last change, None: never any. missing_s: without data since, None while there
    is some. seen_s: when the group first was. notified_s: last notification of any kind. renotified: how many
    renotifications since it came into this state. resolved_by_timeout: timeout_h has set it to OK; it alerts again when
    data shows a breach.
    """

    group: str
    state: State = State.SKIPPED
    since_s: float | None = None
    value: float | None = None
    seen_s: float | None = None
    data_s: float | None = None
    missing_s: float | None = None
    triggered_s: float | None = None
    last_triggered_s: float | None = None
    last_resolved_s: float | None = None
    last_nodata_s: float | None = None
    notified_s: float | None = None
    renotified: int = 0
    resolved_by_timeout: bool = False


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a group's state, or a renotification of one.

    kind: alert, warning, alert_to_warning, warning_to_alert, recovery (from ALERT), warning_recovery, no_data,
    no_data_recovery, unknown, unknown_recovery, renotify, timeout (resolved by timeout_h), gone (the group aged away while
    it was not OK). reason: one sentence with the numbers, for people.
    notify: whether this monitor's options let it notify (a downtime may still mute it). value, threshold: compared
    numbers, None where there are none. triggered_s: when the alert that this belongs to began. members: with notify_by, the
    groups (of this monitor's query) that the notification speaks of; `group` is then theirs by the keys of notify_by.
    facts: further numbers by the name of their variable in messages, such as long_window_burn_rate.
    """

    monitor_id: int
    group: str
    time_s: float
    before: State
    after: State
    kind: str
    reason: str
    notify: bool
    value: float | None = None
    threshold: float | None = None
    triggered_s: float | None = None
    renotified: int = 0
    members: tuple[str, ...] = ()
    facts: dict[str, float] = {}


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What one tick found of one group. state: after this evaluation. reason: why, also where nothing changed."""

    group: str
    state: State
    value: float | None
    reason: str
