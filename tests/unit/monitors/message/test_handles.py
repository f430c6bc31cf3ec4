"""Whom a message calls: only what renders, only after a space, and only what its author wrote."""

import pytest

from lrcp.monitors.message.context import Context
from lrcp.monitors.message.render import render_notification
from tests.unit.monitors.message.scenes import monitor, transition

HANDLES: list[tuple[str, tuple[str, ...]]] = [
    ("disk is low @ops-team@company.com", ("ops-team@company.com",)),
    ("@slack-acct-ops", ("slack-acct-ops",)),
    ("line\n@pagerduty-db, and @oncall-ai.", ("pagerduty-db", "oncall-ai")),
    ("no@space and x@y.com", ()),
    ("twice @a twice @a", ("a",)),
    ("@workflow-restart(host=host.name, n=2) now", ("workflow-restart(host=host.name, n=2)",)),
    ("@workflow-restart now", ("workflow-restart",)),
    ("{{#is_alert}}@a{{/is_alert}}", ("a",)),
    ("{{#is_warning}}@a{{/is_warning}} {{^is_warning}}@b{{/is_warning}}", ("b",)),
    ("bad{{#is_alert}}@a{{/is_alert}}", ()),
    ("@slack-{{host.name}} look", ("slack-h1",)),
    ("@case-{{team.name}}", ("case-",)),
    ("**@team-x**", ()),
    ("@team-x!", ("team-x",)),
    ("@ alone", ()),
]


@pytest.mark.parametrize(("message", "handles"), HANDLES)
def test_a_message_calls(message: str, handles: tuple[str, ...]) -> None:
    assert render_notification(monitor(message), transition()).handles == handles


def test_what_a_tag_or_a_log_brings_along_calls_nobody() -> None:
    hostile = "x @oncall-ceo {{#is_alert}}@pagerduty-all{{/is_alert}} {{threshold}}"
    known = Context(tags=(f"host:{hostile}",), record_kind="log", record={"message": hostile}, check_message=hostile)
    message = "{{host.name}} {{{host.name}}} {{log.message}} {{{check_message}}} @slack-{{host.name}} @ops"
    sent = render_notification(monitor(message), transition(), known)
    assert sent.handles == ("slack-x", "ops")
    assert sent.body.count("{{threshold}}") == 5


def test_a_handle_that_begins_in_one_variable_and_ends_in_another_calls_nobody() -> None:
    known = Context(tags=("a:@", "b:oncall-ceo"))
    assert render_notification(monitor("{{a.name}}{{b.name}}"), transition(), known).handles == ()
