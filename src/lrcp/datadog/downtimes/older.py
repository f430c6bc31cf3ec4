"""The older form (v1) of a downtime, to and from the document that is kept. Source: recordings of `/api/v1/downtime`."""

from datetime import UTC, datetime
from typing import Any, Final

from lrcp.datadog.downtimes.definition import END_STATES, END_TYPES, check_document, check_rule
from lrcp.datadog.downtimes.periods import find_period, status_of
from lrcp.datadog.errors import invalid
from lrcp.datadog.identity import ORG_ID, USER_ID
from lrcp.datadog.shapes import take_optional_text, take_texts
from lrcp.datadog.times import iso_time, parse_time, unix_s
from lrcp.kit.recurrence import parse_timezone
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource

_FREQUENCIES: Final = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
_WEEK_DAYS: Final = {day: day[:2].upper() for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_RECURRENCE: Final = ("type", "period", "week_days", "until_occurrences", "until_date")
MAX_TAGS: Final = 32


def number_of(id: str) -> int:
    """The number that v1 knows a downtime by: the first 48 bits of its id, which fit every client's integers."""
    return int(id.replace("-", "")[:12], 16)


def older_body(downtime: Resource) -> dict[str, Any]:
    """What a v1 body would have said: the base of a change."""
    document, kept = downtime.document, downtime.document.get("v1", {})
    identifier, schedule = document["monitor_identifier"], document["schedule"]
    return {
        "scope": _scope_list(document["scope"]),
        "monitor_id": identifier.get("monitor_id"),
        "monitor_tags": identifier.get("monitor_tags", ["*"]),
        "message": document["message"],
        "timezone": document["display_timezone"],
        "start": kept.get("start") or _first_start(schedule),
        "end": kept.get("end") or _end(schedule),
        "recurrence": kept.get("recurrence"),
        **{
            name: document[name]
            for name in ("notify_end_states", "notify_end_types", "mute_first_recovery_notification")
        },
    }


def parse_older(given: dict[str, Any], now_s: float) -> dict[str, Any]:
    """The document that is kept, from a v1 body. Raises: Refusal."""
    scope = given.get("scope")
    scopes = [scope] if isinstance(scope, str) else scope
    if not isinstance(scopes, list) or not scopes or not all(isinstance(one, str) and one for one in scopes):
        raise invalid("Invalid scope parameter")
    start, end = given.get("start") or int(now_s), given.get("end")
    if not _is_time(start) or not (end is None or (_is_time(end) and end > start)):
        raise invalid("Invalid start or end: they are Unix times in seconds, the end after the start")
    zone = take_optional_text(given, "timezone") or "UTC"
    recurrence = _parse_recurrence(given.get("recurrence"))
    monitor_id, tags = given.get("monitor_id"), take_texts(given, "monitor_tags", most=MAX_TAGS) or ["*"]
    if not (monitor_id is None or _is_time(monitor_id)):
        raise invalid("Invalid monitor_id")
    document = {
        "scope": scopes[0] if len(scopes) == 1 else " AND ".join(scopes),
        "monitor_identifier": {"monitor_tags": tags} if monitor_id is None else {"monitor_id": monitor_id},
        "message": take_optional_text(given, "message") or None,
        "display_timezone": zone,
        "mute_first_recovery_notification": bool(given.get("mute_first_recovery_notification")),
        "notify_end_states": sorted(take_texts(given, "notify_end_states") or END_STATES),
        "notify_end_types": sorted(take_texts(given, "notify_end_types") or END_TYPES[1:]),
        "canceled": None,
        "schedule": _schedule(start, end, zone, recurrence),
        "v1": {"start": start, "end": end, "recurrence": recurrence},
    }
    check_document(document)
    return document


def _parse_recurrence(given: Any) -> dict[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("type"), str) or given["type"] not in _FREQUENCIES:
        raise invalid("Invalid recurrence type")
    if not set(take_texts(given, "week_days", path="recurrence")) <= _WEEK_DAYS.keys():
        raise invalid("Invalid set of days in week_days. Be sure that the first letter is capitalized.")
    if given.get("until_occurrences") is not None and given.get("until_date") is not None:
        raise invalid("You must provide only provide one of (until_occurrences, until_date)")
    if type(given.get("period")) is not int or not 1 <= given["period"] <= 1_000:
        raise invalid("Invalid recurrence period")
    if not all(given.get(member) is None or _is_time(given[member]) for member in ("until_occurrences", "until_date")):
        raise invalid("Invalid recurrence end")
    return {member: given.get(member) for member in _RECURRENCE}


def _is_time(value: Any) -> bool:
    """Whether it is a number as Unix seconds and counts are."""
    return type(value) is int and 0 <= value < 2**33


def _schedule(start: int, end: int | None, zone: str, recurrence: dict[str, Any] | None) -> dict[str, Any]:
    if recurrence is None:
        return {"start": iso_time(start * 10**9), "end": None if end is None else iso_time(end * 10**9)}
    if end is None:
        raise invalid("Invalid end: a recurring downtime must have one")
    try:
        here = datetime.fromtimestamp(start, UTC).astimezone(parse_timezone(zone)).replace(tzinfo=None)
    except InputError as error:
        raise invalid(str(error)) from None
    rule, local = _rule(recurrence), here.isoformat(timespec="seconds")
    check_rule(rule, local, zone)
    duration = f"{max(1, -(-(end - start) // 60))}m"
    return {"recurrences": [{"rrule": rule, "duration": duration, "start": local}], "timezone": zone}


def _rule(recurrence: dict[str, Any]) -> str:
    parts = [f"FREQ={_FREQUENCIES[recurrence['type']]}", f"INTERVAL={recurrence['period']}"]
    if recurrence["week_days"] and recurrence["type"] == "weeks":
        parts.append("BYDAY=" + ",".join(_WEEK_DAYS[day] for day in recurrence["week_days"]))
    if recurrence["until_occurrences"] is not None:
        parts.append(f"COUNT={recurrence['until_occurrences']}")
    if recurrence["until_date"] is not None:
        parts.append(datetime.fromtimestamp(recurrence["until_date"], UTC).strftime("UNTIL=%Y%m%dT%H%M%SZ"))
    return ";".join(parts)


def render_older(downtime: Resource, now_s: float) -> dict[str, Any]:
    """A downtime as v1 answers it."""
    document, body = downtime.document, older_body(downtime)
    changed = downtime.modified_ns > downtime.created_ns
    canceled = document["canceled"]
    status = status_of(document, now_s)
    return {
        "id": number_of(downtime.id),
        "monitor_id": body["monitor_id"],
        "org_id": ORG_ID,
        "start": body["start"],
        "end": body["end"],
        "canceled": parse_time(canceled, "canceled") // 10**9 if canceled else None,
        "created": unix_s(downtime.created_ns),
        "modified": unix_s(downtime.modified_ns),
        "message": body["message"],
        "active": status == "active",
        "disabled": canceled is not None,
        "recurrence": body["recurrence"],
        "timezone": body["timezone"],
        "parent_id": None,
        "child_id": None,
        "creator_id": USER_ID,
        "updater_id": USER_ID if changed else None,
        "downtime_type": _type_of(body),
        "status": status,
        "monitor_tags": body["monitor_tags"],
        "mute_first_recovery_notification": body["mute_first_recovery_notification"],
        "notify_end_types": body["notify_end_types"],
        "notify_end_states": body["notify_end_states"],
        "uuid": downtime.id,
        "scope": body["scope"],
    }


def render_match(downtime: Resource, monitor_id: int, groups: list[str], now_s: float) -> dict[str, Any]:
    """A downtime among a monitor's `matching_downtimes`."""
    body, period = older_body(downtime), find_period(downtime.document, now_s)
    return {
        "id": number_of(downtime.id),
        "active": period is not None and period.holds(now_s),
        "monitor_id": monitor_id,
        "start": int(period.start_s) if period else body["start"],
        "end": int(period.end_s) if period and period.end_s is not None else None,
        "scope": body["scope"],
        "groups": groups,
    }


def _type_of(body: dict[str, Any]) -> int:
    """0 everything, 1 hosts, 2 another scope."""
    if body["scope"] == ["*"]:
        return 0
    return 1 if all(one.startswith("host:") for one in body["scope"]) else 2


def _scope_list(scope: str) -> list[str]:
    return scope.split(" AND ") if " OR " not in scope and "(" not in scope else [scope]


def _first_start(schedule: dict[str, Any]) -> int:
    if "recurrences" in schedule:
        zone = parse_timezone(schedule["timezone"])
        starts = [datetime.fromisoformat(one["start"]).replace(tzinfo=zone) for one in schedule["recurrences"]]
        return int(min(starts).timestamp())
    return parse_time(schedule["start"], "start") // 10**9


def _end(schedule: dict[str, Any]) -> int | None:
    return parse_time(schedule["end"], "end") // 10**9 if schedule.get("end") else None
