"""Context: what a notification may speak of beside the monitor and the transition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A monitor that a composite is made of. status: OK, Alert, Warn, No Data. value: None without one.

    record, record_kind: as in Context.
    """

    status: str = ""
    value: float | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    record_kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """tags: `key:value` of the group and what else is known of it, such as its host's tags; with notify_by, those of all
    members. Without them the group's name is read. attributes: further facts by the name of their variable, such as
    `host.ip`, `host.metadata_platform`, `service.team`.

    record: the log, span or event that was found, nested as it was sent, with `attributes`, `tags` (`key:value`),
    `message` and the like; record_kind: log, span, event, rum, audit, cipipeline, citest, issue, ...
    parts: of a composite, by letter. check_message: of a service check.
    first_triggered_s, last_triggered_s: Unix seconds; when the group left OK, and when it last came into a state that is
    not OK. None: as the transition says.
    timeframe, long_window_burn_rate, short_window_burn_rate: of an SLO alert.
    link: where to look at the monitor, ''. test: a test of the notification.
    """

    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    record_kind: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)
    check_message: str = ""
    first_triggered_s: float | None = None
    last_triggered_s: float | None = None
    timeframe: str = ""
    long_window_burn_rate: float | None = None
    short_window_burn_rate: float | None = None
    link: str = ""
    test: bool = False
