"""Bodies in which any member may be anything: they are answered with a status that is not the server's fault."""

import copy
import random
from typing import Any, Final

import pytest

from tests.support.datadog_api import DatadogApi
from tests.unit.datadog.conftest import NOW_S

ROUNDS: Final = 150
VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 3.5, 10**30, "", "x", "*", "a:b", "\x00", "é" * 5_000, [], [None], ["a", 1], [[]], {}, {"a": {}},
    {"type": "x"}, [{"name": 1}],
)  # fmt: skip

METRIC: Final = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
COUNT: Final = {
    "good_events_formula": {"formula": "q1"},
    "total_events_formula": {"formula": "q2"},
    "queries": [{"data_source": "metrics", "name": n, "query": "sum:a{*}.as_count()"} for n in ("q1", "q2")],
}
SLICE: Final = {
    "comparator": ">",
    "threshold": 5,
    "query": {
        "formulas": [{"formula": "q"}],
        "queries": [{"data_source": "metrics", "name": "q", "query": "avg:a{*}"}],
    },
}
TARGETS: Final = [{"timeframe": "7d", "target": 99, "warning": 99.5}]
RECURRING: Final = {"recurrences": [{"rrule": "FREQ=DAILY", "duration": "1h", "start": "2026-11-21T00:00"}]}
VARIABLES: Final = [
    {
        "name": "q",
        "data_source": "logs",
        "search": {"query": "a"},
        "compute": {"aggregation": "count"},
        "group_by": [{"facet": "a"}],
    }
]


