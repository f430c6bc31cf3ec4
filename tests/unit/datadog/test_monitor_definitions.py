"""What a monitor may say: accepted and refused definitions, what the server fills in, what it gives back."""

from typing import Any

import pytest

from tests.support.datadog_api import DatadogApi

QUERY = "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4"


def definition(**members: Any) -> dict[str, Any]:
    return {"type": "query alert", "name": "load", "message": "@me", "query": QUERY, "tags": ["team:a"]} | members


def with_options(**options: Any) -> dict[str, Any]:
    return definition(options={"thresholds": {"critical": 4}} | options)


REFUSED = {
    "a query without a comparison": (
        definition(query="avg(last_5m):avg:system.load.1{*}"),
        "The value provided for parameter 'query' is invalid: invalid operator specified: ",
    ),
    "a threshold that is not the query's": (
        definition(options={"thresholds": {"critical": 5}}),
        "Alert threshold (5.0) does not match that used in the query (4.0).",
    ),
    "thresholds without a critical one": (
        definition(options={"thresholds": {"warning": 3}}),
        "Alert status is required.",
    ),
    "a warning that comes after the alert": (
        definition(options={"thresholds": {"critical": 4, "warning": 5}}),
        "Warning threshold (5.0) must be less than the alert threshold (4.0) with > comparison.",
    ),
    "a warning after the alert of a monitor that looks downwards": (
        definition(query=QUERY.replace(">", "<"), options={"thresholds": {"critical": 4, "warning": 3}}),
        "Warning threshold (3.0) must be greater than the alert threshold (4.0) with < comparison.",
    ),
    "a recovery within the alert": (
        definition(options={"thresholds": {"critical": 4, "critical_recovery": 5}}),
        "alert and alert recovery criteria are such that the monitor can be simultaneously in alert and alert recovery states",
    ),
    "an unknown option": (with_options(notify_nodata=True), "Invalid monitor option: notify_nodata"),
    "resolving what is filled with zeros": (
        definition(
            query="avg(last_5m):default_zero(avg:system.load.1{*}) > 4",
            options={"thresholds": {"critical": 4}, "on_missing_data": "resolve"},
        ),
        "Invalid on_missing_data value: resolve; valid value is: default",
    ),
    "fewer checks than a threshold counts": (
        definition(
            type="service check",
            query='"ntp.in_sync".over("*").by("host").last(2).count_by_status()',
            options={"thresholds": {"critical": 5, "ok": 1, "warning": 1}},
        ),
        "Last field should be larger than or equal to max threshold defined in monitor options",
    ),
    "an unknown type": (definition(type="metrics alert"), "The value provided for parameter 'type' is invalid"),
    "no query": ({"type": "query alert"}, "The value provided for parameter 'query' is invalid"),
}


