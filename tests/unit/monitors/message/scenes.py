"""A monitor and its transitions, for the tests of messages."""

from datetime import UTC, datetime
from typing import Any

from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import State, Transition

TRIGGERED_S = datetime(2021, 5, 31, 14, 43, 27, tzinfo=UTC).timestamp()


def monitor(message: str = "", **members: Any) -> Monitor:
    document: dict[str, Any] = {
        "name": "CPU is high",
        "type": "query alert",
        "query": "avg(last_5m):avg:system.cpu.user{*} by {host} > 90",
        "message": message,
        "priority": 3,
        "options": {"thresholds": {"critical": 90, "warning": 80, "critical_recovery": 70}},
    }
    return parse_monitor(document | members, id=7)


def transition(kind: str = "alert", **members: Any) -> Transition:
    before, after = {
        "alert": (State.OK, State.ALERT),
        "warning": (State.OK, State.WARN),
        "warning_to_alert": (State.WARN, State.ALERT),
        "alert_to_warning": (State.ALERT, State.WARN),
        "no_data": (State.OK, State.NO_DATA),
        "unknown": (State.OK, State.UNKNOWN),
        "recovery": (State.ALERT, State.OK),
        "warning_recovery": (State.WARN, State.OK),
        "no_data_recovery": (State.NO_DATA, State.OK),
        "timeout": (State.ALERT, State.OK),
        "renotify": (State.ALERT, State.ALERT),
    }[kind]
    given: dict[str, Any] = {
        "monitor_id": 7, "group": "host:h1", "time_s": TRIGGERED_S, "before": before, "after": after, "kind": kind,
        "reason": "the average of the last 5 minutes is 98.346, above 90", "notify": True, "value": 98.346,
        "threshold": 90.0, "triggered_s": TRIGGERED_S,
    }  # fmt: skip
    return Transition(**(given | members))
