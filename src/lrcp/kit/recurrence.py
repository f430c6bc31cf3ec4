"""Recurrence: times of day that come again by a rule (RFC 5545), in a time zone whose clock is sometimes changed.

python-dateutil knows the rules. What is added: bounds, so that a rule of a stranger costs milliseconds whatever it says.
"""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr

from lrcp.model.errors import InputError

FREQUENCIES: Final = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_PARTS: Final = frozenset(
    (
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "WKST",
        "BYDAY",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYSETPOS",
    )
) | {"BYHOUR", "BYMINUTE"}
MAX_RULE_CHARS: Final = 500
MAX_COUNT: Final = 10_000
MAX_OCCURRENCES: Final = 2_000
"""Of one question; what is beyond is not given."""
MAX_SPAN_S: Final = 2 * 366 * 86_400
"""Of one question."""
_FIRST_YEAR, _LAST_YEAR = 2001, 2096
"""Where leap years come every fourth year without an exception, as they do from 9901 to 9999."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Made by parse_recurrence. start: the first time of the wall clock; rule: without UNTIL, which is `until`, likewise
    of the wall clock and still within."""

    rule: str
    start: datetime
    timezone: str
    until: datetime | None = None
    counted: bool = False


def parse_recurrence(rule: str, start: datetime, timezone: str) -> Recurrence:
    """A recurrence from the text of a rule, such as `FREQ=WEEKLY;BYDAY=MO,TU`.

    start: a time of the wall clock, without a zone. timezone: a name of the IANA database.
    Raises: InputError - an unknown zone, a rule that is no rule, or more than one may ask.
    """
    zone = parse_timezone(timezone)
    parts = _parts(rule)
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise InputError(f"the recurrence starts in {start.year}; years {_FIRST_YEAR} to {_LAST_YEAR} are taken")
    count = parts.get("COUNT", "1")
    if not count.isdecimal() or not 1 <= int(count) <= MAX_COUNT:
        raise InputError(f"COUNT={count[:20]} in the rule: a number from 1 to {MAX_COUNT} is expected")
    if not parts.get("INTERVAL", "1").isdecimal() or not 1 <= int(parts.get("INTERVAL", "1")) <= 1000:
        raise InputError("INTERVAL in the rule: a number from 1 to 1000 is expected")
    until = _parse_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    recurrence = Recurrence(text, start.replace(microsecond=0), timezone, until, "COUNT" in parts)
    _dateutil_rule(recurrence, start, 0)
    return recurrence


def parse_timezone(name: str) -> ZoneInfo:
    """Raises: InputError - the IANA database has no such zone."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise InputError(f"{name[:60]!r} is not a time zone; expected a name such as UTC or Europe/Berlin") from error


def find_timezone(name: str) -> ZoneInfo:
    """As parse_timezone, in any case: queries of monitors have 'utc' and 'asia/jerusalem'. Raises: InputError."""
    return parse_timezone(_zones_in_lower_case().get(name.lower(), name))


@functools.cache
def _zones_in_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def find_occurrences(recurrence: Recurrence, since_s: float, until_s: float) -> list[float]:
    """When it occurs in [since_s, until_s), Unix seconds, ascending.

    A time that the clock leaps over is taken as if it had not leapt; of a time that comes twice, the first is taken.
    """
    zone = ZoneInfo(recurrence.timezone)
    until_s = min(until_s, since_s + MAX_SPAN_S)
    day = timedelta(days=1)
    first = datetime.fromtimestamp(since_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - day
    last = (
        datetime.fromtimestamp(until_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + 2 * day
    )
    times = (wall.replace(tzinfo=zone).timestamp() for wall in _wall_times(recurrence, first, last))
    return sorted(time for time in times if since_s <= time < until_s)


def _parts(rule: str) -> dict[str, str]:
    text = rule.strip().removeprefix("RRULE:").strip(";")
    if len(text) > MAX_RULE_CHARS:
        raise InputError(f"the recurrence rule has {len(text)} characters, at most {MAX_RULE_CHARS} are taken")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.strip().upper().partition("=")
        if not equals or name not in _PARTS or name in parts:
            raise InputError(
                f"{part.strip()[:60]!r} in the recurrence rule; expected once each: {', '.join(sorted(_PARTS))}"
            )
        parts[name] = value
    if parts.get("FREQ") not in (*FREQUENCIES, "MONTHLY", "YEARLY"):
        raise InputError("FREQ in the recurrence rule; expected HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY")
    return parts


def _parse_until(text: str, zone: ZoneInfo) -> datetime:
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        if form == "%Y%m%d":
            return moment + timedelta(days=1, seconds=-1)
        return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if form.endswith("Z") else moment
    raise InputError(f"UNTIL={text[:40]} in the recurrence rule; expected a time such as 20261231T235959Z")


@lru_cache(maxsize=4096)
def _wall_times(recurrence: Recurrence, first: datetime, last: datetime) -> tuple[datetime, ...]:
    """Occurrences on the wall clock in [first, last]."""
    if last < recurrence.start or last.year > _LAST_YEAR or first.year < _FIRST_YEAR:
        return ()
    begin = _forward(recurrence, first)
    years = _late_years(last)
    shift = _shift(years)
    found = _dateutil_rule(recurrence, begin, years).xafter(max(first, begin) + shift, inc=True)
    end = min(last, recurrence.until or last)
    times: list[datetime] = []
    for moment in islice(found, MAX_OCCURRENCES):
        if moment - shift > end:
            break
        times.append(moment - shift)
    return tuple(times)


def _forward(recurrence: Recurrence, first: datetime) -> datetime:
    """A later start that gives the same occurrences from `first` on, so that years gone by are not counted again."""
    parts = dict(part.split("=", 1) for part in recurrence.rule.split(";"))
    step = FREQUENCIES.get(parts["FREQ"])
    if recurrence.counted or step is None or first <= recurrence.start:
        return recurrence.start
    step *= int(parts.get("INTERVAL", "1"))
    return recurrence.start + max(0, (first - recurrence.start) // step - 1) * step


def _late_years(last: datetime) -> int:
    """By how many years everything is put off so that the calendar is the same and its end (the year 9999) near.

    dateutil looks for an occurrence until the calendar ends: without this, a rule that never comes true would take seconds.
    """
    latest = 9998 - last.year
    here = date(last.year, 1, 1)
    return next(
        years
        for years in range(latest, latest - 28, -1)
        if years % 4 == 0 and (here.replace(year=here.year + years) - here).days % 7 == 0
    )


def _shift(years: int) -> timedelta:
    return date(_FIRST_YEAR + years, 1, 1) - date(_FIRST_YEAR, 1, 1)


def _dateutil_rule(recurrence: Recurrence, start: datetime, years: int) -> rrule:
    try:
        made = rrulestr(recurrence.rule, dtstart=start + _shift(years))
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise InputError(f"{recurrence.rule[:80]!r} is not a recurrence rule: {error}") from error
    assert isinstance(made, rrule)
    return made
