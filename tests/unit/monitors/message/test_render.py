"""What templates render as: variables, conditions, blocks, titles, presets."""

from typing import Any

import pytest

from lrcp.model.monitor_state import State
from lrcp.monitors.message.context import Context, Part
from lrcp.monitors.message.render import render_notification, render_text
from tests.unit.monitors.message.scenes import TRIGGERED_S, monitor, transition

LOG = Context(
    tags=(
        "@http.status_code:500",
        "@machine_id:m-1",
        "dot.key.test:five",
        "env:prod",
        "env:dev",
        "host:h1",
        "role:db_x",
    ),
    attributes={"host.ip": "10.0.0.1", "host.metadata_platform": "linux", "service.links.Runbook": "https://r"},
    record_kind="log",
    record={
        "message": 'it <broke> & "burnt"',
        "attributes": {
            "http": {"status_code": 500},
            "error.message": "boom",
            "ok": True,
            "list": ["b", "a"],
            "deep": {},
        },
        "tags": ["env:prod", "dot.key:x"],
        "link": "https://logs?a=1&b=2",
    },
    check_message="disk <full>",
    parts={
        "a": Part(status="Alert", value=5.0, record_kind="log", record={"message": "inner"}),
        "b": Part(status="OK"),
    },
    timeframe="30d",
    short_window_burn_rate=14.5,
)

VARIABLES = [
    ("{{value}} {{comparator}} {{threshold}}, warns at {{warn_threshold}}", "98.346 > 90, warns at 80"),
    ("{{ value }}", "98.346"),
    ("[{{ok_threshold}}][{{warn_recovery_threshold}}][{{alert_recovery_threshold}}]", "[][][70]"),
    ("{{host.name}} {{env.name}}", "h1 dev,prod"),
    ("{{[dot.key.test].name}} {{@machine_id.name}} {{[@http.status_code].name}}", "five m-1 500"),
    ("{{@http.status_code.name}}", "500"),
    ("{{host.ip}} {{host.metadata_platform}} {{host.metadata_machine}}", "10.0.0.1 linux "),
    ("{{service.links[Runbook]}}", "https://r"),
    ("{{log.attributes.http.status_code}} {{log.attributes.[error.message]}} {{log.tags.env}}", "500 boom prod"),
    ("{{log.tags.[dot.key]}} {{log.attributes.error.message}} {{log.attributes.list}}", "x boom a,b"),
    ("{{log.attributes.ok}}{{log.attributes.none}}{{log.attributes.deep}}{{span.attributes.x}}", "true"),
    ("{{log.message}}", "it &lt;broke&gt; &amp; &quot;burnt&quot;"),
    ("{{{log.message}}} {{{log.link}}}", 'it <broke> & "burnt" https://logs?a=1&b=2'),
    ("{{check_message}} {{{check_message}}}", "disk &lt;full&gt; disk <full>"),
    ("{{a.value}} {{a.status}} {{a.log.message}} {{b.value}} {{c.value}}", "5 Alert inner  "),
    ("{{timeframe}} {{short_window_burn_rate}} {{long_window_burn_rate}}", "30d 14.5 "),
    ("{{last_triggered_at}}", "2021-05-31 14:43:27 UTC"),
    ("{{last_triggered_at_epoch}}", "1622472207000"),
    ("{{local_time 'last_triggered_at' 'Asia/Tokyo'}}", "2021-05-31 23:43:27+09:00"),
    ("{{local_time 'last_triggered_at_epoch' 'UTC'}}", "2021-05-31 14:43:27+00:00"),
    ("[{{local_time 'last_triggered_at' 'Mars/Olympus'}}{{local_time 'nothing' 'UTC'}}]", "[]"),
    ('{{eval "last_triggered_at_epoch-15*60*1000"}}', "1622471307000"),
    ('{{eval "int(value)"}} {{eval "round(value, 1)"}}', "98 98.3"),
    ('{{urlencode "log.link"}}', "https%3A%2F%2Flogs%3Fa%3D1%26b%3D2"),
    ("{{nonsense.name}}{{nonsense}}{{ .matched }}", ""),
    ("a{{!-- {{value}} --}}b{{! c }}d{{!-- e }}f", "abdf"),
    ("{{{{raw}}}}\n{{ <TEXT_1> }} {{ <TEXT_2> }}\n{{{{/raw}}}}", "{{ <TEXT_1> }} {{ <TEXT_2> }}"),
    ('{{{{is_match "host.name" "h1"}}}}\n{{ .matched }} the host name\n{{{{/is_match}}}}', "{{ .matched }} the host name"),
    ('[{{{{is_match "host.name" "h2"}}}}{{x}}{{{{/is_match}}}}]', "[]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rendered"), VARIABLES)
def test_a_variable_renders_as_its_value_and_a_missing_one_as_nothing(text: str, rendered: str) -> None:
    assert render_text(text, monitor(), transition(), LOG) == rendered


