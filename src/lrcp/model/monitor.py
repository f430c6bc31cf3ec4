"""Monitor: a query, thresholds and options in Datadog's own terms. Source: DATADOG.md 3.1 and 3.4."""

import math
from typing import Any, Final

import msgspec

METRIC_TYPES: Final = frozenset({"metric alert", "query alert"})


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that a value is compared with; all in the unit of the query. ok and unknown: counts, for service checks."""

    critical: float | None = None
    warning: float | None = None
    critical_recovery: float | None = None
    warning_recovery: float | None = None
    ok: float | None = None
    unknown: float | None = None
    critical_query: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.critical, self.warning, self.critical_recovery, self.warning_recovery, self.ok, self.unknown)
        if not all(one is None or math.isfinite(one) for one in numbers):
            raise ValueError("a threshold is a finite number")


class ThresholdWindows(msgspec.Struct, frozen=True, kw_only=True):
    """Of anomaly monitors: windows such as `last_15m`."""

    trigger_window: str | None = None
    recovery_window: str | None = None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a monitor behaves. Units are Datadog's: _delay seconds, _interval and _timeframe minutes, timeout_h hours.

    Members that change nothing here (deprecated ones) stay in the document and are not repeated.
    """

    thresholds: Thresholds = Thresholds()
    threshold_windows: ThresholdWindows | None = None
    notify_no_data: bool = False
    no_data_timeframe: int | None = None
    on_missing_data: str | None = None
    require_full_window: bool | None = None
    evaluation_delay: int | None = None
    new_group_delay: int | None = None
    new_host_delay: int | None = None
    renotify_interval: int | None = None
    renotify_occurrences: int | None = None
    renotify_statuses: tuple[str, ...] | None = None
    escalation_message: str | None = None
    timeout_h: int | None = None
    group_retention_duration: str | None = None
    notify_by: tuple[str, ...] | None = None
    notify_audit: bool = False
    include_tags: bool = True
    notification_preset_name: str | None = None
    silenced: dict[str, int | None] = {}
    scheduling_options: dict[str, Any] | None = None
    variables: tuple[dict[str, Any], ...] = ()


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """One definition. id 0: not stored yet. document: Datadog's JSON, whole, as the API answers it."""

    id: int = 0
    name: str
    type: str
    query: str
    message: str = ""
    tags: tuple[str, ...] = ()
    priority: int | None = None
    options: Options = Options()
    draft_status: str = "published"
    created_ns: int = 0
    modified_ns: int = 0
    document: dict[str, Any] = {}


def parse_monitor(document: dict[str, Any], *, id: int = 0, created_ns: int = 0, modified_ns: int = 0) -> Monitor:
    """A definition from Datadog's JSON, `null` being the same as absent; the query is not looked at here.

    Raises: msgspec.ValidationError - a member has the wrong type; its message has the path, such as `$.options.timeout_h`.
    """
    members = {name: value for name, value in document.items() if name in _MEMBERS and value is not None}
    if "options" in members and isinstance(members["options"], dict):
        members["options"] = {name: value for name, value in members["options"].items() if value is not None}
    given = {"id": id, "created_ns": created_ns, "modified_ns": modified_ns, "document": document}
    try:
        return msgspec.convert(members | given, Monitor, strict=False)
    except UnicodeEncodeError as error:
        raise msgspec.ValidationError(f"a text holds half a character: {error.reason}") from error


_MEMBERS: Final = frozenset({"name", "type", "query", "message", "tags", "priority", "options", "draft_status"})
