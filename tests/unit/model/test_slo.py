"""SLOs and corrections from Datadog's JSON, and what is refused."""

from typing import Any

import msgspec
import pytest

from lrcp.model.errors import InputError
from lrcp.model.slo import Correction, EventIndicator, parse_correction, parse_slo

TARGETS: list[dict[str, Any]] = [
    {"timeframe": "7d", "target": 99, "target_display": "99."},
    {"timeframe": "30d", "target": 95, "warning": 97},
]
METRIC = {
    "name": "a",
    "type": "metric",
    "thresholds": TARGETS,
    "query": {"numerator": "sum:a{*}", "denominator": "sum:b{*}"},
}
SLICE = {
    "comparator": "<",
    "threshold": 5,
    "query": {
        "formulas": [{"formula": "q"}],
        "queries": [{"data_source": "metrics", "name": "q", "query": "avg:x{*}"}],
    },
}


def count(**members: Any) -> dict[str, Any]:
    return {"name": "a", "type": "metric", "thresholds": TARGETS, "sli_specification": {"count": members}}


def slices(**members: Any) -> dict[str, Any]:
    return {
        "name": "a",
        "type": "time_slice",
        "thresholds": TARGETS,
        "sli_specification": {"time_slice": SLICE | members},
    }


def test_the_legacy_form_has_formulas_that_are_queries() -> None:
    slo = parse_slo(METRIC, id="7")
    assert slo.events == EventIndicator(good="sum:a{*}", total="sum:b{*}")
    assert (slo.id, slo.timeframe) == ("7", "7d")
    assert slo.document == METRIC


def test_formulas_over_named_queries_are_preferred_to_the_legacy_form() -> None:
    queries = [{"data_source": "metrics", "name": "g", "query": "sum:a{*}"}]
    given = count(good_events_formula={"formula": "g"}, bad_events_formula={"formula": "b"}, queries=queries)
    assert parse_slo(given | {"query": METRIC["query"]}).events == EventIndicator(
        good="g", bad="b", queries={"g": "sum:a{*}"}
    )


def test_targets_are_found_by_their_timeframe() -> None:
    target = parse_slo(METRIC).target_of("30d")
    assert target is not None
    assert (target.target, target.warning) == (95, 97)
    assert parse_slo(METRIC).target_of("90d") is None


def test_slices_last_five_minutes_unless_told_otherwise() -> None:
    found = [parse_slo(slices(**more)).slices for more in ({}, {"query_interval_seconds": 60})]
    assert [one.slice_s for one in found if one is not None] == [300, 60]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, r"\$.type"),
        (METRIC | {"type": "event"}, "expected metric, monitor, time_slice"),
        (METRIC | {"thresholds": []}, "at least one"),
        (METRIC | {"thresholds": [{"timeframe": "7d", "target": 100}]}, "below 100"),
        (METRIC | {"query": {"numerator": "sum:a{*}"}}, "denominator"),
        (METRIC | {"query": None}, "numerator"),
        ({"name": "a", "type": "monitor", "thresholds": TARGETS}, "ids of monitors"),
        ({"name": "a", "type": "monitor", "thresholds": TARGETS, "monitor_ids": list(range(21))}, "1 to 20"),
        (count(good_events_formula={"formula": "g"}, queries=[]), "one of total_events_formula"),
        (count(good_events_formula={"formula": "g"}, total_events_formula={"formula": "t"}, bad_events_formula={"formula": "b"}, queries=[]), "one of"),
        (count(good_events_formula={"formula": "g"}, total_events_formula={"formula": "t"}, queries=[{"data_source": "logs"}]), "metrics"),
        (slices(comparator="=="), "comparator"),
        (slices(threshold=None), "threshold"),
        (slices(query={}), "one formula"),
        (slices(query_interval_seconds=120), "60 or 300"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_slo(document)


def test_a_member_of_the_wrong_type_is_said() -> None:
    with pytest.raises(msgspec.ValidationError):
        parse_slo(METRIC | {"thresholds": [{"timeframe": "7d", "target": "much"}]})


def test_corrections_are_single_or_come_again() -> None:
    assert parse_correction({"start": 10, "end": 20, "slo_id": "x"}) == Correction(start_s=10, end_s=20, slo_id="x")
    again = {
        "start": 10,
        "end": None,
        "rrule": "FREQ=DAILY",
        "duration": 3600,
        "timezone": "Europe/Berlin",
        "category": "Deployment",
    }
    assert parse_correction(again).duration_s == 3600
    for wrong in ({"start": 10}, {"start": 10, "rrule": "FREQ=DAILY"}):
        with pytest.raises(InputError, match="needs an end"):
            parse_correction(wrong)
