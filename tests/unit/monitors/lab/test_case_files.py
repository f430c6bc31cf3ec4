"""Case files: both forms mean the same, and what cannot be read is told with its line."""

import re
from pathlib import Path

import pytest

from lrcp.monitors.lab.build import parse_case_file
from lrcp.monitors.lab.case import Case, CaseError
from lrcp.monitors.lab.suite import run_cases

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "monitors" / "lab.md").read_text()
(YAML,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
(TEXT,) = re.findall(r"```test\n(.*?)```", PAGE, re.S)

MONITOR = 'monitor: {name: m, query: "avg(last_5m):avg:a{*} > 1"}\n'


def case(folder: Path, text: str, name: str = "x.yaml") -> Case:
    file = folder / name
    file.write_text(text)
    return parse_case_file(file).cases[0]


def test_the_example_of_the_page_passes_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "b.test").write_text(TEXT)
    results = run_cases([tmp_path])
    assert [failure for result in results for failure in result.failures] == []
    assert [(result.passed, result.expectations) for result in results] == [(True, 5), (True, 5)]


def test_both_forms_of_the_page_mean_the_same(tmp_path: Path) -> None:
    one, other = case(tmp_path, YAML), case(tmp_path, TEXT, "x.test")
    assert [(s.metric, s.type, s.tags, list(s.values)) for s in one.series] == [
        (s.metric, s.type, s.tags, list(s.values)) for s in other.series
    ]
    assert [type(e) for e in one.expected] == [type(e) for e in other.expected]
    assert [
        (e.since_s, e.until_s, e.group, getattr(e, "state", 0), getattr(e, "title", ""), getattr(e, "handles", ""))
        for e in one.expected
    ] == [
        (e.since_s, e.until_s, e.group, getattr(e, "state", 0), getattr(e, "title", ""), getattr(e, "handles", ""))
        for e in other.expected
    ]
    (made,), (as_text,) = one.monitors.values(), other.monitors.values()
    assert (made.name, made.query, made.message, made.options) == (
        as_text.name,
        as_text.query,
        as_text.message,
        as_text.options,
    )


FED_YAML = """
monitor: {name: m, query: "avg(last_5m):avg:a{*} > 1"}
start: 2026-03-01T00:00:00Z
cases:
  - name: fed
    tick: 1m
    series: ["count a.b{x:y} every 30s from -1h 1*2 [3]"]
    checks: ["ntp{host:h} every 30s ok*2 _ critical"]
    logs: [{at: 3m, message: hi, tags: ["env:p"]}]
    spans: [{from: 1m, to: 2m, every: 30s, count: 2, name: s, duration: 0.25, tags: {env: p}}]
    events: [{at: [1m, 2m], title: t}]
    expect: [at 5m * OK]
"""
FED_TEXT = """
# everything that can be fed
monitor {"name": "m", "query": "avg(last_5m):avg:a{*} > 1"}
start 2026-03-01T00:00:00Z
case fed
  tick 1m
  count a.b{x:y} every 30s from -1h 1*2 [3]
  check ntp{host:h} every 30s ok*2 _ critical
  log at 3m {"message": "hi", "tags": ["env:p"]}
  span from 1m to 2m every 30s count 2 {"name": "s",
    "duration": 0.25, "tags": {"env": "p"}}
  event at 1m {"title": "t"}
  event at 2m {"title": "t"}
  at 5m * OK
"""


@pytest.mark.parametrize(("text", "name"), [(FED_YAML, "x.yaml"), (FED_TEXT, "x.test")])
def test_everything_is_fed_at_its_time(tmp_path: Path, text: str, name: str) -> None:
    made = case(tmp_path, text, name)
    start_s = 1_772_323_200
    assert (made.start_s, made.tick_s, made.until_s) == (start_s, 60, 300)
    (series,) = made.series
    assert [time - start_s for time in series.times_s] == [-3600, -3570, -3540]
    assert (series.interval_s, list(series.values)) == (30, [1, 1, 3])
    assert [(c.time_ns / 1e9 - start_s, c.status, c.host) for c in made.checks] == [(0, "ok", "h"), (30, "ok", "h"), (90, "critical", "h")]  # fmt: skip
    assert [(log["time_ns"] / 1e9 - start_s, log["tags"]) for log in made.records["logs"]] == [(180, ("env:p",))]
    spans = made.records["spans"]
    assert [span["start_ns"] / 1e9 - start_s for span in spans] == [60, 60, 90, 90]
    assert (spans[0]["duration_ns"], spans[0]["tags"]) == (250_000_000, {"env": "p"})
    assert [event["time_ns"] / 1e9 - start_s for event in made.records["events"]] == [60, 120]


