"""Slo: an objective over an indicator, in Datadog's own terms; Correction: time it does not count. Source: DATADOG.md 4.3, 2.5."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from lrcp.model.errors import InputError

DAYS: Final[Mapping[str, int]] = {"7d": 7, "30d": 30, "90d": 90}
"""Days of the timeframes that roll; `custom` has none of its own."""
SLICES_S: Final = (60, 300)
COMPARATORS: Final = (">", ">=", "<", "<=")
MAX_MONITORS: Final = 20


class SloTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One of the thresholds. target, warning: percent, above 0 and below 100. timeframe: 7d, 30d, 90d, custom."""

    timeframe: str
    target: float
    warning: float | None = None


class EventIndicator(msgspec.Struct, frozen=True, kw_only=True):
    """Of metric SLOs: formulas over named queries. Either total (all events) or bad is given, the other is ''.

    queries: name to metric query. Of the legacy form the formulas are metric queries themselves and queries is empty.
    """

    good: str
    total: str = ""
    bad: str = ""
    queries: dict[str, str] = {}


class SliceIndicator(msgspec.Struct, frozen=True, kw_only=True):
    """Of time-slice SLOs: a slice of slice_s seconds is good when `formula comparator threshold` holds, or has no data."""

    formula: str
    queries: dict[str, str]
    comparator: str
    threshold: float
    slice_s: int = 300


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Time that an SLO does not count: [start_s, end_s), or duration_s from every occurrence of rrule on, start_s first.

    Times: Unix seconds; the rule is read on the clock of timezone. end_s None with a rule: it goes on.
    """

    start_s: int
    end_s: int | None = None
    rrule: str = ""
    duration_s: int = 0
    timezone: str = "UTC"
    category: str = "Other"
    slo_id: str = ""


class Slo(msgspec.Struct, frozen=True, kw_only=True):
    """One definition. type: metric, monitor, time_slice; just the indicator of that type is set (monitor_ids of monitor).

    groups: the groups that count, empty: all. corrections: all that apply to it. document: Datadog's JSON, whole.
    """

    id: str = ""
    name: str
    type: str
    targets: tuple[SloTarget, ...]
    timeframe: str = ""
    events: EventIndicator | None = None
    slices: SliceIndicator | None = None
    monitor_ids: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    document: dict[str, Any] = {}

    def target_of(self, timeframe: str) -> SloTarget | None:
        """The target of a timeframe."""
        return next((one for one in self.targets if one.timeframe == timeframe), None)


def parse_slo(document: Mapping[str, Any], *, id: str = "", corrections: Sequence[Correction] = ()) -> Slo:
    """An SLO from Datadog's JSON; its queries are not looked at here.

    Raises: InputError - what is missing or wrong, with its path; msgspec.ValidationError - a member has the wrong type.
    """
    parse = _INDICATORS.get(str(document.get("type")))
    if parse is None:
        raise InputError(f"$.type is {document.get('type')!r}; expected {', '.join(_INDICATORS)}")
    targets = msgspec.convert(document.get("thresholds") or [], tuple[SloTarget, ...], strict=False)
    if not targets or not all(0 < one.target < 100 for one in targets):
        raise InputError("$.thresholds: at least one is needed, each with a target above 0 and below 100")
    plain = {
        "id": id,
        "name": document.get("name") or "",
        "type": document["type"],
        "timeframe": document.get("timeframe") or targets[0].timeframe,
        "groups": document.get("groups") or (),
        "tags": document.get("tags") or (),
        "document": document,
    }
    made = msgspec.convert(plain | {"targets": []} | parse(document), Slo, strict=False)
    return msgspec.structs.replace(made, targets=targets, corrections=tuple(corrections))


def parse_correction(document: Mapping[str, Any]) -> Correction:
    """A correction from the attributes of Datadog's JSON.

    Raises: InputError - neither an end nor a rule with a duration; msgspec.ValidationError - a wrong type.
    """
    made = msgspec.convert(
        {
            "start_s": document.get("start"),
            "end_s": document.get("end"),
            "rrule": document.get("rrule") or "",
            "duration_s": document.get("duration") or 0,
            "timezone": document.get("timezone") or "UTC",
            "category": document.get("category") or "Other",
            "slo_id": document.get("slo_id") or "",
        },
        Correction,
        strict=False,
    )
    if made.end_s is None and not (made.rrule and made.duration_s > 0):
        raise InputError("a correction needs an end, or an rrule and a duration")
    return made


def _parse_monitors(document: Mapping[str, Any]) -> dict[str, Any]:
    ids = document.get("monitor_ids") or []
    if not 1 <= len(ids) <= MAX_MONITORS:
        raise InputError(f"$.monitor_ids: 1 to {MAX_MONITORS} ids of monitors are needed")
    return {"monitor_ids": ids}


def _parse_metric(document: Mapping[str, Any]) -> dict[str, Any]:
    count = (document.get("sli_specification") or {}).get("count")
    if count:
        return {"events": _parse_count(count)}
    query = document.get("query") or {}
    if not query.get("numerator") or not query.get("denominator"):
        raise InputError("$.query: a numerator and a denominator are needed")
    return {"events": {"good": query["numerator"], "total": query["denominator"]}}


def _parse_count(count: Mapping[str, Any]) -> dict[str, Any]:
    formulas = {name: _formula(count.get(f"{name}_events_formula")) for name in ("good", "total", "bad")}
    if not formulas["good"] or bool(formulas["total"]) == bool(formulas["bad"]):
        path = "$.sli_specification.count"
        raise InputError(f"{path}: good_events_formula and one of total_events_formula, bad_events_formula are needed")
    return formulas | {"queries": _queries(count)}


def _parse_slices(document: Mapping[str, Any]) -> dict[str, Any]:
    path = "$.sli_specification.time_slice"
    given = (document.get("sli_specification") or {}).get("time_slice") or {}
    query = given.get("query") or {}
    formulas = query.get("formulas") or []
    if len(formulas) != 1 or given.get("comparator") not in COMPARATORS or given.get("threshold") is None:
        raise InputError(f"{path}: one formula, a comparator ({' '.join(COMPARATORS)}) and a threshold are needed")
    slice_s = given.get("query_interval_seconds") or 300
    if slice_s not in SLICES_S:
        raise InputError(f"{path}.query_interval_seconds: 60 or 300, not {slice_s}")
    slices = {name: given[name] for name in ("comparator", "threshold")}
    return {"slices": slices | {"formula": _formula(formulas[0]), "queries": _queries(query), "slice_s": slice_s}}


def _formula(given: Any) -> str:
    return str(given["formula"]) if isinstance(given, Mapping) and given.get("formula") else ""


def _queries(holder: Mapping[str, Any]) -> dict[str, str]:
    """Names and texts of the metric queries."""
    found = holder.get("queries") or []
    if not all(isinstance(one, Mapping) and one.get("data_source", "metrics") == "metrics" for one in found):
        raise InputError("the queries of an SLO are of the data source 'metrics'")
    return {str(one.get("name")): str(one.get("query")) for one in found}


_INDICATORS: Final = {"metric": _parse_metric, "monitor": _parse_monitors, "time_slice": _parse_slices}
