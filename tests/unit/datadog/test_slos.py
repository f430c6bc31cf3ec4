"""SLOs: definitions, history over real series, corrections, searches, deletion."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrcp.query.memory.series import MemorySeries
from tests.support.datadog_api import DatadogApi, open_datadog_api
from tests.unit.datadog.conftest import NOW_S

QUERY = {"numerator": "sum:good{*}.as_count()", "denominator": "sum:all{*}.as_count()"}
TARGET = {"timeframe": "7d", "target": 99, "warning": 99.5}
HOUR = 3600


def definition(**members: Any) -> dict[str, Any]:
    return {"name": "answers", "type": "metric", "query": QUERY, "thresholds": [TARGET], "tags": ["env:prod"]} | members


def time_slice(**members: Any) -> dict[str, Any]:
    queries = [{"data_source": "metrics", "name": "q", "query": "avg:latency{*}"}]
    given = {"comparator": "<", "threshold": 2, "query": {"formulas": [{"formula": "q"}], "queries": queries}}
    body = definition(type="time_slice", sli_specification={"time_slice": given | members})
    del body["query"]
    return body


@pytest.fixture
def counted(migrated: Path, tmp_path: Path) -> Iterator[DatadogApi]:
    """A day of a request a minute, of which all of the last hour before 12:00 failed but one in four."""
    times = [NOW_S - 24 * HOUR + minute * 60 for minute in range(24 * 60)]
    failing = range(11 * 60, 12 * 60)
    good = [0.0 if minute in failing and minute % 4 else 1.0 for minute in range(24 * 60)]
    series = [
        MemorySeries("good", "count", ("service:a",), times, good),
        MemorySeries("all", "count", ("service:a",), times, [1.0] * len(times)),
    ]
    directory = tmp_path / "data"
    shutil.copytree(migrated, directory)
    with open_datadog_api(directory, NOW_S, series) as opened:
        yield opened


def make(api: DatadogApi, **members: Any) -> str:
    return str(api.made("/api/v1/slo", definition(**members))["data"][0]["id"])


def day(api: DatadogApi, id: str, **query: Any) -> dict[str, Any]:
    asked = {"from_ts": NOW_S - 24 * HOUR, "to_ts": NOW_S} | query
    status, document = api.ask("GET", f"/api/v1/slo/{id}/history", **asked)
    assert status == 200, document
    found: dict[str, Any] = document["data"]
    return found


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (definition(type="latency"), "type must be one of"),
        (definition(type="monitor"), "must specify monitor_ids"),
        (definition(type="monitor", monitor_ids=[1]), "monitor 1 does not exist"),
        (definition(query=None), "must specify the query for count types"),
        (definition(query={"numerator": "sum:good{", "denominator": "sum:all{*}"}), "query.numerator is invalid"),
        (definition(thresholds=[]), "must specify thresholds"),
        (definition(thresholds=[{"timeframe": "8d", "target": 9}]), "timeframe must be one of"),
        (definition(thresholds=[{"timeframe": "7d", "target": 100}]), "less than 100"),
        (definition(thresholds=[{"timeframe": "7d", "target": 99, "warning": 98}]), "warning must be greater"),
        (definition(thresholds=[TARGET, TARGET]), "one threshold only"),
        (definition(timeframe="30d"), "one of those of the thresholds"),
        (time_slice(query_interval_seconds=61), "60 or 300"),
        (time_slice(comparator="=="), "comparator"),
        (definition(name=""), "'name' is required"),
    ],
)
def test_a_wrong_definition_is_refused(api: DatadogApi, body: dict[str, Any], part: str) -> None:
    text = api.refusal("/api/v1/slo", body)
    assert text.startswith("Invalid payload: ")
    assert part in text


def test_what_is_read_is_what_was_written_plus_defaults(api: DatadogApi) -> None:
    made = api.made("/api/v1/slo", time_slice())["data"][0]
    read = api.ask("GET", f"/api/v1/slo/{made['id']}")[1]["data"]
    assert read == made
    assert read["sli_specification"]["time_slice"]["query_interval_seconds"] == 300
    assert (read["target_threshold"], read["warning_threshold"], read["timeframe"]) == (99, 99.5, "7d")


def test_the_type_stays_what_it_was(api: DatadogApi) -> None:
    id = make(api)
    assert "the query for count types" in api.refusal(
        f"/api/v1/slo/{id}", definition(type="monitor", query=None), "PUT"
    )


def test_history_is_what_was_counted(counted: DatadogApi) -> None:
    data = day(counted, make(counted))
    bad = 45
    sli = (1 - bad / 1440) * 100
    assert data["overall"]["sli_value"] == pytest.approx(sli)
    assert data["overall"]["state"] == "breached"
    assert data["overall"]["error_budget_remaining"]["7d"] == pytest.approx(100 - (100 - sli) / 1 * 100)
    assert data["series"]["denominator"]["sum"] == 1440
    assert data["series"]["numerator"]["sum"] == 1440 - bad
    assert len(data["series"]["times"]) == data["series"]["numerator"]["count"]


def test_a_target_of_the_question_replaces_those_of_the_slo(counted: DatadogApi) -> None:
    data = day(counted, make(counted), target=50)
    assert list(data["thresholds"]) == ["custom"]
    assert data["overall"]["state"] == "ok"


def test_a_correction_takes_its_time_out_unless_it_is_not_to_be_applied(counted: DatadogApi) -> None:
    id = make(counted)
    start = NOW_S - 24 * HOUR + 11 * HOUR
    attributes = {"slo_id": id, "start": start, "end": start + HOUR, "category": "Deployment"}
    counted.made("/api/v1/slo/correction", {"data": {"type": "correction", "attributes": attributes}})
    assert day(counted, id)["overall"]["sli_value"] == 100
    assert day(counted, id, apply_correction="false")["overall"]["sli_value"] < 97
    assert len(day(counted, id)["overall"]["corrections"]) == 1


@pytest.mark.parametrize(
    "query", [{"from_ts": NOW_S}, {"to_ts": 5}, {"target": 100}, {"target": "x"}, {"from_ts": "x"}]
)
def test_a_period_that_is_none_is_refused(api: DatadogApi, query: dict[str, Any]) -> None:
    asked = {"from_ts": 10, "to_ts": NOW_S} | query
    asked["to_ts"] = asked["to_ts"] if query.get("from_ts") != NOW_S else NOW_S
    assert api.ask("GET", f"/api/v1/slo/{make(api)}/history", **asked)[0] == 400


def test_the_search_shows_how_each_fares(counted: DatadogApi) -> None:
    make(counted)
    make(counted, name="other", tags=["env:dev", "team:x"])
    found = counted.ask("GET", "/api/v1/slo/search", query="env:prod", include_facets="true")[1]
    (only,) = (one["data"]["attributes"] for one in found["data"]["attributes"]["slos"])
    assert (only["name"], only["env_tags"], only["status"]["state"]) == ("answers", ["prod"], "breached")
    assert only["status"]["sli"] == pytest.approx((1 - 45 / 1440) * 100)
    assert found["data"]["attributes"]["facets"]["env_tags"] == [{"name": "prod", "count": 1}]
    assert counted.ask("GET", "/api/v1/slo/search", query="team:x other")[1]["meta"]["pagination"]["total"] == 1


def test_the_list_is_filtered(api: DatadogApi) -> None:
    one, other = (
        make(api),
        make(api, name="Cost", tags=["team:x"], query=QUERY | {"numerator": "sum:cost{*}.as_count()"}),
    )

    def ids(**query: Any) -> list[str]:
        return [slo["id"] for slo in api.ask("GET", "/api/v1/slo", **query)[1]["data"]]

    assert ids() == [one, other] or ids() == [other, one]
    assert ids(query="cost") == ids(tags_query="team:x") == ids(metrics_query="sum:cost") == ids(ids=other) == [other]
    api.ask("DELETE", f"/api/v1/slo/{one}")
    assert (ids(), ids(is_deleted="true")) == ([other], [one])


def test_thresholds_are_taken_away_and_the_last_one_takes_the_slo_with_it(api: DatadogApi) -> None:
    id = make(api, thresholds=[TARGET, {"timeframe": "30d", "target": 98}])
    path = "/api/v1/slo/bulk_delete"
    assert api.made(path, {id: ["7d"]}) == {"data": {"deleted": [], "updated": [id]}, "errors": None}
    left = api.ask("GET", f"/api/v1/slo/{id}")[1]["data"]
    assert (left["timeframe"], left["target_threshold"]) == ("30d", 98)
    assert api.made(path, {id: ["all"], "x": ["7d"]})["data"] == {"deleted": [id], "updated": []}
    assert api.made(path, {"x": ["7d"]})["errors"][0]["id"] == "x"
    assert api.ask("GET", f"/api/v1/slo/{id}")[0] == 404


def test_can_delete_names_the_alerts_that_watch(api: DatadogApi) -> None:
    id = make(api)
    query = f'error_budget("{id}").over("7d") > 75'
    alert = api.made("/api/v1/monitor", {"type": "slo alert", "query": query, "name": "a"})["id"]
    status, answer = api.ask("GET", "/api/v1/slo/can_delete", ids=id)
    assert (status, answer["data"]) == (409, {"ok": []})
    assert str(alert) in answer["errors"][id]
    assert api.ask("DELETE", f"/api/v1/slo/{id}", force="true") == (200, {"data": [id], "error": None})


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ({"category": "Holiday"}, "category"),
        ({"end": NOW_S - 1}, "end after its start"),
        ({"slo_query": "env:prod"}, "exactly one of slo_id and slo_query"),
        ({"rrule": "FREQ=DAILY"}, "duration and no end"),
        ({"rrule": "FREQ=OFTEN", "end": None, "duration": 60}, "rrule"),
        ({"start": "now"}, "Unix times"),
        ({"timezone": "Mars", "end": None, "rrule": "FREQ=DAILY", "duration": 60}, "rrule"),
    ],
)
def test_a_wrong_correction_is_refused(api: DatadogApi, attributes: dict[str, Any], part: str) -> None:
    shared = {"slo_id": make(api), "start": NOW_S, "end": NOW_S + HOUR, "category": "Other"}
    body = {"data": {"type": "correction", "attributes": shared | attributes}}
    assert part in api.refusal("/api/v1/slo/correction", body)
