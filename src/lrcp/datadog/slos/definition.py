"""An SLO's document from a request's body: checked, with what the server fills in. Source: DATADOG.md 4.3 and recordings."""

import re
from typing import Any, Final, TypeGuard

import msgspec

from lrcp.datadog.errors import invalid
from lrcp.datadog.shapes import take_list, take_object, take_optional_text, take_text, take_texts
from lrcp.model.errors import InputError
from lrcp.model.slo import parse_slo
from lrcp.query.errors import QueryError
from lrcp.query.metric.parser import parse_expression, parse_formula

TYPE_IDS: Final = {"monitor": 0, "metric": 1, "time_slice": 2}
TIMEFRAMES: Final = ("7d", "30d", "90d", "custom")
COMPARATORS: Final = (">", ">=", "<", "<=")
INTERVALS_S: Final = (60, 300)
MAX_MONITORS: Final = 20


def parse_definition(body: dict[str, Any], *, type: str | None = None) -> dict[str, Any]:
    """The document that is kept.

    Args:
        type: of the SLO that is replaced; an SLO's type never changes. None: a new one.
    Raises: Refusal - what is wrong, in the server's words where those are recorded.
    """
    kind = type or body.get("type")
    if not isinstance(kind, str) or kind not in TYPE_IDS:
        raise invalid(f"Invalid payload: type must be one of {', '.join(TYPE_IDS)}")
    document: dict[str, Any] = {
        "name": take_text(body, "name", most=1_000),
        "tags": take_texts(body, "tags"),
        "monitor_tags": [],
        "type": kind,
        "type_id": TYPE_IDS[kind],
        "description": take_optional_text(body, "description"),
    }
    document |= _INDICATORS[kind](body) | _parse_targets(body)
    try:
        parse_slo(document)
    except (InputError, msgspec.ValidationError) as error:
        raise invalid(f"Invalid payload: {error}") from None
    return document


def _parse_targets(body: dict[str, Any]) -> dict[str, Any]:
    thresholds = [_parse_threshold(one) for one in take_list(body, "thresholds", most=10)]
    if not thresholds:
        raise invalid("Invalid payload: must specify thresholds")
    frames = [one["timeframe"] for one in thresholds]
    if len(set(frames)) != len(frames):
        raise invalid("Invalid payload: a timeframe may have one threshold only")
    frame = body.get("timeframe") or frames[0]
    chosen = next((one for one in thresholds if one["timeframe"] == frame), None)
    if chosen is None:
        raise invalid("Invalid payload: timeframe must be one of those of the thresholds")
    targets = {"thresholds": thresholds, "timeframe": frame, "target_threshold": chosen["target"]}
    return targets | ({"warning_threshold": chosen["warning"]} if "warning" in chosen else {})


