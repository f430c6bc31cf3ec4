"""A downtime's document from a v2 body. It is kept in the v2 form, whichever API made it. Source: recordings, OpenAPI.

Kept: `scope`, `monitor_identifier` {monitor_id} or {monitor_tags}, `schedule` {start, end} with ISO 8601 times or
{recurrences [{rrule, duration, start}], timezone}, `message`, `display_timezone`, `mute_first_recovery_notification`,
`notify_end_states`, `notify_end_types`, `canceled` (ISO 8601 or null); and, of one made by v1, `v1` {recurrence, timezone}.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from lrcp.datadog.errors import Refusal, invalid
from lrcp.datadog.shapes import take_list, take_object, take_optional_text, take_text, take_texts
from lrcp.datadog.times import exact_s, iso_time, parse_time
from lrcp.kit.recurrence import parse_recurrence, parse_timezone
from lrcp.model.errors import InputError
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Scope, ScopeAnd, ScopeNot, ScopeOr, TagMatch

END_STATES: Final = ("alert", "no data", "warn")
END_TYPES: Final = ("canceled", "expired")
MAX_RECURRENCES: Final = 5
_DURATION: Final = re.compile(r"([1-9]\d{0,5})([mhdw])", re.ASCII)
_MEMBERS: Final = (
    "message",
    "scope",
    "monitor_identifier",
    "schedule",
    "display_timezone",
    "mute_first_recovery_notification",
    "notify_end_states",
    "notify_end_types",
)


def parse_definition(given: dict[str, Any], now_ns: int) -> dict[str, Any]:
    """The document of a new downtime, from `data.attributes`. Raises: Refusal."""
    defaults = {"notify_end_states": list(END_STATES), "notify_end_types": ["expired"], "canceled": None}
    return change_definition(defaults, {"schedule": {}} | given, now_ns)


def change_definition(before: dict[str, Any], given: dict[str, Any], now_ns: int) -> dict[str, Any]:
    """The document with the members of a body put in. Raises: Refusal."""
    for member in given:
        if member not in _MEMBERS:
            raise invalid(f"Additional properties are not allowed ('{member}' was unexpected)")
    document = {"display_timezone": "UTC", "message": None} | before | given
    for member in ("display_timezone", "message"):
        take_optional_text(document, member, most=10_000)
    _check_scope(document)
    _check_identifier(document)
    _check_endings(document)
    if given.get("schedule") is not None:
        document["schedule"] = _parse_schedule(take_object(given, "schedule"), now_ns)
        document.pop("v1", None)
    elif "schedule" in given:
        document["schedule"] = before.get("schedule") or _parse_schedule({}, now_ns)
    document["mute_first_recovery_notification"] = bool(document.get("mute_first_recovery_notification"))
    _zone(document["display_timezone"] or "UTC")
    check_document(document)
    return document


def check_document(document: dict[str, Any]) -> None:
    """Raises: Refusal - what mutes notifications could not read it."""
    try:
        parse_downtime(document)
    except (InputError, ValueError, TypeError) as error:
        raise invalid(f"Invalid downtime: {error}") from None


def _check_scope(document: dict[str, Any]) -> None:
    text = take_text(document, "scope", most=3_000)
    try:
        tree = parse_downtime_scope(text)
    except QueryError as error:
        raise invalid(f"Invalid scope: {error}") from None
    if not _has_keys(tree):
        raise invalid("All values must have a key")


def _has_keys(scope: Scope) -> bool:
    """Whether each tag of a scope is `key:value`."""
    match scope:
        case TagMatch(_, value):
            return value is not None
        case ScopeNot(term):
            return _has_keys(term)
        case ScopeAnd(terms) | ScopeOr(terms):
            return all(map(_has_keys, terms))
        case _:
            return True


def _check_identifier(document: dict[str, Any]) -> None:
    given = take_object(document, "monitor_identifier")
    if isinstance(given.get("monitor_id"), int) and "monitor_tags" not in given:
        return
    if "monitor_id" in given or not take_texts(given, "monitor_tags", path="monitor_identifier"):
        raise invalid("Invalid monitor_identifier: it must have either a monitor_id or a list of monitor_tags")


def _check_endings(document: dict[str, Any]) -> None:
    for member, known in (("notify_end_states", END_STATES), ("notify_end_types", END_TYPES)):
        unknown = [value for value in take_texts(document, member) if value not in known]
        if unknown:
            raise invalid(f"Invalid {member}: {unknown[0][:60]!r} is not one of {list(known)}")


def _parse_schedule(given: dict[str, Any], now_ns: int) -> dict[str, Any]:
    if "recurrences" in given:
        return _parse_recurring(given, now_ns)
    for member in given:
        if member not in ("start", "end"):
            raise invalid(f"Additional properties are not allowed ('{member}' was unexpected)")
    start_ns = now_ns if given.get("start") is None else parse_time(given["start"], "schedule.start")
    if given.get("end") is None:
        return {"start": iso_time(start_ns), "end": None}
    end_ns = parse_time(given["end"], "schedule.end")
    if end_ns <= start_ns or end_ns <= now_ns:
        raise invalid("Invalid schedule: the end must be after the start and in the future")
    return {"start": iso_time(start_ns), "end": iso_time(end_ns)}


def _parse_recurring(given: dict[str, Any], now_ns: int) -> dict[str, Any]:
    zone = take_optional_text(given, "timezone", path="schedule") or "UTC"
    _zone(zone)
    recurrences = take_list(given, "recurrences", path="schedule", most=MAX_RECURRENCES)
    if not recurrences:
        raise invalid("Invalid schedule: recurrences must not be empty")
    return {"recurrences": [_parse_recurrence(one, zone, now_ns) for one in recurrences], "timezone": zone}


def _parse_recurrence(given: Any, zone: str, now_ns: int) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid("Invalid schedule: a recurrence must be an object")
    rule, duration = take_text(given, "rrule", path="recurrences"), take_text(given, "duration", path="recurrences")
    check_duration(duration)
    start = given.get("start")
    if start is None:
        here = datetime.fromtimestamp(exact_s(now_ns), UTC).astimezone(_zone(zone))
        start = here.replace(tzinfo=None).isoformat(timespec="seconds")
    check_rule(rule, start, zone)
    return {"rrule": rule, "duration": duration, "start": start}


def check_rule(rule: str, start: str, zone: str) -> None:
    """Raises: Refusal - the rule or its start cannot be read."""
    try:
        moment = datetime.fromisoformat(start)
        if moment.tzinfo is not None:
            raise InputError("a recurrence's start is a time of the wall clock, without an offset")
        parse_recurrence(rule, moment, zone)
    except (InputError, ValueError, TypeError) as error:
        raise invalid(f"Invalid schedule: {error}") from None


def check_duration(text: str) -> None:
    """Of `90m`, `2h`, `1d`, `1w`, narrower than what the evaluation reads. Raises: Refusal."""
    if _DURATION.fullmatch(text) is None:
        raise invalid(
            f"Invalid duration {text[:40]!r}: expected a number from 1 to 999999 with m, h, d or w, such as 90m"
        )


def _zone(name: str) -> Any:
    try:
        return parse_timezone(name)
    except InputError as error:
        raise Refusal(400, str(error)) from None