@pytest.mark.parametrize(("body", "text"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_definition_is_refused_in_the_words_of_the_server(api: DatadogApi, body: Any, text: str) -> None:
    assert api.refusal("/api/v1/monitor", body) == text
    assert api.refusal("/api/v1/monitor/validate", body) == text
    assert api.ask("GET", "/api/v1/monitor") == (200, [])


OURS = {
    "a query that cannot be read shows where": (definition(query="avg(last_5m):avg:a{*} by {host > 4"), "^"),
    "a query of another type": (definition(type="log alert"), "log alert"),
    "a delay of more than a day": (
        with_options(evaluation_delay=90_000),
        "evaluation_delay: it must be from 0 to 86400",
    ),
    "a group that the query does not have": (with_options(notify_by=["service"]), "its groups: host"),
    "an unknown preset": (with_options(notification_preset_name="hide"), "notification_preset_name"),
    "a retention of a minute": (with_options(group_retention_duration="1m"), "from 60m to 72h"),
    "an option of the wrong type": (with_options(timeout_h="soon"), "$.options.timeout_h"),
    "a priority beyond five": (definition(priority=6), "from 1 to 5"),
    "tags that are no list": (definition(tags="team:a"), "'tags' must be a list"),
    "roles that are no list": (definition(restricted_roles="admin"), "'restricted_roles' must be a list"),
    "a state that is neither draft nor published": (definition(draft_status="gone"), "draft or published"),
    "a formula over a query that is not there": (
        definition(query='formula("query1 / query2").last("5m") > 4', options={"variables": [{"name": "query1"}]}),
        "query2",
    ),
}


@pytest.mark.parametrize(("body", "part"), OURS.values(), ids=OURS)
def test_what_the_server_says_nothing_clear_about_is_refused_clearly(api: DatadogApi, body: Any, part: str) -> None:
    assert part in api.refusal("/api/v1/monitor", body)


def test_defaults_are_filled_in_and_null_thresholds_left_out(api: DatadogApi) -> None:
    made = api.made("/api/v1/monitor", definition(options={"thresholds": {"critical": 4, "warning": None}}))
    assert made["options"] == {
        "thresholds": {"critical": 4.0},
        "notify_no_data": False,
        "notify_audit": False,
        "new_host_delay": 300,
        "include_tags": True,
        "silenced": {},
    }
    assert (made["multi"], made["overall_state"], made["type"]) == (True, "No Data", "query alert")
    assert (made["priority"], made["draft_status"], made["restricted_roles"]) == (None, "published", None)


@pytest.mark.parametrize("sent", ["metric alert", "query alert"])
def test_plain_metric_queries_come_back_as_metric_alerts_whichever_was_sent(api: DatadogApi, sent: str) -> None:
    plain = api.made("/api/v1/monitor", definition(type=sent, query="avg(last_5m):avg:system.load.1{*} > 4"))
    grouped = api.made("/api/v1/monitor", definition(type=sent))
    assert (plain["type"], plain["multi"], grouped["type"]) == ("metric alert", False, "query alert")


def test_what_is_read_is_what_was_written_and_the_next_plan_is_empty(api: DatadogApi) -> None:
    """The requests of Terraform: validate when planning, create, read; nothing differs; update, read, delete."""
    body = with_options(renotify_interval=60, on_missing_data="show_and_notify_no_data", new_group_delay=120)
    assert api.ask("POST", "/api/v1/monitor/validate", body) == (200, {})
    path = f"/api/v1/monitor/{api.made('/api/v1/monitor', body)['id']}"
    read = api.ask("GET", path)[1]
    assert {name: read[name] for name in body if name != "options"} == {k: v for k, v in body.items() if k != "options"}
    assert body["options"].items() <= read["options"].items()
    assert api.ask("POST", f"{path}/validate", body | {"name": "other"}) == (200, {})
    assert api.ask("GET", path)[1]["name"] == "load"
    status, changed = api.ask("PUT", path, body | {"name": "other"})
    assert (status, changed["name"], changed["options"]) == (200, "other", read["options"])
    assert api.ask("DELETE", path) == (200, {"deleted_monitor_id": read["id"]})
    assert api.ask("GET", path) == (404, {"errors": ["Monitor not found"]})


def test_a_change_keeps_what_it_does_not_name_and_replaces_options_as_a_whole(api: DatadogApi) -> None:
    made = api.made("/api/v1/monitor", with_options(timeout_h=3))
    changed = api.ask("PUT", f"/api/v1/monitor/{made['id']}", {"options": {"thresholds": {"critical": 4}}})[1]
    assert changed["query"] == QUERY
    assert "timeout_h" not in changed["options"]


def test_a_monitors_kind_cannot_be_changed(api: DatadogApi) -> None:
    made = api.made("/api/v1/monitor", definition())
    body = {"type": "log alert", "query": 'logs("a").rollup("count").last("5m") > 4'}
    assert "cannot be changed" in api.refusal(f"/api/v1/monitor/{made['id']}", body, "PUT")


def test_a_composite_needs_its_parts_and_takes_no_composite(api: DatadogApi) -> None:
    part = api.made("/api/v1/monitor", definition())["id"]
    composite = {"type": "composite", "name": "both"}
    assert "monitor 999999 does not exist" in api.refusal("/api/v1/monitor", composite | {"query": f"{part} && 999999"})
    whole = api.made("/api/v1/monitor", composite | {"query": f"{part} && !{part}"})["id"]
    assert "is a composite" in api.refusal("/api/v1/monitor", composite | {"query": f"{whole} || {part}"})


def test_what_others_need_is_deleted_only_by_force(api: DatadogApi) -> None:
    part = api.made("/api/v1/monitor", definition())["id"]
    whole = api.made("/api/v1/monitor", {"type": "composite", "name": "both", "query": f"{part} || {part}"})["id"]
    slo = {"name": "up", "type": "monitor", "monitor_ids": [part], "thresholds": [{"timeframe": "7d", "target": 99}]}
    slo_id = api.made("/api/v1/slo", slo)["data"][0]["id"]
    in_slos = f"monitor [{part},load] is referenced in slos: [{slo_id},up]"
    in_composites = f"monitor [{part},load] is referenced in composite monitors: [{whole},both]"
    assert api.refusal(f"/api/v1/monitor/{part}", None, "DELETE") == in_slos
    status, answer = api.ask("GET", "/api/v1/monitor/can_delete", monitor_ids=f"{part},{whole}")
    assert (status, answer) == (409, {"data": {"ok": [whole]}, "errors": {str(part): [in_slos, in_composites]}})
    assert api.ask("DELETE", f"/api/v1/monitor/{part}", force="true")[0] == 200


def test_an_slo_alert_needs_its_slo_and_a_burn_rate_that_can_be_reached(api: DatadogApi) -> None:
    query = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
    slo = {"name": "s", "type": "metric", "query": query, "thresholds": [{"timeframe": "7d", "target": 96}]}
    id = api.made("/api/v1/slo", slo)["data"][0]["id"]

    def alert(slo_id: str, threshold: int, over: str = "7d") -> dict[str, Any]:
        text = f'burn_rate("{slo_id}").over("{over}").long_window("1h").short_window("5m") > {threshold}'
        return {"type": "slo alert", "name": "burn", "query": text, "options": {"thresholds": {"critical": threshold}}}

    assert "does not exist" in api.refusal("/api/v1/monitor", alert("0" * 32, 10))
    assert "no threshold over 30d" in api.refusal("/api/v1/monitor", alert(id, 10, "30d"))
    assert "never above 25" in api.refusal("/api/v1/monitor", alert(id, 26))
    assert api.made("/api/v1/monitor", alert(id, 14))["type"] == "slo alert"
    assert api.ask("DELETE", f"/api/v1/slo/{id}")[0] == 409


def test_a_tag_policy_holds_for_new_definitions(api: DatadogApi) -> None:
    policy = {"tag_key": "team", "tag_key_required": True, "valid_tag_values": ["a", "b"]}
    attributes = {"policy_type": "tag", "policy": policy}
    api.made("/api/v2/monitor/policy", {"data": {"type": "monitor-config-policy", "attributes": attributes}})
    assert api.ask("POST", "/api/v1/monitor/validate", definition()) == (200, {})
    assert "requires a tag with the key 'team'" in api.refusal("/api/v1/monitor", definition(tags=[]))
    assert "allows 'team' to be a, b" in api.refusal("/api/v1/monitor", definition(tags=["team:c"]))
