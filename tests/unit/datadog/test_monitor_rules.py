"""Notification rules, tag policies and templates: what is kept is what the notifications read."""

from typing import Any

import pytest

from lrcp.monitors.rules.definition import parse_rule
from tests.support.datadog_api import DatadogApi

RULES = "/api/v2/monitor/notification_rule"
TEMPLATES = "/api/v2/monitor/template"


def rule(**attributes: Any) -> dict[str, Any]:
    shared = {"name": "r", "filter": {"tags": ["team:a"]}, "recipients": ["slack-a"]}
    kept = {name: value for name, value in (shared | attributes).items() if value is not None}
    return {"data": {"type": "monitor-notification-rule", "attributes": kept}}


def template(**attributes: Any) -> dict[str, Any]:
    monitor = {"type": "query alert", "name": "n", "message": "m", "query": "avg(last_5m):avg:load{$scope} > 4"}
    shared = {"title": "t", "monitor_definition": monitor, "template_variables": [{"name": "scope"}], "tags": []}
    return {"data": {"type": "monitor-user-template", "attributes": shared | attributes}}


def test_a_kept_rule_is_read_by_the_notifications(api: DatadogApi) -> None:
    conditions = [{"scope": "transition_type:is_alert", "recipients": ["oncall-a"]}]
    conditional = {"conditions": conditions, "fallback_recipients": ["slack-b"]}
    body = rule(recipients=None, conditional_recipients=conditional, filter={"scope": "team:a AND NOT env:dev"})
    id = api.made(RULES, body)["data"]["id"]
    kept = api.resources.find("notification_rule", id)
    assert kept is not None
    read = parse_rule(kept.document, id=id)
    assert read.conditions[0].recipients == ("oncall-a",)
    assert read.fallback == ("slack-b",)


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ({"recipients": ["@slack-a"]}, "Invalid recipients: Recipient handle should not start with '@'"),
        ({"recipients": []}, "1 to 20"),
        ({"recipients": ["a", "a"]}, "different"),
        ({"recipients": None}, "exactly one of recipients and conditional_recipients"),
        ({"filter": {"tags": []}}, "exactly one of tags and scope"),
        ({"filter": {"tags": ["team"]}}, "key:value"),
        ({"filter": {"scope": "team:("}}, "Invalid scope"),
        ({"name": ""}, "'name' is required"),
        ({"bundle_config": {"duration": 0}}, "bundle_config"),
        ({"color": "red"}, "Additional properties are not allowed ('color' was unexpected)"),
        ({"recipients": None, "conditional_recipients": {"conditions": []}}, "1 to 10 conditions"),
    ],
)
def test_a_wrong_rule_is_refused(api: DatadogApi, attributes: dict[str, Any], part: str) -> None:
    assert part in api.refusal(RULES, rule(**attributes))


def test_rules_are_listed_in_pages(api: DatadogApi) -> None:
    ids = [api.made(RULES, rule(name=str(number)))["data"]["id"] for number in range(3)]
    pages = [api.ask("GET", RULES, page=page, per_page=2)[1]["data"] for page in (0, 1)]
    assert sorted(one["id"] for page in pages for one in page) == sorted(ids)
    assert [len(page) for page in pages] == [2, 1]


def test_a_template_grows_by_versions(api: DatadogApi) -> None:
    id = api.made(TEMPLATES, template())["data"]["id"]
    changed = api.ask("PUT", f"{TEMPLATES}/{id}", template(title="u"))[1]["data"]["attributes"]
    assert (changed["version"], [one["title"] for one in changed["versions"]]) == (1, ["t", "u"])
    read = api.ask("GET", f"{TEMPLATES}/{id}")[1]["data"]["attributes"]
    assert "versions" not in read
    shown = api.ask("GET", f"{TEMPLATES}/{id}", with_all_versions="true")[1]["data"]["attributes"]
    assert len(shown["versions"]) == 2


def test_a_template_without_variables_must_be_a_monitor(api: DatadogApi) -> None:
    wrong = {"type": "query alert", "query": "avg(last_5m):avg:load{*}"}
    text = api.refusal(f"{TEMPLATES}/validate", template(monitor_definition=wrong, template_variables=[]))
    assert text.startswith("Invalid monitor_definition or template variables: ")
    assert api.ask("POST", f"{TEMPLATES}/validate", template()) == (204, None)
