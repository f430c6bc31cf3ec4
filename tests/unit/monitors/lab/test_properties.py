"""Whatever stands in a case file or a definition, it is read or told with its place; nothing else comes of it."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.model.errors import InputError
from lrcp.monitors.downtime.definition import parse_downtime
from lrcp.monitors.lab.build import parse_case_file
from lrcp.monitors.lab.case import CaseError
from lrcp.monitors.lint.run import lint_document
from lrcp.monitors.rules.definition import parse_rule
from tests.unit.monitors.lab.test_case_files import FED_TEXT, FED_YAML, TEXT, YAML

WORDS = [
    "at 5m * OK", "from 1m to 2m", "notifies", "silent", "case x", "monitor {", "}", "[", "]", "- ", ": ", "\n", "  ", "5x3",
    "count a 1", "gauge a{b:c} every 0s 1", "log at 1m {}", "start", "tick 0s", "*", "{}", '"', "title x", "nan", "1e999", "until -5m",
    "downtimes: [{}]", "rules: [1]", "slos: {a: {}}", "expect: 5", "series: {a: b}", "spans: [{at: [x]}]", "-1d", "\x00", "é",
]  # fmt: skip
SOURCES = [(YAML, "x.yaml"), (FED_YAML, "x.yaml"), (TEXT, "x.test"), (FED_TEXT, "x.test")]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.sampled_from(SOURCES),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(WORDS)), min_size=1, max_size=4),
)
def test_an_edited_case_file_is_read_or_refused_with_a_line(
    tmp_path: Path, source: tuple[str, str], edits: list[tuple[float, int, str]]
) -> None:
    text, name = source
    for where, cut, word in edits:
        place = int(where * len(text))
        text = text[:place] + word + text[place + cut :]
    file = tmp_path / name
    file.write_text(text)
    try:
        cases, line = parse_case_file(file).cases, 1
    except CaseError as error:
        cases, line = (), error.line or 1
    assert cases or 1 <= line <= text.count("\n") + 2


leaves = (
    st.none() | st.booleans() | st.integers(-10, 10**12) | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
QUERIES = st.sampled_from(
    [
        "avg(last_5m):avg:a{*} by {host} > 1",
        "avg(last_4h):anomalies(avg:a{*}, 'basic', 3, alert_window='last_30m') >= 0.5",
        'logs("x").index("*").rollup("count").last("5m") < 0',
        "1 && 2",
        'formula("a").last("5m") > 1',
        "sum(last_5m):default_zero(sum:a{*}.as_count() / sum:a{*}.rollup(sum, 600)) * 100 < 1",
    ]
)
OPTIONS = [
    "thresholds",
    "threshold_windows",
    "silenced",
    "on_missing_data",
    "evaluation_delay",
    "variables",
    "renotify_interval",
]


@settings(max_examples=250, deadline=None)
@given(
    query=QUERIES | leaves,
    kind=st.sampled_from(["query alert", "log alert", "composite", "slo alert"]) | leaves,
    message=values,
    options=st.dictionaries(st.sampled_from(OPTIONS), values, max_size=4) | values,
    priority=values,
)
def test_the_lint_never_fails(query: Any, kind: Any, message: Any, options: Any, priority: Any) -> None:
    document = {"name": "m", "type": kind, "query": query, "message": message, "options": options, "priority": priority}
    for finding in lint_document(document):
        assert finding.severity
        assert finding.place.startswith("$")


@settings(max_examples=250, deadline=None)
@given(
    scope=st.sampled_from(["*", "a:b", "a:(b OR c)", "-a:b", "((", "a:b,!c:d"]) | values,
    identifier=st.sampled_from([{"monitor_id": 1}, {"monitor_tags": ["*"]}]) | values,
    schedule=st.fixed_dictionaries(
        {}, optional={"start": values, "end": values, "recurrences": values, "timezone": values}
    )
    | values,
    canceled=values,
)
def test_a_downtime_is_read_or_refused(scope: Any, identifier: Any, schedule: Any, canceled: Any) -> None:
    document = {"scope": scope, "monitor_identifier": identifier, "schedule": schedule, "canceled": canceled}
    try:
        assert parse_downtime(document).scope is not None
    except InputError:
        return


@settings(max_examples=250, deadline=None)
@given(filter=values, recipients=values, conditional=values, bundle=values)
def test_a_rule_is_read_or_refused(filter: Any, recipients: Any, conditional: Any, bundle: Any) -> None:
    document = {
        "filter": filter,
        "recipients": recipients,
        "conditional_recipients": conditional,
        "bundle_config": bundle,
    }
    try:
        assert parse_rule(document).tags is not None
    except InputError:
        return
