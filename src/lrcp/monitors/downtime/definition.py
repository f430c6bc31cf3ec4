"""Downtime: Datadog's v2 document as a record. Source: DATADOG.md 2.4; checked by tests/unit/monitors/downtime."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from lrcp.kit.recurrence import Recurrence, parse_recurrence
from lrcp.model.errors import InputError
from lrcp.monitors.downtime.limits import check_downtime_scope
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.monitors.duration import parse_duration_s
from lrcp.query.metric.ast import Scope

END_STATES: Final = ("alert", "warn", "no data")
END_TYPES: Final = ("expired", "canceled")
MAX_DURATION_S: Final = 366 * 86_400
MAX_MONITOR_TAGS: Final = 32
MAX_TAG_CHARS: Final = 256


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """One recurrence: each time lasts duration_s seconds, also over a change of the clock."""

    recurrence: Recurrence
    duration_s: int


class Downtime(msgspec.Struct, frozen=True, kw_only=True):
    """Times are Unix seconds, None: open. scope: which groups. monitor_id, or monitor_tags that all must be there.

    Either start_s and end_s, or repeats. canceled_s: it silences nothing from then on.
    mute_first_recovery: the recovery of an alert that began before the downtime is silent too.
    notify_end_states: of ("alert", "warn", "no data"), those that are told of when it ends, if notify_end_types has how it
    ended ("expired", "canceled").
    """

    id: str
    scope: Scope
    monitor_id: int | None = None
    monitor_tags: tuple[str, ...] = ()
    start_s: float = 0.0
    end_s: float | None = None
    repeats: tuple[Repeat, ...] = ()
    canceled_s: float | None = None
    mute_first_recovery: bool = False
    notify_end_states: tuple[str, ...] = END_STATES
    notify_end_types: tuple[str, ...] = ("expired",)
    message: str = ""


def parse_downtime(document: Mapping[str, Any], *, id: str = "", created_s: float = 0.0) -> Downtime:
    """A downtime from the attributes of Datadog's v2 JSON, or from a whole body (`data.attributes`).

    created_s: when it begins where the document does not say.
    Raises: InputError - a scope, a rule, a time or a zone that cannot be read, or no monitor named.
    """
    data = document.get("data")
    if isinstance(data, Mapping):
        return parse_downtime(_object(data, "attributes"), id=str(data.get("id") or id), created_s=created_s)
    monitor_id, tags = _identifier(_object(document, "monitor_identifier"))
    schedule = _object(document, "schedule") if document.get("schedule") is not None else {}
    times = _recurring(schedule, created_s) if "recurrences" in schedule else _one_time(schedule, created_s)
    return Downtime(
        id=id,
        scope=_scope(str(document.get("scope") or "*")),
        monitor_id=monitor_id,
        monitor_tags=tags,
        canceled_s=_time(document.get("canceled"), "canceled"),
        mute_first_recovery=bool(document.get("mute_first_recovery_notification")),
        notify_end_states=_words(document, "notify_end_states", END_STATES),
        notify_end_types=_words(document, "notify_end_types", ("expired",)),
        message=str(document.get("message") or ""),
        **times,
    )


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    if not isinstance(found, Mapping):
        raise InputError(f"the downtime's {name} must be an object")
    return found


def _words(document: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = document.get(name)
    return default if found is None else tuple(str(one) for one in found)


def _identifier(given: Mapping[str, Any]) -> tuple[int | None, tuple[str, ...]]:
    if (monitor_id := given.get("monitor_id")) is not None:
        return int(monitor_id), ()
    tags = given.get("monitor_tags")
    if not isinstance(tags, list) or not tags:
        raise InputError("the downtime's monitor_identifier must have a monitor_id, or monitor_tags that are not empty")
    if len(tags) > MAX_MONITOR_TAGS or any(len(str(tag)) > MAX_TAG_CHARS for tag in tags):
        raise InputError(f"a downtime names at most {MAX_MONITOR_TAGS} monitor_tags of {MAX_TAG_CHARS} characters")
    return None, tuple(str(tag) for tag in tags if tag != "*")


def _scope(text: str) -> Scope:
    scope = parse_downtime_scope(text)
    check_downtime_scope(scope, text)
    return scope


def _one_time(schedule: Mapping[str, Any], created_s: float) -> dict[str, Any]:
    start_s = _time(schedule.get("start"), "schedule.start")
    return {
        "start_s": created_s if start_s is None else start_s,
        "end_s": _time(schedule.get("end"), "schedule.end"),
    }


def _recurring(schedule: Mapping[str, Any], created_s: float) -> dict[str, Any]:
    zone = str(schedule.get("timezone") or "UTC")
    given = schedule["recurrences"]
    if not isinstance(given, list) or not given:
        raise InputError("the downtime's recurrences must be a list that is not empty")
    return {"repeats": tuple(_repeat(one, zone, created_s) for one in given)}


def _repeat(given: Any, zone: str, created_s: float) -> Repeat:
    if not isinstance(given, Mapping):
        raise InputError("a recurrence must be an object")
    duration_s = parse_duration_s(str(given.get("duration") or ""))
    if not 0 < duration_s <= MAX_DURATION_S:
        raise InputError("a recurrence's duration must be more than nothing and at most 366 days")
    written = given.get("start")
    start = datetime.fromtimestamp(created_s, UTC).replace(tzinfo=None) if written is None else _wall(str(written))
    rule = parse_recurrence(str(given.get("rrule") or ""), start, zone)
    return Repeat(recurrence=rule, duration_s=duration_s)


def _wall(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise InputError(f"a recurrence's start {text[:40]!r} is not a time such as 2026-11-30T08:00") from error


def _time(given: Any, name: str) -> float | None:
    """Unix seconds of an ISO 8601 time; without an offset it is UTC. A number is Unix seconds."""
    if given is None or isinstance(given, int | float):
        return given
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise InputError(
            f"the downtime's {name} {str(given)[:40]!r} is not a time such as 2026-11-30T08:00:00Z"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
