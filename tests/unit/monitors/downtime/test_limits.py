"""Scopes that Datadog's pages name as examples, of what is taken and of what is not."""

import pytest

from lrcp.model.errors import InputError
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.monitors.rules.definition import parse_rule

TAKEN = [
    "*",
    "service:web-store",
    "service:web-store AND env:dev",
    "env:(dev OR staging)",
    "service:web-store AND env:(dev OR staging)",
    "host:authentication-*",
    "host:*-prod-cluster",
    "service:webstore AND -env:prod",
    "env:* -env:prod",
    "-key:value",
    "-key:(A OR B)",
    "env:prod,host:a",
    "state:or",
]
REFUSED = [
    ("service:A OR host:X", "union of different keys"),
    ("service:auth?", "knows no ?"),
    ("service:web*store", "begin or end a value"),
    ("prod", "All values must have a key"),
    ("prod,service:a", "All values must have a key"),
    ("en&v:prod", "not the key of a tag"),
    ("team:app AND (service:auth OR (service:gw AND (env:prod OR (type:metric AND status:ok))))", "2 levels"),
    ("-service:(A AND B)", "single tags and unions"),
    ("service:(-A OR -B)", "negates nothing within"),
    ("service:(a or b)", "upper case"),
]


def downtime(**members: object) -> dict[str, object]:
    return {"scope": "*", "monitor_identifier": {"monitor_id": 7}, **members}


@pytest.mark.parametrize("scope", TAKEN)
def test_scopes_of_the_documentation_are_taken(scope: str) -> None:
    assert parse_downtime(downtime(scope=scope)).scope == parse_downtime_scope(scope)


@pytest.mark.parametrize(("scope", "reason"), REFUSED)
def test_scopes_that_datadog_refuses_are_refused(scope: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason.replace("?", r"\?")):
        parse_downtime(downtime(scope=scope))


@pytest.mark.parametrize(
    ("tags", "reason"), [(["a:b"] * 33, "32 monitor_tags"), (["a:" + "b" * 255], "256 characters")]
)
def test_a_downtime_names_32_tags_of_256_characters_at_most(tags: list[str], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_downtime(downtime(monitor_identifier={"monitor_tags": tags}))
    assert parse_downtime(downtime(monitor_identifier={"monitor_tags": ["a:b"] * 32})).monitor_tags


def rule(scope: str = "env:prod", **members: object) -> dict[str, object]:
    return {"filter": {"scope": scope}, "recipients": ["slack-a"], **members}


@pytest.mark.parametrize("scope", ["env:*", "env:(prod OR staging)", 'team:"data platform"', "service:a AND NOT env:b"])
def test_scopes_of_rules_of_the_documentation_are_taken(scope: str) -> None:
    assert parse_rule(rule(scope)).scope is not None


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("prod", "All values must have a key"),
        ("service:web-*", r"a \* stands alone"),
        ("service:auth?", r"knows no \?"),
        ("env:" + "x" * 3_000, "3000 characters"),
    ],
)
def test_scopes_of_rules_that_datadog_refuses_are_refused(scope: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_rule(rule(scope))
    with pytest.raises(InputError, match=reason):
        parse_rule(rule(conditional_recipients={"conditions": [{"scope": scope, "recipients": ["slack-b"]}]}))


def test_a_rule_notifies_50_recipients_at_most() -> None:
    conditions = [
        {"scope": "transition_type:is_alert", "recipients": [f"slack-{n}-{m}" for m in range(7)]} for n in range(7)
    ]
    assert parse_rule(rule(conditional_recipients={"conditions": conditions}))
    with pytest.raises(InputError, match="at most 50"):
        parse_rule(rule(conditional_recipients={"conditions": conditions, "fallback_recipients": ["slack-z"]}))
