"""What is wrong with a message, and where."""

import pytest

from lrcp.monitors.message.check import check_message
from lrcp.monitors.message.tags import MAX_TEMPLATE_CHARS
from tests.unit.monitors.message.test_render import BROKEN, CONDITIONS, VARIABLES

PROBLEMS = [
    ("ok\n  {{#is_alert}} x", 2, 3, "{{#is_alert}} is not closed by {{/is_alert}}"),
    ("{{/is_alert}}", 1, 1, "closes nothing"),
    ("a {{else}}", 1, 3, "outside of any condition"),
    ("{{#is_alert}}{{else}}{{else}}{{/is_alert}}", 1, 22, "a second {{else}}"),
    ("{{#is_alrt}}x{{/is_alrt}}", 1, 1, "is_alrt is not a condition; expected is_alert"),
    ("{{#is_match \"a\"}}x{{/is_match}}", 1, 1, "takes a variable and what to compare it with"),
    ("{{value", 1, 1, "{{ is not closed by }}"),
    ('x {{eval "1 +* 2"}}', 1, 3, "* is not expected there"),
    ("{{valu}}", 1, 1, "valu is not a variable; of a tag it is {{valu.name}}"),
    ('{{eval "valu + 1"}}', 1, 1, "valu is not a variable"),
    ("{{local_time 'last_triggered_at' 'Mars/X'}}", 1, 1, "'Mars/X' is not a time zone"),
    ("{{override_priority 'P7'}}", 1, 1, "P7 is not a priority"),
    ("bad{{#is_alert}}@x{{/is_alert}} and low@slack-ops", 1, 40, "a handle needs a space before its @"),
    ("up{{#is_alert}}{{^is_recovery}}@slack-a{{/is_recovery}}{{/is_alert}}", 1, 32, "a handle needs a space before its @"),
    ("{{value}}@slack-a", 1, 10, "a handle needs a space before its @"),
    ("}}@slack-a", 1, 3, "a handle needs a space before its @"),
    ("{{is_match 'a' 'b'}}", 1, 1, "is_match is a condition"),
    ("{{" + "x" * 1001 + "}}", 1, 1, "more than 1000 characters"),
    ("x" * MAX_TEMPLATE_CHARS + "y", 1, MAX_TEMPLATE_CHARS + 1, "only the first"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "message"), PROBLEMS)
def test_a_problem_is_told_with_its_place(text: str, line: int, column: int, message: str) -> None:
    first = check_message(text)[0]
    assert message in first.message
    assert (first.line, first.column) == (line, column)


@pytest.mark.parametrize("text", BROKEN)
def test_whatever_renders_as_text_is_a_problem(text: str) -> None:
    assert check_message(text)


@pytest.mark.parametrize(
    "text", [text for text, _ in VARIABLES + CONDITIONS if "nonsense" not in text and "Mars" not in text]
)
def test_what_renders_as_it_was_meant_is_none(text: str) -> None:
    assert check_message(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{{#is_match "env.name" "prod"}}@pagerduty-orders{{/is_match}}',
        "{{#is_alert}}{{^is_renotify}}@slack-a{{/is_renotify}} {{/is_alert}}@slack-b",
        "see\n{{#is_alert}}@webhook-sms{{/is_alert}}",
    ],
)
def test_a_handle_may_follow_a_condition(text: str) -> None:
    assert not [one for one in check_message(text) if "space" in one.message]


def test_a_variable_of_another_tag_is_a_problem_where_the_groups_are_known() -> None:
    assert check_message("{{host.name}} {{host.ip}} {{log.message}}", keys={"host"}) == []
    (problem,) = check_message("{{service.name}}", keys={"host", "env"})
    assert problem.message == "service.name renders as nothing: the monitor is grouped by env, host"
