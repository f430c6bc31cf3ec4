"""Each rule of the lint on a definition that it is for, and on the nearest one that is fine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lrcp.cli.commands import app
from lrcp.monitors.lint.finding import RULES, Finding, Known
from lrcp.monitors.lint.known import read_known
from lrcp.monitors.lint.run import lint_document, lint_paths

PACK = Path(__file__).resolve().parents[4] / "src" / "lrcp" / "packs"
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "monitors" / "lab.md").read_text()

KNOWN = Known(
    metrics=frozenset({"system.cpu.user", "llm.request.count"}), tags={"system.cpu.user": frozenset({"host", "env"})}
)
ANOMALY = "avg(last_4h):anomalies(avg:cpu{*}, 'basic', 3, alert_window='last_30m', interval=60) >= 0.8"


def monitor(query: str = "avg(last_5m):avg:system.cpu.user{*} by {host} > 90", **members: Any) -> dict[str, Any]:
    options = members.pop("options", {})
    plain = {"name": "m", "type": "query alert", "query": query, "message": "x @slack-ops", "options": options}
    return {name: value for name, value in (plain | members).items() if value is not None}


def metric(query: str, **options: Any) -> dict[str, Any]:
    return monitor(query, options=options)


def found(document: dict[str, Any]) -> set[str]:
    return {finding.rule for finding in lint_document(document, known=None)}


DIVIDED = "{}(last_5m):sum:llm.request.error.count{{*}}{} / sum:llm.request.count{{*}}{} > 0.1"
ROLLED = "avg(last_1h):avg:cpu{*}.rollup(avg, 600) > 1"
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("definition", monitor(name=None), monitor()),
    ("definition", monitor(type=None), monitor()),
    ("definition", monitor(options={"timeout_h": "soon"}), monitor(options={"timeout_h": 2})),
    ("query", monitor("avg(last_5m):avg:a{* > 1"), monitor()),
    ("query", monitor("avg(last_5m):avg:a{*} > 1", type="log alert"), monitor()),
    ("query", monitor(type="no alert"), monitor()),
    ("scope-styles", metric("avg(last_5m):avg:a{env:x,b:c AND d:e} > 1"), metric("avg(last_5m):avg:a{env:x AND d:e} > 1")),
    ("threshold-differs", monitor(options={"thresholds": {"critical": 80}}), monitor(options={"thresholds": {"critical": 90}})),
    (
        "threshold-differs",
        monitor(options={"thresholds": {"critical": 90, "critical_recovery": 95}}),
        monitor(options={"thresholds": {"critical": 90, "critical_recovery": 85}}),
    ),
    (
        "variables",
        monitor('formula("a + b").last("5m") > 1', options={"variables": [{"name": "a", "data_source": "metrics", "query": "avg:x{*}"}]}),
        monitor('formula("a").last("5m") > 1', options={"variables": [{"name": "a", "data_source": "metrics", "query": "avg:x{*}"}]}),
    ),
    ("bounds", monitor(options={"timeout_h": 25}), monitor(options={"timeout_h": 24})),
    ("bounds", monitor(options={"on_missing_data": "panic"}), monitor(options={"on_missing_data": "resolve"})),
    ("bounds", monitor(priority=6), monitor(priority=5)),
    (
        "missing-data-twice",
        monitor(options={"on_missing_data": "resolve", "notify_no_data": True}),
        monitor(options={"notify_no_data": True}),
    ),
    (
        "default-zero-resolve",
        metric("avg(last_5m):default_zero(avg:a{*}) > 1", on_missing_data="resolve"),
        metric("avg(last_5m):default_zero(avg:a{*}) > 1", on_missing_data="default"),
    ),
    ("anomaly-windows", metric(ANOMALY), metric(ANOMALY, threshold_windows={"trigger_window": "last_30m", "recovery_window": "last_30m"})),
    (
        "anomaly-windows",
        metric(ANOMALY, threshold_windows={"trigger_window": "last_15m", "recovery_window": "last_30m"}),
        metric(ANOMALY, threshold_windows={"trigger_window": "last_30m", "recovery_window": "last_15m"}),
    ),
    (
        "anomaly-windows",
        metric(ANOMALY, threshold_windows={"trigger_window": "last_30m", "recovery_window": "last_5m"}),
        metric(ANOMALY, threshold_windows={"trigger_window": "last_30m", "recovery_window": "last_7m"}),
    ),
    ("message", monitor(message="{{#is_alert}} @slack-x"), monitor(message="{{#is_alert}}{{/is_alert}} @slack-x")),
    ("message-variable", monitor(message="{{pod.name}} @slack-x"), monitor(message="{{host.name}} @slack-x")),
    ("renotify-unused", monitor(options={"escalation_message": "x"}), monitor(options={"escalation_message": "x", "renotify_interval": 60})),
    ("bounds", monitor(options={"renotify_interval": -1}), monitor(options={"renotify_interval": 0, "renotify_occurrences": 0})),
    ("deprecated", monitor(options={"locked": True}), monitor(options={"locked": False, "silenced": {}, "new_host_delay": 300})),
    ("unreachable", metric("avg(last_5m):avg:llm.response.quality_score{*} > 60"), metric("avg(last_5m):avg:llm.response.quality_score{*} < 0.6", on_missing_data="resolve")),
    ("unreachable", metric("avg(last_5m):p95:llm.request.duration{*} < 0"), metric("avg(last_5m):p95:llm.request.duration{*} > 4")),
    ("unreachable", metric(DIVIDED.format("sum", ".as_count()", ".as_count()").replace("0.1", "5")), metric(DIVIDED.format("sum", ".as_count()", ".as_count()"))),
    (
        "unreachable",
        metric("sum(last_5m):sum:llm.request.count{status:error,env:x}.as_count() / sum:llm.request.count{env:x}.as_count() * 100 > 100"),
        metric("sum(last_5m):sum:llm.request.count{status:error,env:x}.as_count() / sum:llm.request.count{env:x}.as_count() * 100 > 5"),
    ),
    ("unreachable", monitor('logs("x").index("*").rollup("count").last("5m") < 0', type="log alert"), monitor('logs("x").index("*").rollup("count").last("5m") < 1', type="log alert")),
    ("always", metric("avg(last_5m):p95:llm.request.duration{*} >= 0"), metric("avg(last_5m):p95:llm.request.duration{*} > 0")),
    ("window-shorter-than-rollup", metric("avg(last_5m):avg:cpu{*}.rollup(avg, 600) > 1"), metric("avg(last_1h):avg:cpu{*}.rollup(avg, 600) > 1")),
    ("no-delay", metric(ROLLED, evaluation_delay=300), metric(ROLLED, evaluation_delay=600)),
    ("no-delay", metric("avg(last_5m):avg:aws.ec2.cpu{*} > 1"), metric("avg(last_5m):avg:aws.ec2.cpu{*} > 1", evaluation_delay=900)),
    ("summed-ratio", metric(DIVIDED.format("sum", "", "")), metric(DIVIDED.format("avg", "", ""))),
    ("averaged-counts", metric(DIVIDED.format("avg", ".as_count()", ".as_count()")), metric(DIVIDED.format("sum", ".as_count()", ".as_count()"))),
    ("below-without-data", metric("avg(last_5m):avg:a{*} < 1"), metric("avg(last_5m):avg:a{*} < 1", on_missing_data="show_no_data")),
    (
        "on-call-recovery",
        monitor(message="{{#is_alert}}@oncall-db{{/is_alert}}"),
        monitor(message="{{#is_alert}}x {{/is_alert}}@oncall-db"),
    ),
    ("on-call-recovery", monitor(message="{{^is_recovery}}@pagerduty-db{{/is_recovery}}"), monitor(message="{{#is_alert}}@slack-db{{/is_alert}}")),
    ("nobody-told", monitor(message="x"), monitor(message="x @slack-ops")),
    ("approximation", metric("avg(last_30m):outliers(avg:a{*} by {host}, 'dbscan', 3) > 0"), metric("avg(last_30m):avg:a{*} by {host} > 0")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "bad", "good"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    assert rule in found(bad)
    assert rule not in found(good)


def test_a_plain_monitor_has_no_findings() -> None:
    assert lint_document(monitor()) == []


def test_names_are_compared_with_what_there_is() -> None:
    def of(query: str) -> list[tuple[str, str]]:
        return [(one.rule, one.message) for one in lint_document(metric(query), known=KNOWN)]

    assert of("avg(last_5m):avg:system.cpu.user{env:x} by {host} > 1") == []
    assert of("avg(last_5m):avg:system.cpu.usr{*} > 1") == [
        ("unknown-metric", "system.cpu.usr; is it system.cpu.user?")
    ]
    assert of("avg(last_5m):avg:system.cpu.user{envs:x} by {host} > 1") == [
        ("unknown-tag", "envs of system.cpu.user; is it env?")
    ]
    assert of("avg(last_5m):avg:llm.request.count{anything:x} > 1") == []


def folder(path: Path) -> Path:
    (path / "monitors").mkdir()
    (path / "slos").mkdir()
    slo = {
        "name": "s",
        "type": "metric",
        "thresholds": [{"timeframe": "7d", "target": 96}],
        "query": {"numerator": "sum:g{*}", "denominator": "sum:a{*}"},
    }
    (path / "slos" / "s.json").write_text(json.dumps(slo))
    burn = 'burn_rate("{{slo:s}}").over("7d").long_window("1h").short_window("5m") > %s'
    (path / "monitors" / "a.json").write_text(json.dumps(monitor(burn % 25, name="a", type="slo alert")))
    (path / "monitors" / "b.json").write_text(json.dumps(monitor(burn % 26, name="b", type="slo alert")))
    (path / "monitors" / "c.json").write_text(json.dumps([monitor(name="b"), monitor("x", name="c")]))
    (path / "monitors" / "d.json").write_text("{")
    (path / "monitors" / "values.yaml").write_text("a: [")
    return path


def test_files_and_folders_are_looked_through(tmp_path: Path) -> None:
    def brief(findings: list[Finding]) -> list[tuple[str, str, str]]:
        return [(one.rule, Path(one.path).name, one.monitor) for one in findings]

    findings = brief(lint_paths([folder(tmp_path)]))
    assert findings == [
        ("burn-rate", "b.json", "b"),
        ("duplicate-name", "c.json", "b"),
        ("query", "c.json", "c"),
        ("unreadable", "d.json", ""),
    ]
    assert brief(lint_paths([tmp_path / "slos" / "s.json"])) == [("unreadable", "s.json", "")]
    assert brief(lint_paths([tmp_path / "none.json"])) == [("unreadable", "none.json", "")]


def test_every_rule_has_an_example_and_a_row_of_the_page() -> None:
    tested = {case[0] for case in CASES} | {
        "unknown-metric",
        "unknown-tag",
        "burn-rate",
        "duplicate-name",
        "unreadable",
    }
    assert tested == set(RULES)
    rows = {
        name: (severity, what, do)
        for name, severity, what, do in re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+?) \| (.+?) \|$", PAGE, re.M)
    }
    assert rows == {name: (rule.severity, rule.finds, rule.advice) for name, rule in RULES.items()}


def test_the_pack_would_not_be_refused() -> None:
    assert [finding for finding in lint_paths([PACK]) if finding.severity == "error"] == []


def test_the_command_ends_with_one_where_something_would_be_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(monitor("x")))
    (tmp_path / "good.json").write_text(json.dumps(monitor()))
    (tmp_path / "names").write_text("# known\nsystem.cpu.user env\n")
    bad = CliRunner().invoke(app, ["monitors", "lint", str(tmp_path / "bad.json")])
    assert bad.exit_code == 1
    assert "error query  $.query" in bad.stdout
    assert "1 error, 0 warnings, 0 notes" in bad.stdout
    arguments = ["monitors", "lint", str(tmp_path / "good.json"), "--known", str(tmp_path / "names"), "--json"]
    good = CliRunner().invoke(app, arguments)
    assert good.exit_code == 0
    assert [(one["rule"], one["severity"]) for one in json.loads(good.stdout)] == [("unknown-tag", "warning")]


def test_known_names_are_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("m a,b\nn\n")
    (tmp_path / "b").write_text('{"m": ["a", "b"], "n": []}')
    assert read_known(tmp_path / "a") == read_known(tmp_path / "b")
