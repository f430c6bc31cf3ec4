"""What a case feeds: series, service checks, logs, spans and events, at times counted from its start."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.model.event import CHECK_STATUSES, ServiceCheck
from lrcp.model.metric import METRIC_TYPES
from lrcp.monitors.lab.moments import parse_moment
from lrcp.query.memory.notation import parse_notation
from lrcp.query.memory.series import MemorySeries

MAX_RECORDS: Final = 200_000
_NAMED: Final = re.compile(r"\s*([^\s{}]+?)\s*(?:\{([^{}]*)\})?\s*\Z")
_SERIES_LINE: Final = re.compile(
    rf"\s*({'|'.join(sorted(METRIC_TYPES))})\s+([^\s{{}}]+\s*(?:\{{[^{{}}]*\}})?)((?:\s+(?:every|from)\s+\S+)*)(?:\s+(.*))?\Z",
    re.S,
)
_CHECK_LINE: Final = re.compile(r"\s*([^\s{}]+\s*(?:\{[^{}]*\})?)((?:\s+(?:every|from)\s+\S+)*)\s+(.*)\Z", re.S)
_STATUS: Final = re.compile(r"(ok|warning|critical|unknown|_)(?:\*(\d{1,6}))?\Z")


def read_series(given: Any, start_s: int, interval: str) -> MemorySeries:
    """One series from a line, or from its members {metric, type, tags, values, interval, start, unit}.

    start_s: of the case. interval: of its series, where one has none of its own.
    Raises: InputError.
    """
    members = _series_line(given) if isinstance(given, str) else _object(given, _SERIES)
    metric, tags = _name_and_tags(members, "metric")
    interval_s = _interval(members.get("interval", interval))
    first_s = start_s + parse_moment(str(members.get("start", "0s")))
    values = members.get("values", "")
    noted = parse_notation(" ".join(map(_number, values)) if isinstance(values, list) else str(values), interval_s)
    kind = str(members.get("type", "gauge"))
    return MemorySeries(
        metric=metric,
        type=kind,
        tags=tags,
        times_s=first_s + noted.places.astype(np.float64) * interval_s,
        values=noted.values if kind != "set" else [f"{value:g}" for value in noted.values],
        interval_s=interval_s if kind in ("count", "rate") else 0,
        unit=str(members.get("unit", "")),
        weights=noted.weights if kind == "distribution" else None,
    )


def read_checks(given: Any, start_s: int, interval: str) -> list[ServiceCheck]:
    """Reports from a line, or from members {check, tags, statuses, interval, start, message}. Raises: InputError."""
    members = _check_line(given) if isinstance(given, str) else _object(given, _CHECKS)
    check, tags = _name_and_tags(members, "check")
    interval_s = _interval(members.get("interval", interval))
    moment_s = start_s + parse_moment(str(members.get("start", "0s")))
    host = next((tag[5:] for tag in tags if tag.startswith("host:")), "")
    reports = []
    for place, status in enumerate(_statuses(members.get("statuses"))):
        if status != "_":
            time_ns = int((moment_s + place * interval_s) * 1e9)
            message = str(members.get("message", ""))
            reports.append(ServiceCheck(time_ns, check, status, host=host, message=message, tags=tags))
    return reports


def read_records(given: Any, start_s: int, table: str) -> list[dict[str, Any]]:
    """Records of `logs`, `spans` or `events`: one object, with when it was: `at`, or `from`, `to` and `every`; `count`: how
    many each time. Everything else are its members. Raises: InputError."""
    if not isinstance(given, Mapping):
        raise InputError("a record must be an object")
    members = {name: value for name, value in given.items() if name not in _WHEN}
    count = int(given.get("count", 1))
    moments = list(_moments(given))
    if count < 1 or len(moments) * count > MAX_RECORDS:
        raise InputError(f"a record comes at least once and at most {MAX_RECORDS} times")
    time = "start_ns" if table == "spans" else "time_ns"
    plain = _span_members(members) if table == "spans" else _members(members)
    return [{**plain, time: int((start_s + moment) * 1e9)} for moment in moments for _ in range(count)]


_SERIES: Final = frozenset({"metric", "type", "tags", "values", "interval", "start", "unit"})
_CHECKS: Final = frozenset({"check", "tags", "statuses", "interval", "start", "message"})
_WHEN: Final = frozenset({"at", "from", "to", "every", "count"})


def _object(given: Any, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(f"a line of text or an object with {', '.join(sorted(known))} is expected")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InputError(f"{unknown[0]!r} is not known there; expected {', '.join(sorted(known))}")
    return given


def _series_line(text: str) -> dict[str, Any]:
    found = _SERIES_LINE.match(text)
    if found is None:
        raise InputError(
            f"{text[:60]!r} is not a series such as: gauge system.load{{host:a}} every 10s from 0s 0x30 5x12"
        )
    return {"type": found[1], "metric": found[2], "values": found[4] or "", **_pairs(found[3])}


def _check_line(text: str) -> dict[str, Any]:
    found = _CHECK_LINE.match(text)
    if found is None:
        raise InputError(f"{text[:60]!r} is not a check such as: ntp.in_sync{{host:a}} every 30s ok*3 critical*2")
    return {"check": found[1], "statuses": found[3], **_pairs(found[2])}


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    names = {"every": "interval", "from": "start"}
    return {names[name]: value for name, value in zip(words[::2], words[1::2], strict=True)}


def _name_and_tags(members: Mapping[str, Any], name: str) -> tuple[str, tuple[str, ...]]:
    found = _NAMED.match(str(members.get(name, "")))
    if found is None:
        raise InputError(f"{name} is expected, a name such as system.load or system.load{{host:a,env:prod}}")
    return found[1], (*_tags(found[2] or ""), *_tags(members.get("tags") or ()))


def _tags(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return tuple(tag for one in given.split(",") if (tag := one.strip()) and tag != "*")
    if isinstance(given, Mapping):
        return tuple(f"{key}:{value}" for key, value in given.items())
    if isinstance(given, list | tuple):
        return tuple(str(one) for one in given)
    raise InputError("tags are a list such as [host:a, env:prod], or an object")


def _interval(given: Any) -> int:
    seconds = parse_moment(str(given))
    if seconds < 1 or seconds != int(seconds):
        raise InputError(f"the interval {given} is not a whole number of seconds, at least one")
    return int(seconds)


def _number(value: Any) -> str:
    return "_" if value is None else str(value)


def _statuses(given: Any) -> Iterator[str]:
    words = given.split() if isinstance(given, str) else [str(one) for one in given or ()]
    for word in words:
        found = _STATUS.match(word)
        if found is None:
            raise InputError(f"{word!r} is not a status; expected {', '.join(CHECK_STATUSES)}, _ or ok*3")
        for _ in range(int(found[2] or 1)):
            yield found[1]


def _moments(given: Mapping[str, Any]) -> Iterator[float]:
    if "at" in given:
        times = given["at"] if isinstance(given["at"], list) else [given["at"]]
        yield from (parse_moment(str(one)) for one in times)
        return
    if "from" not in given or "to" not in given:
        raise InputError("a record needs `at`, or `from` and `to`")
    since, until = parse_moment(str(given["from"])), parse_moment(str(given["to"]))
    every = parse_moment(str(given.get("every", "10s")))
    if every <= 0 or (until - since) / every > MAX_RECORDS:
        raise InputError("`every` is a time above zero, and not too small for `from` and `to`")
    moment = since
    while moment < until:
        yield moment
        moment += every


def _members(members: dict[str, Any]) -> dict[str, Any]:
    if "tags" in members:
        members["tags"] = _tags(members["tags"])
    return members


def _span_members(members: dict[str, Any]) -> dict[str, Any]:
    """Tags of spans are a mapping; `duration` is a time such as 2s, or seconds."""
    if "tags" in members:
        members["tags"] = dict(tag.partition(":")[::2] for tag in _tags(members["tags"]))
    if "duration" in members:
        given = members.pop("duration")
        seconds = float(given) if isinstance(given, int | float) else parse_moment(str(given))
        members["duration_ns"] = round(seconds * 1e9)
    return members