def wrapped(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": kind, "attributes": attributes}}


BODIES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a monitor": (
        "/api/v1/monitor",
        {
            "type": "query alert",
            "name": "n",
            "query": "avg(last_5m):avg:a{*} by {host} > 4",
            "message": "@me",
            "tags": ["a:b"],
            "priority": 1,
            "assets": [{"url": "/a", "name": "a"}],
            "options": {
                "thresholds": {"critical": 4, "warning": 3, "critical_recovery": 2},
                "notify_by": ["host"],
                "renotify_statuses": ["alert"],
                "scheduling_options": {"evaluation_window": {"day_starts": "04:00"}},
                "silenced": {"*": None},
            },
        },
    ),
    "a monitor over a formula": (
        "/api/v1/monitor",
        {
            "type": "log alert",
            "name": "n",
            "query": 'formula("q").last("5m") > 4',
            "options": {"variables": VARIABLES, "thresholds": {"critical": 4}},
        },
    ),
    "a metric SLO": (
        "/api/v1/slo",
        {"name": "n", "type": "metric", "query": METRIC, "thresholds": TARGETS, "tags": ["a:b"], "groups": ["a:b"]},
    ),
    "an SLO of formulas": (
        "/api/v1/slo",
        {"name": "n", "type": "metric", "sli_specification": {"count": COUNT}, "thresholds": TARGETS},
    ),
    "a time-slice SLO": (
        "/api/v1/slo",
        {"name": "n", "type": "time_slice", "sli_specification": {"time_slice": SLICE}, "thresholds": TARGETS},
    ),
    "a monitor SLO": ("/api/v1/slo", {"name": "n", "type": "monitor", "monitor_ids": [1], "thresholds": TARGETS}),
    "a correction": (
        "/api/v1/slo/correction",
        wrapped(
            "correction",
            slo_query="a:b",
            start=NOW_S,
            duration=60,
            rrule="FREQ=DAILY",
            category="Other",
            timezone="UTC",
            description="d",
        ),
    ),
    "a downtime": (
        "/api/v2/downtime",
        wrapped(
            "downtime",
            scope="a:b",
            monitor_identifier={"monitor_tags": ["a:b"]},
            schedule=RECURRING,
            message="m",
            notify_end_states=["alert"],
            notify_end_types=["expired"],
            display_timezone="UTC",
        ),
    ),
    "an older downtime": (
        "/api/v1/downtime",
        {
            "scope": ["a:b"],
            "start": NOW_S,
            "end": NOW_S + 60,
            "timezone": "UTC",
            "monitor_tags": ["a:b"],
            "monitor_id": None,
            "notify_end_states": ["alert"],
            "recurrence": {"type": "weeks", "period": 1, "week_days": ["Mon"], "until_date": NOW_S + 10**6},
        },
    ),
    "a rule": (
        "/api/v2/monitor/notification_rule",
        wrapped(
            "monitor-notification-rule",
            name="n",
            filter={"scope": "a:b"},
            bundle_config={"duration": 60},
            conditional_recipients={"conditions": [{"scope": "a:b", "recipients": ["x"]}], "fallback_recipients": ["y"]},
        ),
    ),
    "a policy": (
        "/api/v2/monitor/policy",
        wrapped(
            "monitor-config-policy",
            policy_type="tag",
            policy={"tag_key": "zz", "tag_key_required": False, "valid_tag_values": ["a"]},
        ),
    ),
    "a template": (
        "/api/v2/monitor/template",
        wrapped(
            "monitor-user-template",
            title="t",
            description="d",
            tags=["a:b"],
            template_variables=[{"name": "s"}],
            monitor_definition={"type": "query alert", "query": "avg(last_5m):avg:a{*} > 4", "name": "n"},
        ),
    ),
    "a dashboard": (
        "/api/v1/dashboard",
        {
            "title": "t",
            "layout_type": "ordered",
            "tags": ["team:a"],
            "template_variables": [{"name": "a", "defaults": ["b"]}],
            "template_variable_presets": [{"name": "p", "template_variables": [{"name": "a", "values": ["b"]}]}],
            "widgets": [
                {"definition": {"type": "group", "layout_type": "ordered", "widgets": [{"definition": {"type": "note", "content": "c"}}]}},
                {"definition": {"type": "split_group", "source_widget_definition": {"type": "toplist", "requests": []}, "split_config": {}, "size": "md"}},
            ],
        },
    ),
    "items of a list": ("/api/v2/dashboard/lists/manual/1/dashboards", {"dashboards": [{"id": "a", "type": "b"}]}),
    "tags of a metric": ("/api/v2/metrics/a/tags", wrapped("manage_tags", metric_type="gauge", tags=["a"], aggregations=[])),
    "thresholds to delete": ("/api/v1/slo/bulk_delete", {"a": ["7d"]}),
}  # fmt: skip

READ: Final = (
    "/api/v1/monitor?group_states=all&with_downtimes=true",
    "/api/v1/monitor/search",
    "/api/v1/slo",
    "/api/v1/slo/search?include_facets=true",
    "/api/v1/slo/correction",
    "/api/v2/downtime",
    "/api/v1/downtime?with_creator=true",
    "/api/v2/monitor/notification_rule",
    "/api/v2/monitor/template",
    "/api/v1/dashboard",
    "/api/v2/metrics/a/assets",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member and element."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in ((*path, key), *places(one, (*path, key)))]


def changed(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy with one or two places changed or taken away."""
    document = copy.deepcopy(body)
    for _ in range(chance.choice((1, 1, 2))):
        known = places(document)
        if not known:
            break
        *path, last = chance.choice(known)
        holder: Any = document
        for key in path:
            holder = holder[key]
        if chance.random() < 0.15:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(chance.choice(VALUES))
    return document


@pytest.mark.parametrize("name", BODIES)
def test_any_member_may_be_anything(api: DatadogApi, name: str) -> None:
    path, body = BODIES[name]
    chance = random.Random(name)
    for _ in range(ROUNDS):
        sent = changed(body, chance)
        status, answer = api.ask("POST", path, sent)
        assert status < 500, (sent, answer)
    for read in READ:
        assert api.client.get(read).status_code == 200, (read, api.client.get(read).text)
