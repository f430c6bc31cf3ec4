"""Notification rules: which fit, and whom they add. The first table is the one of Datadog's page on routing."""

from typing import Any

import pytest

from lrcp.model.errors import InputError
from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import State, Transition
from lrcp.monitors.rules.definition import NotificationRule, parse_rule
from lrcp.monitors.rules.recipients import add_recipients

RULES = [
    (["team:shopist", "service:web-store"], ["slack-channel1", "jira-project"]),
    (["team:shopist"], ["jira-project"]),
    (["service:web-store"], ["jira-project"]),
    (["service:web-store", "env:prod"], ["user@datadoghq.com"]),
    (["service:web-store", "env:dev"], ["jira-project"]),
]


def rule(tags: list[str], recipients: list[str], **members: Any) -> NotificationRule:
    return parse_rule({"name": "r", "filter": {"tags": tags}, "recipients": recipients} | members)


def added(
    handles: tuple[str, ...], rules: list[NotificationRule], tags: list[str], group: str, **members: Any
) -> tuple[str, ...]:
    monitor = parse_monitor({"name": "m", "type": "query alert", "query": "x", "tags": tags})
    given: dict[str, Any] = {"before": State.OK, "after": State.ALERT, "kind": "alert"}
    transition = Transition(monitor_id=1, group=group, time_s=1, reason="", notify=True, **(given | members))
    return add_recipients(handles, rules, monitor, transition)


@pytest.mark.parametrize(
    ("own", "tags", "group", "handles"),
    [
        (("user@datadoghq.com",), ["team:shopist"], "service:web-store", ("user@datadoghq.com", "slack-channel1", "jira-project")),
        ((), ["team:shopist"], "*", ("jira-project",)),
        ((), [], "service:web-store", ("jira-project",)),
        ((), [], "env:prod,service:web-store", ("jira-project", "user@datadoghq.com")),
        ((), [], "env:dev,service:web-store", ("jira-project",)),
    ],
)  # fmt: skip
def test_every_rule_that_fits_adds_its_recipients_once(
    own: tuple[str, ...], tags: list[str], group: str, handles: tuple[str, ...]
) -> None:
    assert added(own, [rule(*one) for one in RULES], tags, group) == handles


CONDITIONAL = {
    "conditional_recipients": {
        "conditions": [
            {"scope": "transition_type:is_alert", "recipients": ["oncall-x"]},
            {"scope": "env:prod", "recipients": ["slack-prod"]},
        ],
        "fallback_recipients": ["slack-other"],
    },
}


@pytest.mark.parametrize(
    ("group", "change", "handles"),
    [
        ("env:prod", {}, ("oncall-x", "slack-prod")),
        ("env:dev", {}, ("oncall-x",)),
        ("env:dev", {"after": State.WARN, "kind": "warning"}, ("slack-other",)),
        ("env:prod", {"before": State.ALERT, "after": State.OK, "kind": "recovery"}, ("slack-prod",)),
    ],
)
def test_conditions_choose_by_what_happened_and_where(
    group: str, change: dict[str, Any], handles: tuple[str, ...]
) -> None:
    assert added((), [rule(["team:a"], [], **CONDITIONAL)], ["team:a"], group, **change) == handles


def test_a_rule_may_filter_by_a_scope() -> None:
    one = parse_rule({"filter": {"scope": "team:a AND NOT env:dev"}, "recipients": ["x"]})
    assert added((), [one], ["team:a"], "env:prod") == ("x",)
    assert added((), [one], ["team:a"], "env:dev") == ()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"filter": {}}, "tags or by a scope"),
        ({"filter": {"tags": ["a:b"], "scope": "a:b"}}, "tags or by a scope"),
        ({"filter": {"tags": ["a:b"]}, "recipients": ["@x"]}, "should not start with '@'"),
        ({"filter": {"tags": ["a:b"]}, "recipients": ["x"] * 21}, "at most 20"),
        ({"filter": {"tags": ["a:b"]}, "conditional_recipients": {"conditions": [{}] * 11}}, "at most 10"),
    ],
)
def test_what_is_no_rule_is_said(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_rule(document)


def test_a_whole_body_of_the_api_is_read() -> None:
    attributes = {"name": "n", "filter": {"tags": ["a:b"]}, "recipients": ["x"], "bundle_config": {"duration": 60}}
    read = parse_rule({"data": {"id": "i", "attributes": attributes}})
    assert (read.id, read.name, read.bundle_s) == ("i", "n", 60)