def _parse_threshold(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.get("timeframe") not in TIMEFRAMES:
        raise invalid(f"Invalid payload: a threshold's timeframe must be one of {', '.join(TIMEFRAMES)}")
    target, warning = given.get("target"), given.get("warning")
    if not _is_percentage(target):
        raise invalid("Invalid payload: a threshold's target must be greater than 0 and less than 100")
    threshold = {"timeframe": given["timeframe"], "target": float(target), "target_display": _display(target)}
    if warning is None:
        return threshold
    if not _is_percentage(warning) or warning <= target:
        raise invalid("Invalid payload: a threshold's warning must be greater than its target and less than 100")
    return threshold | {"warning": float(warning), "warning_display": _display(warning)}


def _is_percentage(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 100


def _display(value: float) -> str:
    """As the server shows it: `95.`, `99.5`."""
    return f"{float(value):.10f}".rstrip("0")


def _parse_monitors(body: dict[str, Any]) -> dict[str, Any]:
    ids = take_list(body, "monitor_ids")
    if not ids:
        raise invalid("Invalid payload: must specify monitor_ids")
    if not all(isinstance(one, int) for one in ids) or len(ids) > MAX_MONITORS:
        raise invalid(f"Invalid payload: monitor_ids must be at most {MAX_MONITORS} ids of monitors")
    groups = take_texts(body, "groups")
    if groups and len(ids) > 1:
        raise invalid("Invalid payload: groups can be given with one monitor only")
    return {"monitor_ids": ids} | ({"groups": groups} if groups else {})


def _parse_metric(body: dict[str, Any]) -> dict[str, Any]:
    groups = take_texts(body, "groups")
    kept = {"groups": groups} if groups else {}
    if body.get("sli_specification") is not None:
        specification = take_object(body, "sli_specification")
        count = take_object(specification, "count", path="sli_specification")
        return kept | {"query": _query_of(count), "sli_specification": specification}
    if not isinstance(body.get("query"), dict):
        raise invalid("Invalid payload: must specify the query for count types")
    query = {part: take_text(body["query"], part, path="query") for part in ("numerator", "denominator")}
    for part, text in query.items():
        _check_query(text, f"query.{part}")
    return kept | {"query": query}


def _query_of(count: dict[str, Any]) -> dict[str, str]:
    """Numerator and denominator that say the same as the formulas over named queries."""
    queries = _parse_queries(count, "sli_specification.count")
    good = _formula_text(count, "good_events_formula", queries)
    if count.get("total_events_formula"):
        query = {"numerator": good, "denominator": _formula_text(count, "total_events_formula", queries)}
    else:
        bad = _formula_text(count, "bad_events_formula", queries)
        query = {"numerator": good, "denominator": f"({good}) + ({bad})"}
    for part, text in query.items():
        _check_query(text, f"sli_specification.count ({part})")
    return query


def _formula_text(count: dict[str, Any], member: str, queries: dict[str, str]) -> str:
    formula = take_text(take_object(count, member, path="sli_specification.count"), "formula", path=member)
    _check_formula(formula, member)
    return re.sub(r"[A-Za-z_]\w*", lambda found: queries.get(found[0], found[0]), formula)


def _parse_queries(holder: dict[str, Any], path: str) -> dict[str, str]:
    queries = {}
    for one in take_list(holder, "queries", path=path, most=20):
        if not isinstance(one, dict) or one.get("data_source") != "metrics":
            raise invalid(f"Invalid payload: {path}.queries must have the data source 'metrics'")
        queries[take_text(one, "name", path=path)] = take_text(one, "query", path=path)
    if not queries:
        raise invalid(f"Invalid payload: must specify {path}.queries")
    return queries


def _parse_time_slice(body: dict[str, Any]) -> dict[str, Any]:
    specification = take_object(body, "sli_specification")
    given = take_object(specification, "time_slice", path="sli_specification")
    path = "sli_specification.time_slice"
    query = take_object(given, "query", path=path)
    _parse_queries(query, f"{path}.query")
    formulas = take_list(query, "formulas", path=f"{path}.query", most=1)
    if len(formulas) != 1 or not isinstance(formulas[0], dict):
        raise invalid(f"Invalid payload: must specify one of {path}.query.formulas")
    _check_formula(take_text(formulas[0], "formula", path=path), f"{path}.query.formulas")
    if given.get("comparator") not in COMPARATORS or not isinstance(given.get("threshold"), int | float):
        raise invalid(f"Invalid payload: {path} must have a comparator ({' '.join(COMPARATORS)}) and a threshold")
    interval_s = given.get("query_interval_seconds", 300)
    if interval_s not in INTERVALS_S:
        raise invalid(f"Invalid payload: {path}.query_interval_seconds must be 60 or 300")
    return {"sli_specification": {"time_slice": given | {"query_interval_seconds": interval_s}}}


_INDICATORS: Final = {"monitor": _parse_monitors, "metric": _parse_metric, "time_slice": _parse_time_slice}
"""What each type says it measures."""


def _check_query(text: str, member: str) -> None:
    try:
        parse_expression(text)
    except QueryError as error:
        raise invalid(f"Invalid payload: {member} is invalid: {error}") from None


def _check_formula(text: str, member: str) -> None:
    try:
        parse_formula(text)
    except QueryError as error:
        raise invalid(f"Invalid payload: {member} is invalid: {error}") from None
