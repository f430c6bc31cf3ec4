"""Times as files have them: ISO 8601 text, or Unix time in seconds, milli-, micro- or nanoseconds, which their size tells."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lrcp.query.scan.grid import Array

_LOOKED_AT: Final = 1000

_UNITS: Final = (("s", 1.0, 1e11), ("ms", 1e3, 1e14), ("us", 1e6, 1e17), ("ns", 1e9, 1e20))
"""(name, how many a second, bound): Unix time is below the bound until the year 5138 and above the one before since 1973."""

_DATE: Final = r"(?P<date>\d{4}-\d\d-\d\d)"
_ISO: Final = (
    _DATE
    + r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?P<part>\.\d{1,9})?\d*)? ?(?P<zone>Z|z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?"
)


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How times are written. name: iso, s, ms, us, ns. per_s: units a second of a number."""

    name: str
    per_s: float = 1.0


def find_time_form(column: pa.Array) -> TimeForm | None:
    """How the times of a column are written, by the first of them; None when none of these can be read."""
    if pa.types.is_temporal(column.type):
        return TimeForm("iso")
    head = column.slice(0, _LOOKED_AT)
    numbers = _numbers(head)
    found = np.abs(numbers[np.isfinite(numbers)])
    if len(found):
        size = float(np.median(found))
        return next((TimeForm(name, per_s) for name, per_s, bound in _UNITS if size < bound), None)
    return TimeForm("iso") if np.isfinite(_iso(head)).any() else None


def read_times(column: pa.Array, form: TimeForm) -> Array:
    """float64[n], Unix seconds; NaN where a cell is no time of this form. A time without a zone is UTC."""
    if pa.types.is_temporal(column.type):
        stamps = pc.cast(column, pa.timestamp("ns", tz=getattr(column.type, "tz", None)), safe=False)
        ns = pc.cast(stamps, pa.int64())
        return np.where(_null(ns), np.nan, pc.fill_null(ns, 0).to_numpy(zero_copy_only=False) / 1e9)
    return _iso(column) if form.name == "iso" else _numbers(column) / form.per_s


def _numbers(column: pa.Array) -> Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        number = pc.fill_null(pc.match_substring_regex(trimmed, r"^[-+]?\d+(\.\d*)?(e[-+]?\d+)?$"), False)
        column = pc.cast(pc.if_else(number, trimmed, None), pa.float64())
    numbers: Array = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers


def _iso(column: pa.Array) -> Array:
    """float64[n], Unix seconds. The engine of casts knows no mixture of zones, so a text is read in its parts."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return np.full(len(column), np.nan)
    trimmed = pc.utf8_trim_whitespace(column)
    parts = pc.extract_regex(trimmed, f"^{_ISO}$")
    date, clock, part, zone = (pc.struct_field(parts, name) for name in ("date", "clock", "part", "zone"))
    clock = pc.if_else(pc.equal(clock, ""), "00:00:00", clock)
    clock = pc.if_else(pc.equal(pc.utf8_length(clock), 5), pc.binary_join_element_wise(clock, ":00", ""), clock)
    joined = pc.binary_join_element_wise(date, clock, "T")
    seconds = _seconds(joined)
    fraction = pc.cast(pc.if_else(pc.equal(part, ""), "0", pc.binary_join_element_wise("0", part, "")), pa.float64())
    return seconds + _plain(fraction) - _offset_s(zone)


def _seconds(joined: pa.Array) -> Array:
    """float64[n] of `2026-01-31T23:59:59`; NaN for a day or an hour that does not exist."""
    stamps = pc.strptime(joined, format="%Y-%m-%dT%H:%M:%S", unit="s", error_is_null=True)
    there = pc.equal(pc.strftime(stamps, format="%Y-%m-%dT%H:%M:%S"), joined)
    return _plain(pc.cast(pc.if_else(there, pc.cast(stamps, pa.int64()), None), pa.float64()))


def _offset_s(zone: pa.Array) -> Array:
    """float64[n], seconds east of Greenwich."""
    parts = pc.extract_regex(zone, r"^(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?$")
    sign, hours, minutes = (pc.struct_field(parts, name) for name in ("sign", "hours", "minutes"))
    east: Array = np.where(pc.fill_null(pc.equal(sign, "-"), False).to_numpy(zero_copy_only=False), -1.0, 1.0)
    return east * (_count(hours) * 3600 + _count(minutes) * 60)


def _count(text: pa.Array) -> Array:
    """float64[n] of digits; 0 where there are none."""
    numbers: Array = np.nan_to_num(_plain(pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.float64())))
    return numbers


def _plain(column: pa.Array) -> Array:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _null(column: pa.Array) -> Array:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))