CONDITIONS = [
    ('{{#is_match "role.name" "db"}}yes{{/is_match}}', "yes"),
    ('{{#is_match "role.name" "web" "db"}}yes{{/is_match}}', "yes"),
    ('{{#is_match "role.name" "web" "app"}}yes{{else}}no{{/is_match}}', "no"),
    ('{{^is_match "role.name" "web"}}no web{{/is_match}}', "no web"),
    ('{{#is_match "role.name" ""}}there{{/is_match}}{{#is_match "team.name" ""}}there{{/is_match}}', "there"),
    ('{{#is_match "env" "prod"}}yes{{/is_match}}', "yes"),
    ('{{#is_match "role.name" "db.*"}}a pattern{{/is_match}}', ""),
    ('{{#is_exact_match "role.name" "db"}}yes{{else}}no{{/is_exact_match}}', "no"),
    ('{{#is_exact_match "host.name" "h2" "h1"}}yes{{/is_exact_match}}', "yes"),
    ('{{#is_exact_match "team.name" ""}}no team{{/is_exact_match}}', "no team"),
    ('{{#is_exact_match "value" "98.3460"}}yes{{/is_exact_match}}', "yes"),
    ('{{#is_exact_match "[dot.key.test].name" "five"}}yes{{/is_exact_match}}', "yes"),
    ('{{#is_exact_match (eval "int(last_triggered_at_epoch / 3600000 % 24)") "8" "14"}}day{{/is_exact_match}}', "day"),
    ('{{#is_match "log.attributes.error.message" "oo"}}yes{{/is_match}}', "yes"),
    ("{{#is_priority 'P3'}}three{{/is_priority}}{{#is_priority 'P1'}}one{{/is_priority}}", "three"),
    ('{{#is_alert}}{{#is_match "env.name" "prod"}}both{{else}}one{{/is_match}}{{/is_alert}}', "both"),
    ("{{#is_alert}}\n  bad\n{{/is_alert}}\nend", "  bad\nend"),
    ("a {{#is_alert}}b{{/is_alert}} c", "a b c"),
    ("one\n{{#is_warning}}\ntwo\n{{else}}\nthree\n{{/is_warning}}\nfour\n", "one\nthree\nfour\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rendered"), CONDITIONS)
def test_what_stands_under_a_condition_renders_when_it_holds(text: str, rendered: str) -> None:
    assert render_text(text, monitor(), transition(), LOG) == rendered


HOLDS = {
    "alert": {"is_alert"},
    "warning_to_alert": {"is_alert"},
    "warning": {"is_warning"},
    "alert_to_warning": {"is_warning", "is_alert_to_warning"},
    "no_data": {"is_no_data"},
    "unknown": {"is_unknown"},
    "recovery": {"is_recovery", "is_alert_recovery"},
    "timeout": {"is_recovery", "is_alert_recovery"},
    "warning_recovery": {"is_recovery", "is_warning_recovery"},
    "no_data_recovery": {"is_recovery", "is_no_data_recovery"},
    "renotify": {"is_alert", "is_renotify"},
}
ASKED = sorted(set().union(*HOLDS.values()))


@pytest.mark.parametrize("kind", HOLDS)
def test_the_conditions_of_a_state_hold_at_its_transitions_and_no_others(kind: str) -> None:
    positive = "".join(f"{{{{#{name}}}}}{name} {{{{/{name}}}}}" for name in ASKED)
    negative = "".join(f"{{{{^{name}}}}}{name} {{{{/{name}}}}}" for name in ASKED)
    assert set(render_text(positive, monitor(), transition(kind)).split()) == HOLDS[kind]
    assert set(render_text(negative, monitor(), transition(kind)).split()) == set(ASKED) - HOLDS[kind]


