"""Dashboards: kept as they were sent; refused where no widget is; lists, deletion and coming back."""

from typing import Any

import pytest

from tests.support.datadog_api import DatadogApi

WIDGET = {"definition": {"type": "note", "content": "hello"}}


def definition(**members: Any) -> dict[str, Any]:
    return {"title": "My Board: 100 %", "layout_type": "ordered", "widgets": [WIDGET]} | members


def make(api: DatadogApi, **members: Any) -> str:
    return str(api.made("/api/v1/dashboard", definition(**members))["id"])


def test_what_is_read_is_what_was_written(api: DatadogApi) -> None:
    variables = [{"name": "env", "prefix": "env", "defaults": ["*"], "available_values": ["prod"]}]
    body = definition(template_variables=variables, reflow_type="fixed", description="d", tabs=[])
    made = api.made("/api/v1/dashboard", body)
    read = api.ask("GET", f"/api/v1/dashboard/{made['id']}")[1]
    assert read == made
    assert {name: read[name] for name in body if name != "widgets"} == {k: v for k, v in body.items() if k != "widgets"}
    assert read["widgets"][0]["definition"] == WIDGET["definition"]
    assert read["url"] == f"/dashboard/{made['id']}/my-board-100"


def test_a_widget_keeps_its_id_over_a_change(api: DatadogApi) -> None:
    made = api.made("/api/v1/dashboard", definition())
    changed = api.ask("PUT", f"/api/v1/dashboard/{made['id']}", {**made, "title": "Other"})[1]
    assert changed["widgets"] == made["widgets"]
    assert changed["title"] == "Other"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"layout_type": "ordered"}, "'title'"),
        (definition(layout_type="grid"), "'layout_type'"),
        (definition(reflow_type="free"), "'reflow_type'"),
        (definition(notify_list="me"), "'notify_list'"),
        (definition(description=5), "'description'"),
        (definition(widgets=[{}]), "definition"),
        (definition(widgets=["note"]), "must be an object"),
        (definition(widgets=[{"definition": {"type": "clock"}}]), "'clock'"),
        (definition(widgets=[{"definition": {"type": "timeseries"}}]), "must have 'requests'"),
        (definition(tags=["service:a"]), "Valid tag keys are: team."),
        (definition(tags=[f"team:{n}" for n in range(6)]), "at most 5 tags"),
        (definition(template_variables=[{}]), "'template_variables' is invalid"),
    ],
)
def test_what_is_no_dashboard_is_refused(api: DatadogApi, body: dict[str, Any], part: str) -> None:
    assert part in api.refusal("/api/v1/dashboard", body)


def test_groups_within_groups_end_somewhere(api: DatadogApi) -> None:
    nested: dict[str, Any] = {"definition": WIDGET["definition"]}
    for _ in range(5):
        nested = {"definition": {"type": "group", "layout_type": "ordered", "widgets": [nested]}}
    assert "nested too deep" in api.refusal("/api/v1/dashboard", definition(widgets=[nested]))


def test_many_are_deleted_and_come_back_together_or_not_at_all(api: DatadogApi) -> None:
    one, other = make(api), make(api)

    def items(*ids: str) -> dict[str, Any]:
        return {"data": [{"id": id, "type": "dashboard"} for id in ids]}

    assert api.ask("DELETE", "/api/v1/dashboard", items(one, "abc-def-ghi"))[0] == 404
    assert len(api.ask("GET", "/api/v1/dashboard")[1]["dashboards"]) == 2
    assert api.ask("DELETE", "/api/v1/dashboard", items(one, other)) == (204, None)
    deleted = api.ask("GET", "/api/v1/dashboard", **{"filter[deleted]": "true"})[1]["dashboards"]
    assert {two["id"] for two in deleted} == {one, other}
    assert all(two["deleted_at"] for two in deleted)
    assert api.ask("PATCH", "/api/v1/dashboard", items(one)) == (204, None)
    assert [two["id"] for two in api.ask("GET", "/api/v1/dashboard")[1]["dashboards"]] == [one]
    assert api.ask("DELETE", "/api/v1/dashboard", {"data": [{"id": one}]})[0] == 400


def test_a_list_holds_each_dashboard_once(api: DatadogApi) -> None:
    board, free = make(api), make(api, layout_type="free")
    number = api.made("/api/v1/dashboard/lists/manual", {"name": "mine"})["id"]
    path = f"/api/v2/dashboard/lists/manual/{number}/dashboards"
    given = {"dashboards": [{"id": board, "type": "custom_timeboard"}, {"id": free, "type": "custom_screenboard"}]}
    assert api.made(path, given) == {"added_dashboards_to_list": given["dashboards"]}
    assert api.made(path, given) == {"added_dashboards_to_list": []}
    assert api.ask("GET", f"/api/v1/dashboard/lists/manual/{number}")[1]["dashboard_count"] == 2
    api.ask("DELETE", f"/api/v1/dashboard/{free}")
    assert [one["id"] for one in api.ask("GET", path)[1]["dashboards"]] == [board]
    assert "not found" in api.refusal(path, {"dashboards": [{"id": "no-suc-one"}]})
    removed = api.ask("DELETE", path, {"dashboards": given["dashboards"][:1]})[1]
    assert removed == {"deleted_dashboards_from_list": given["dashboards"][:1]}
