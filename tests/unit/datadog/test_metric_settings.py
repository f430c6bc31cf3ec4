"""Metadata and tag configurations of metrics, and what speaks of a metric."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrcp.query.memory.series import MemorySeries
from tests.support.datadog_api import DatadogApi, open_datadog_api
from tests.unit.datadog.conftest import NOW_S


@pytest.fixture
def known(migrated: Path, tmp_path: Path) -> Iterator[DatadogApi]:
    """One metric is known: `load`, a gauge."""
    directory = tmp_path / "data"
    shutil.copytree(migrated, directory)
    with open_datadog_api(directory, NOW_S, [MemorySeries("load", "gauge", (), [NOW_S], [1.0])]) as opened:
        yield opened


def tags(**attributes: Any) -> dict[str, Any]:
    return {
        "data": {
            "type": "manage_tags",
            "id": "load",
            "attributes": {"metric_type": "gauge", "tags": ["app"]} | attributes,
        }
    }


def test_metadata_keeps_what_a_change_does_not_name(known: DatadogApi) -> None:
    path = "/api/v1/metrics/load"
    assert known.ask("GET", path)[1]["type"] == "gauge"
    known.ask("PUT", path, {"unit": "second", "description": "d"})
    known.ask("PUT", path, {"description": "e", "type": "rate"})
    read = known.ask("GET", path)[1]
    assert (read["unit"], read["description"], read["type"], read["per_unit"]) == ("second", "e", "rate", None)
    assert known.ask("GET", "/api/v1/metrics/other") == (404, {"errors": ["other not found"]})
    assert known.ask("PUT", path, {"type": "set"})[0] == 400


def test_a_tag_configuration_can_be_made_again_after_it_was_deleted(known: DatadogApi) -> None:
    path = "/api/v2/metrics/load/tags"
    known.made(path, tags(), 201)
    assert known.ask("POST", path, tags())[0] == 409
    assert known.ask("DELETE", path) == (204, None)
    assert known.ask("GET", path) == (404, {"errors": ["load not found"]})
    made = known.made(path, tags(metric_type="distribution", include_percentiles=True), 201)["data"]["attributes"]
    assert (made["metric_type"], made["include_percentiles"]) == ("distribution", True)
    assert (
        known.ask("PATCH", path, {"data": {"type": "manage_tags", "attributes": {"tags": []}}})[1]["data"][
            "attributes"
        ]["tags"]
        == []
    )


@pytest.mark.parametrize(
    "attributes", [{"metric_type": "set"}, {"include_percentiles": True}, {"tags": "app"}, {"tags": ["a"] * 101}]
)
def test_a_wrong_tag_configuration_is_refused(known: DatadogApi, attributes: dict[str, Any]) -> None:
    assert known.ask("POST", "/api/v2/metrics/load/tags", tags(**attributes))[0] == 400
    assert known.ask("POST", "/api/v2/metrics/1load/tags", tags())[0] == 400


def test_assets_are_the_documents_that_name_the_metric(known: DatadogApi) -> None:
    monitor = {"type": "metric alert", "name": "m", "query": "avg(last_5m):avg:load{*} > 4"}
    id = known.made("/api/v1/monitor", monitor)["id"]
    known.made("/api/v1/monitor", monitor | {"query": "avg(last_5m):avg:load.max{*} > 4"})
    found = known.ask("GET", "/api/v2/metrics/load/assets")[1]
    assert found["data"]["relationships"]["monitors"]["data"] == [{"id": str(id), "type": "monitors"}]
    assert [one["attributes"]["title"] for one in found["included"]] == ["m"]