BROKEN = [
    "{{#is_alert}}never closed",
    "{{/is_alert}} closes nothing",
    "{{else}} of nothing",
    "{{#is_nonsense}}x{{/is_nonsense}}",
    "{{#is_match}}x{{/is_match}}",
    "{{#is_alert 'x'}}x{{/is_alert}}",
    "{{#is_priority 'P9'}}x{{/is_priority}}",
    "{{unclosed",
    "{{{unclosed}}",
    '{{eval "1 +"}}',
    '{{eval "last_triggered_at_epoch-10*60*1000}}',
    "{{eval value}}",
    '{{eval "unknown(1)"}}',
    "{{override_priority 'P9'}}",
    "{{local_time 'last_triggered_at'}}",
    "{{}}",
    "{{a b}}",
    "{{{{raw}}}} never closed",
    "{{!-- never closed",
    "{{is_alert 'x'}}",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_bad_piece_renders_as_text(text: str) -> None:
    assert render_text(text, monitor(), transition()) == text


def test_a_section_that_is_not_closed_lets_the_rest_render() -> None:
    text = "{{#is_alert}}a {{value}} {{#is_warning}}b{{/is_warning}} {{else}}c"
    assert render_text(text, monitor(), transition()) == "{{#is_alert}}a 98.346  {{else}}c"


def test_the_times_of_a_trigger_follow_the_documented_table() -> None:
    a, b, c, d = (TRIGGERED_S + minutes * 60 for minutes in (0, 8, 26, 30))
    text = "{{first_triggered_at_epoch}} {{last_triggered_at_epoch}} {{triggered_duration_sec}}"
    rows = [
        (transition("warning", time_s=a), {}, (a, a, 0)),
        (transition("warning_to_alert", time_s=b), {}, (a, b, b - a)),
        (transition("no_data", time_s=c), {}, (a, c, c - a)),
        (transition("no_data_recovery", time_s=d), {"last_triggered_s": c}, (a, c, d - a)),
    ]
    for change, known, (first, last, duration) in rows:
        rendered = render_text(text, monitor(), change, Context(**known))
        assert rendered == f"{first * 1000:.0f} {last * 1000:.0f} {duration:.0f}"


TITLES = [
    ({}, "alert", {}, "[P3] [Triggered on {host:h1}] CPU is high"),
    ({"options": {"include_tags": False}}, "alert", {}, "[P3] [Triggered] CPU is high"),
    ({}, "alert", {"group": "*"}, "[P3] [Triggered] CPU is high"),
    ({}, "warning_to_alert", {}, "[P3] [Triggered on {host:h1}] CPU is high"),
    ({}, "warning", {}, "[P3] [Warn on {host:h1}] CPU is high"),
    ({}, "alert_to_warning", {}, "[P3] [Warn on {host:h1}] CPU is high"),
    ({}, "no_data", {}, "[P3] [No data on {host:h1}] CPU is high"),
    ({}, "unknown", {}, "[P3] [Unknown on {host:h1}] CPU is high"),
    ({}, "recovery", {}, "[P3] [Recovered on {host:h1}] CPU is high"),
    ({}, "timeout", {}, "[P3] [Recovered on {host:h1}] CPU is high"),
    ({}, "renotify", {}, "[P3] [Re-Triggered on {host:h1}] CPU is high"),
    ({}, "renotify", {"after": State.WARN}, "[P3] [Re-Warn on {host:h1}] CPU is high"),
    ({"name": "CPU of {{host.name}} is {{#is_alert}}high{{/is_alert}}"}, "alert", {}, "[P3] [Triggered on {host:h1}] CPU of h1 is high"),
    ({"priority": None}, "alert", {}, "[Triggered on {host:h1}] CPU is high"),
    ({"message": "{{override_priority 'P1'}}"}, "alert", {}, "[P1] [Triggered on {host:h1}] CPU is high"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "kind", "change", "title"), TITLES)
def test_a_title_says_what_happened_and_where(
    members: dict[str, Any], kind: str, change: dict[str, Any], title: str
) -> None:
    assert render_notification(monitor(**members), transition(kind, **change)).title == title


def test_a_test_is_marked_in_the_title() -> None:
    assert render_notification(monitor(), transition(), Context(test=True)).title.startswith(
        "[TEST] [P3] [Triggered on"
    )


def test_the_priority_is_the_monitors_unless_the_message_overrides_it() -> None:
    message = "{{#is_alert}}\n{{override_priority 'P1'}}\nbad\n{{/is_alert}}"
    assert render_notification(monitor(message), transition()).priority == 1
    assert render_notification(monitor(message), transition("warning")).priority == 3
    assert render_text(message, monitor(), transition()) == "bad\n"


def test_an_escalation_stands_above_the_message_of_a_renotification_only() -> None:
    options = {"escalation_message": "still bad @lead", "renotify_interval": 60}
    made = monitor("bad @ops", options=options)
    again = render_notification(made, transition("renotify"))
    assert again.body.startswith("still bad @lead\n\nbad @ops")
    assert again.handles == ("lead", "ops")
    assert render_notification(made, transition()).handles == ("ops",)


PRESETS = [
    (None, "bad @ops now|query|link"),
    ("show_all", "bad @ops now|query|link"),
    ("hide_query", "bad @ops now|link"),
    ("hide_handles", "bad now|query|link"),
    ("hide_handles_and_footer", "bad now|query"),
    ("hide_query_and_handles", "bad now|link"),
    ("hide_all", "bad now"),
    ("show_only_snapshot", "bad now"),
]


@pytest.mark.parametrize(("preset", "parts"), PRESETS)
def test_a_preset_leaves_out_what_it_names(preset: str | None, parts: str) -> None:
    made = monitor("bad @ops now", options={"notification_preset_name": preset})
    sent = render_notification(made, transition(), Context(link="link"))
    query = f"{made.query}\n{transition().reason}"
    assert sent.body == parts.replace("|", "\n\n").replace("query", query)
    assert sent.handles == ("ops",)


def test_with_notify_by_the_tags_of_all_members_are_joined_in_their_order() -> None:
    change = transition(group="env:prod", members=("env:prod,host:b", "env:prod,host:a"))
    assert render_text("{{env.name}}: {{host.name}}", monitor(), change) == "prod: a,b"


def test_a_value_with_a_comma_stays_one_value() -> None:
    assert render_text("{{city.name}}", monitor(), transition(group="city:Paris, France,env:x")) == "Paris, France"
