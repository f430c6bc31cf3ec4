"""Packs: documents in an order in which they can be stored, and references that become ids and addresses."""

import json
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client import Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.models import Dashboard, ServiceLevelObjectiveRequest
from datadog_api_client.v1.models import Monitor as ClientMonitor

from lrcp.model.errors import InputError
from lrcp.model.monitor import parse_monitor
from lrcp.monitors.lint.run import lint_paths
from lrcp.monitors.message.check import check_message
from lrcp.monitors.pack import load_pack, resolve
from lrcp.query.metric.check import check_expression
from lrcp.query.metric.parser import parse_expression, parse_formula
from lrcp.query.monitor.ast import FormulaMonitorQuery
from lrcp.query.monitor.check import check_monitor_query, check_variables
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.monitor.thresholds import check_thresholds
from lrcp.query.search.parser import parse_search

DEFAULT = Path(__file__).resolve().parents[3] / "src" / "lrcp" / "packs"
MODELS = {"monitor": ClientMonitor, "slo": ServiceLevelObjectiveRequest, "dashboard": Dashboard}


def _stored() -> dict[tuple[str, str], dict[str, Any]]:
    """The default pack as it would be stored, ids counted up."""
    ids: dict[tuple[str, str], str] = {}
    found = {}
    for number, one in enumerate(load_pack(DEFAULT), start=1001):
        found[one.kind, one.name] = resolve(one.document, ids, address="http://127.0.0.1:8000")
        ids[one.kind, one.name] = f"{number:032x}" if one.kind == "slo" else str(number)
    return found


STORED = _stored()
MONITORS = {name: document for (kind, name), document in STORED.items() if kind == "monitor"}


def _unparsed(value: Any, path: str = "$") -> list[str]:
    """Where the client's model of a body has something that it does not know."""
    if isinstance(value, list):
        return [found for n, one in enumerate(value) for found in _unparsed(one, f"{path}[{n}]")]
    if not hasattr(value, "_data_store"):
        return []
    here = [path] if getattr(value, "_unparsed", False) else []
    return here + [found for name, one in value._data_store.items() for found in _unparsed(one, f"{path}.{name}")]


@pytest.mark.parametrize(("kind", "name"), STORED)
def test_a_body_is_one_that_the_official_client_knows_in_every_part(kind: str, name: str) -> None:
    model = validate_and_convert_types(STORED[kind, name], (MODELS[kind],), ["body"], True, True, Configuration())
    assert _unparsed(model) == []


@pytest.mark.parametrize("name", MONITORS)
def test_a_monitor_of_the_pack_means_something(name: str) -> None:
    monitor = parse_monitor(MONITORS[name])
    query = parse_monitor_query(monitor.type, monitor.query)
    check_monitor_query(monitor.type, query)
    check_thresholds(query, monitor.options.thresholds)
    if isinstance(query, FormulaMonitorQuery):
        check_variables(query, [str(one["name"]) for one in monitor.options.variables])
    assert check_message(monitor.message) == []
    assert check_message(monitor.name) == []
    assert {"pack:default", *[tag for tag in monitor.tags if tag.startswith(("team:", "category:"))]} <= {*monitor.tags}


def test_the_linter_has_nothing_to_say_of_the_pack_but_what_is_approximate() -> None:
    assert [one for one in lint_paths([DEFAULT / "monitors"]) if one.rule != "approximation"] == []


def _requests(value: Any) -> list[dict[str, Any]]:
    """Every request of a dashboard, and whatever else has queries."""
    if isinstance(value, list):
        return [found for one in value for found in _requests(one)]
    if not isinstance(value, dict):
        return []
    return [*([value] if "queries" in value else []), *_requests(list(value.values()))]


@pytest.mark.parametrize(("kind", "name"), [key for key in STORED if key[0] != "monitor"])
def test_queries_and_formulas_of_slos_and_dashboards_mean_something(kind: str, name: str) -> None:
    for request in _requests(STORED[kind, name]):
        for query in request["queries"]:
            if query["data_source"] == "metrics":
                check_expression(parse_expression(query["query"]))
            else:
                parse_search(query["search"]["query"])
        formulas = [request.get(one) for one in ("good_events_formula", "total_events_formula")]
        for formula in [*request.get("formulas", []), *filter(None, formulas)]:
            check_expression(parse_formula(formula["formula"]))


def test_every_document_comes_after_those_that_it_refers_to() -> None:
    seen: set[tuple[str, str]] = set()
    for one in load_pack(DEFAULT):
        assert set(one.needs) <= seen
        seen.add((one.kind, one.name))


def test_a_composite_an_slo_and_an_alert_get_the_ids_of_what_was_stored() -> None:
    parts = load_pack(DEFAULT)
    assert [one.needs for one in parts if one.name == "slow-and-failing"] == [
        (("monitor", "latency-p95"), ("monitor", "error-rate"))
    ]
    assert MONITORS["slow-and-failing"]["query"].replace(" && ", "").isdigit()
    assert isinstance(STORED["slo", "cost-per-session"]["monitor_ids"][0], int)
    assert "{{slo" not in MONITORS["availability-burn-fast"]["query"]


def test_addresses_are_those_of_the_server_and_template_variables_stay() -> None:
    message = MONITORS["latency-p95"]["message"]
    assert "[Runbook](http://127.0.0.1:8000/runbooks/slow)" in message
    assert "(http://127.0.0.1:8000/traces?service={{service.name}}&sort=duration)" in message


def _write(folder: Path, **documents: object) -> Path:
    (folder / "monitors").mkdir()
    for name, document in documents.items():
        (folder / "monitors" / f"{name}.json").write_text(json.dumps(document))
    return folder


def test_a_pack_is_ordered_by_references_and_otherwise_by_name(tmp_path: Path) -> None:
    _write(tmp_path, a={"query": "{{monitor:c}} && {{monitor:b}}"}, b={"query": "{{monitor:c}} || {{monitor:c}}"}, c={})
    assert [one.name for one in load_pack(tmp_path)] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("documents", "text"),
    [
        ({"a": {"query": "{{monitor:nowhere}}"}}, "refers to the monitor 'nowhere'"),
        ({"a": {"message": "{{runbook:nowhere}}"}}, "refers to the runbook 'nowhere'"),
        ({"a": {"query": "{{monitor:b}}"}, "b": {"query": "{{monitor:a}}"}}, "in a circle: a, b"),
        ({"a": [1]}, "is a JSON object"),
    ],
)
def test_a_pack_that_cannot_be_stored_is_refused(tmp_path: Path, documents: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        load_pack(_write(tmp_path, **documents))


def test_a_file_that_is_no_json_is_refused_by_its_name(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "monitors" / "odd.json").write_text("{")
    with pytest.raises(InputError, match=r"odd\.json"):
        load_pack(tmp_path)


def test_an_id_that_is_missing_is_told() -> None:
    with pytest.raises(InputError, match="monitor 'a' is not stored yet"):
        resolve({"query": "{{monitor:a}}"}, {}, address="")
