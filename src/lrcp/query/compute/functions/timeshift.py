"""timeshift, hour_before, day_before, week_before, month_before, calendar_shift: the points of an earlier time.

A shift is rounded to the 10 s of stored points. calendar_shift moves the whole grid by what lies between its first bucket and the
same local time so many days, weeks or months before.
"""

import calendar
from datetime import datetime, timedelta
from re import fullmatch
from typing import Final
from zoneinfo import ZoneInfo

from lrcp.kit.recurrence import find_timezone
from lrcp.model.errors import InputError
from lrcp.model.metric import BUCKET_S
from lrcp.query.compute.functions.function import Arguments, Function
from lrcp.query.compute.series import SeriesSet
from lrcp.query.errors import QueryError


def _same(found: SeriesSet, _arguments: Arguments) -> SeriesSet:
    return found


def _shift_s(arguments: Arguments, _start_s: int) -> int:
    return round(arguments.number(0) / BUCKET_S) * BUCKET_S


def _calendar_shift_s(arguments: Arguments, start_s: int) -> int:
    text = arguments.text(0)
    parts = fullmatch(r"-?(\d{1,3})(d|w|mo)", text)
    if parts is None:
        raise QueryError(
            f"calendar_shift goes back by days, weeks or months, not {text!r}", expected=("-1d", "-1w", "-1mo")
        )
    amount, unit = int(parts[1]), parts[2]
    zone = _zone(arguments.text(1, "UTC"))
    now = datetime.fromtimestamp(start_s, zone)
    local = _months_before(now, amount) if unit == "mo" else now - timedelta(days=amount * (7 if unit == "w" else 1))
    return round((local.timestamp() - start_s) / BUCKET_S) * BUCKET_S


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day of an earlier month, or its last day when it is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _zone(name: str) -> ZoneInfo:
    try:
        return find_timezone(name)
    except InputError:
        raise QueryError(f"there is no time zone {name}") from None


def _before(seconds: int) -> Function:
    return Function(_same, shift_s=lambda _arguments, _start_s: -seconds)


FUNCTIONS: Final = {
    "timeshift": Function(_same, shift_s=_shift_s),
    "calendar_shift": Function(_same, shift_s=_calendar_shift_s),
    "hour_before": _before(3600),
    "day_before": _before(86_400),
    "week_before": _before(7 * 86_400),
    "month_before": _before(28 * 86_400),
}
