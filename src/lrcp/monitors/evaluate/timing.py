"""When a monitor is evaluated, and over which time. Source: DATADOG.md 3.7.1, 3.7.2 and 3.4 (scheduling_options)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from lrcp.kit.recurrence import Recurrence, find_occurrences, parse_recurrence, parse_timezone
from lrcp.model.errors import InputError
from lrcp.model.metric import BUCKET_S
from lrcp.model.monitor import Monitor
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import Window

TICK_S: Final = 10
"""Between two ticks: every 10 s where Datadog needs a minute."""

_DAY_S: Final = 86_400
_LONGEST_CATCH_UP_S: Final = 32 * _DAY_S


@dataclass(frozen=True, slots=True)
class Reset:
    """Where cumulative windows begin: a minute of the hour, a time of the day, a day of the month, on a zone's clock."""

    minute: int = 0
    day_minute: int = 0
    month_day: int = 1
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class LookBack:
    """The time that one evaluation looks at. delay_s: evaluation_delay, a multiple of 10 s."""

    window: Window
    delay_s: int = 0
    reset: Reset = Reset()

    def span(self, at_s: int) -> tuple[int, int]:
        """[start_s, end_s), Unix seconds, multiples of 10: [t - delay - window, t - delay), or from the last reset on.

        At the very moment of a reset a cumulative window is the whole one that has just ended.
        """
        end_s = (at_s - self.delay_s) // BUCKET_S * BUCKET_S
        if self.window.kind == "current":
            return _reset_before(self.window.unit, self.reset, end_s), end_s
        return end_s - max(BUCKET_S, self.window.seconds // BUCKET_S * BUCKET_S), end_s


@dataclass(frozen=True, slots=True)
class Timing:
    """interval_s: between two evaluations. schedule: of a custom schedule, then interval_s does not count."""

    interval_s: int
    schedule: tuple[Recurrence, ...] = ()

    def is_due(self, at_s: int, evaluated_s: float | None) -> bool:
        """Whether an evaluation belongs to a tick; evaluated_s: time of the evaluation before.

        What was missed in between is made up for once. Never evaluated: due at once, by a schedule when that says so.
        """
        if self.schedule:
            since_s = at_s - TICK_S if evaluated_s is None else max(evaluated_s, at_s - _LONGEST_CATCH_UP_S)
            return any(find_occurrences(one, since_s + 1e-3, at_s + 1e-3) for one in self.schedule)
        if evaluated_s is None or at_s < evaluated_s:
            return True
        return at_s // self.interval_s > evaluated_s // self.interval_s


def frequency_s(window_s: float) -> int:
    """Seconds between evaluations, by the window's length."""
    if window_s < _DAY_S:
        return TICK_S
    return 600 if window_s < 2 * _DAY_S else 1800


def timing_of(monitor: Monitor, interval_s: int) -> Timing:
    """When a monitor is evaluated; interval_s: where it has no custom schedule.

    Raises: QueryError - its custom schedule cannot be read.
    """
    custom = (monitor.options.scheduling_options or {}).get("custom_schedule") or {}
    recurrences = custom.get("recurrences") or [] if isinstance(custom, Mapping) else None
    if not isinstance(recurrences, list):
        raise QueryError("options.scheduling_options.custom_schedule must be an object with a list of recurrences")
    return Timing(max(TICK_S, interval_s), tuple(_recurrence(monitor, one) for one in recurrences))


def look_back_of(monitor: Monitor, window: Window) -> LookBack:
    """The time that a monitor looks at.

    Raises: QueryError - options.scheduling_options.evaluation_window cannot be read.
    """
    delay_s = -(-(monitor.options.evaluation_delay or 0) // BUCKET_S) * BUCKET_S
    scheduling = monitor.options.scheduling_options or {}
    return LookBack(window, delay_s, _reset(scheduling.get("evaluation_window") or {}))


def _recurrence(monitor: Monitor, given: Any) -> Recurrence:
    if not isinstance(given, Mapping) or not isinstance(given.get("rrule"), str):
        raise QueryError("a recurrence of options.scheduling_options.custom_schedule needs an rrule")
    zone = given.get("timezone") or "UTC"
    try:
        start = given.get("start")
        begin = datetime.fromisoformat(start) if start else _creation(monitor, parse_timezone(zone))
        found = parse_recurrence(given["rrule"], begin.replace(tzinfo=None), zone)
        _expect_days(found.rule)
        return found
    except (InputError, ValueError, TypeError) as error:
        raise QueryError(f"options.scheduling_options.custom_schedule: {error}") from error


def _expect_days(rule: str) -> None:
    """Raises: InputError - a rule that comes more than once a day; Datadog takes schedules of a day or longer only."""
    parts = dict(part.upper().split("=", 1) for part in rule.split(";"))
    if parts["FREQ"] == "HOURLY" or any("," in parts.get(name, "") for name in ("BYHOUR", "BYMINUTE")):
        raise InputError(f"{rule} comes more often than once a day")


def _creation(monitor: Monitor, zone: ZoneInfo) -> datetime:
    """A schedule without a start begins with its monitor; one that is not stored yet with the year 2024."""
    created_s = monitor.created_ns / 1e9 or 1_704_067_200.0
    return datetime.fromtimestamp(created_s, zone)


def _reset(given: Any) -> Reset:
    try:
        hours, minutes = str(given.get("day_starts", "00:00")).split(":")
        zone = given.get("timezone") or "UTC"
        parse_timezone(zone)
        reset = Reset(
            int(given.get("hour_starts", 0)), int(hours) * 60 + int(minutes), int(given.get("month_starts", 1)), zone
        )
    except (InputError, ValueError, TypeError, AttributeError) as error:
        raise QueryError(f"options.scheduling_options.evaluation_window: {error}") from error
    if not (0 <= reset.minute < 60 and 0 <= reset.day_minute < 1440 and 1 <= reset.month_day <= 28):
        raise QueryError(
            "options.scheduling_options.evaluation_window: a minute is 0-59, a time 00:00-23:59, a day 1-28"
        )
    return reset


def _reset_before(unit: str, reset: Reset, end_s: int) -> int:
    """The last reset strictly before a time."""
    now = datetime.fromtimestamp(end_s, ZoneInfo(reset.timezone))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "h":
        start = now.replace(minute=reset.minute, second=0, microsecond=0)
        start_s = int(start.timestamp())
        return start_s if start_s < end_s else start_s - 3600
    if unit == "d":
        today = midnight + timedelta(minutes=reset.day_minute)
        return _first_before(end_s, today, today - timedelta(days=1))
    this = midnight.replace(day=reset.month_day) + timedelta(minutes=reset.day_minute)
    last_month = (midnight.replace(day=1) - timedelta(days=1)).replace(day=reset.month_day)
    return _first_before(end_s, this, last_month + timedelta(minutes=reset.day_minute))


def _first_before(end_s: int, latest: datetime, earlier: datetime) -> int:
    """The later of two wall times that lies before a time, in 10 s."""
    start_s = int(latest.timestamp())
    chosen_s = start_s if start_s < end_s else int(earlier.timestamp())
    return chosen_s // BUCKET_S * BUCKET_S