ERRORS = [
    ("x.yaml", "", 1, "the file is empty"),
    ("x.yaml", "- a", 1, "a case file is an object"),
    ("x.yaml", "monitor: [a\n  b: c", 2, "not YAML"),
    ("x.yaml", MONITOR + "expekt: []", 2, "'expekt' is not known there"),
    ("x.yaml", MONITOR + "cases: []", 2, "at least one case"),
    ("x.yaml", MONITOR + "cases:\n  - name: a\n    serie: []", 4, "'serie' is not known there"),
    ("x.yaml", MONITOR + "cases:\n  - name: a", 3, "a case needs `expect`"),
    ("x.yaml", "expect: [at 1m * OK]", 1, "a case needs a `monitor`"),
    ("x.yaml", "monitor: none.json\nexpect: [at 1m * OK]", 1, "none.json cannot be read"),
    ("x.yaml", MONITOR + "expect:\n  - at 1m * OK\n  - at 7 * OK", 4, "'7' is not a time such as 7m"),
    ("x.yaml", MONITOR + "expect: [at 1m * BAD]", 2, "'BAD' is not a state; expected OK"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK x]", 2, "'x' is not a value"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK 1 2]", 2, "'2' is not expected there"),
    ("x.yaml", MONITOR + "expect: [at 1m *]", 2, "the line ends where a state"),
    ("x.yaml", MONITOR + "expect: [from 2m to 1m * OK]", 2, "before the one after `from`"),
    ("x.yaml", MONITOR + "expect: [at 1m of other * OK]", 2, "there is no monitor 'other'"),
    ("x.yaml", MONITOR + "expect: [maybe]", 2, "'maybe' begins no expectation"),
    ("x.yaml", MONITOR + "expect: [silent]", 2, "nothing says how long"),
    ("x.yaml", MONITOR + "expect: [notifies at 1m * loudly]", 2, "'loudly' is not a kind"),
    ("x.yaml", MONITOR + 'expect: [{notifies: "at 1m * alert", color: red}]', 2, "'color' says nothing"),
    ("x.yaml", MONITOR + "tick: 15s\nexpect: [at 1m * OK]", 2, "a multiple of 10 s"),
    ("x.yaml", MONITOR + "start: noon\nexpect: [at 1m * OK]", 2, "'noon' is not a time"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK]\nseries:\n  - gauge a 1\n  - gauge a 1 y", 5, "'y' is not expected there"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK]\nseries: [colour a 1]", 3, "is not a series such as"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK]\nchecks: [ntp fine]", 3, "'fine' is not a status"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK]\nlogs: [{message: x}]", 3, "a record needs `at`"),
    ("x.yaml", MONITOR + "expect: [at 9999d * OK]", 2, "more than 200000 ticks"),
    ("x.yaml", MONITOR + "expect: [at 1m * OK]\ndowntimes: [{scope: '*', monitor: y}]", 3, "there is no monitor 'y'"),
    ("x.test", "monitor x.json", 1, "has no `case`"),
    ("x.test", "moniter x.json", 1, "'moniter' is not expected there"),
    ("x.test", 'monitor {"a": 1\ncase a', 1, "the JSON cannot be read"),
    ("x.test", 'monitor {"name": "m", "query": "x"}\ncase a\n  title x', 3, "stands below a line with `notifies`"),
    ("x.test", 'monitor {"name": "m", "query": "x"}\ncase a\n  at 1m * OK\n  wat', 4, "'wat' is not expected in a case"),
    ("x.test", 'monitor {"name": "m", "query": "x"}\ncase a\n  log 3m {}', 3, "a record is written as"),
    ("x.test", 'monitor {"name": "m", "query": "x"}\n\ncase a\n\n  at 1m * OKAY', 5, "'OKAY' is not a state"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "words"), ERRORS)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, name: str, text: str, line: int, words: str) -> None:
    with pytest.raises(CaseError) as caught:
        case(tmp_path, text, name)
    assert words in caught.value.message
    assert caught.value.line == line


def test_a_file_that_is_not_there_is_a_result_with_an_error(tmp_path: Path) -> None:
    (result,) = run_cases([tmp_path / "none.yaml"])
    assert "cannot be read" in result.error
    assert not result.passed


def test_files_of_a_folder_that_are_no_case_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("a: 1")
    (tmp_path / "query.test").write_text("some other language")
    assert run_cases([tmp_path]) == []


def test_a_monitor_of_a_pack_brings_along_what_it_refers_to(tmp_path: Path) -> None:
    for folder in ("monitors", "slos"):
        (tmp_path / folder).mkdir()
    (tmp_path / "monitors" / "slow.json").write_text('{"name": "s", "type": "query alert", "query": "avg(last_1m):avg:s{*} > 1"}')  # fmt: skip
    (tmp_path / "monitors" / "both.json").write_text('{"name": "b", "type": "composite", "query": "{{monitor:slow}}"}')
    (tmp_path / "cases").mkdir()
    text = "monitor: ../monitors/both.json\nseries: [gauge s 5*5m]\nexpect: [at 5m of both * ALERT, at 5m of slow * ALERT 5]"
    (tmp_path / "cases" / "x.yaml").write_text(text)
    (result,) = run_cases([tmp_path / "cases"])
    assert (result.failures, result.error) == ((), "")
