"""The case files of tests/spec/slo: indicators, histories and alerts of SLOs, and the arithmetic of burn rates."""

import asyncio
import re

import numpy as np
import pytest

from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import State
from lrcp.monitors.duration import parse_duration_s
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.slo.alert import SloBook
from lrcp.monitors.slo.budget import burn_rate, burn_rate_for, consumed_percent, highest_burn_rate, remaining_percent
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.measure import Part, SloHistory
from lrcp.monitors.tick import run_tick
from tests.support.slo_cases import FOLDER, Case, PastOfCase, read_slo_cases, slo_of_case, source_of_case, time_s

INDICATORS = [case for name in ("events.yaml", "slices.yaml", "monitors.yaml") for case in read_slo_cases(name)]
ALERTS = read_slo_cases("alerts.yaml")
BURN_LINES = [line for line in (FOLDER / "burn.test").read_text().splitlines() if line and not line.startswith("#")]


def history_of(case: Case) -> SloHistory:
    reader = SloReader(source_of_case(case), PastOfCase(case))
    return asyncio.run(reader.history(slo_of_case(case), *map(time_s, case["period"])))


def percent(part: Part) -> float | None:
    return None if part.sli is None else part.sli * 100


def close(percentages: dict[str, float]) -> dict[str, object]:
    return {name: pytest.approx(value, abs=1e-3) for name, value in percentages.items()}


@pytest.mark.parametrize("case", INDICATORS, ids=lambda case: case["name"])
def test_an_indicator_is_what_its_case_says(case: Case) -> None:
    found = history_of(case)
    assert percent(found.overall) == (None if case["sli"] is None else pytest.approx(case["sli"], abs=1e-3))
    if "groups" in case:
        assert {part.name: percent(part) for part in found.groups} == close(case["groups"])
    if "parts" in case:
        assert {part.name: percent(part) for part in found.monitors} == close(case["parts"])
    if "changes" in case:
        assert list(found.overall.changes) == [(time_s(at), up) for at, up in case["changes"]]
    if "corrected" in case:
        assert list(found.corrected) == [tuple(map(time_s, one)) for one in case["corrected"]]


@pytest.mark.parametrize("case", [case for case in INDICATORS if "remaining" in case], ids=lambda case: case["name"])
def test_what_is_left_of_the_budget_is_what_its_case_says(case: Case) -> None:
    sli, slo = history_of(case).overall.sli, slo_of_case(case)
    assert sli is not None
    for frame, left in case["remaining"].items():
        target = slo.target_of(frame)
        assert target is not None
        assert remaining_percent(sli, target.target / 100) == pytest.approx(left, abs=1e-6)


@pytest.mark.parametrize("case", [case for case in INDICATORS if case.get("series")], ids=lambda case: case["name"])
def test_the_course_of_a_metric_slo_adds_up_to_its_whole(case: Case) -> None:
    found = history_of(case)
    if found.course is not None:
        assert sum(found.course.good) == pytest.approx(found.overall.good)
        assert sum(found.course.valid) == pytest.approx(found.overall.valid)
        assert len(found.course.times_s) == len(found.course.good) == len(found.course.valid) <= 200


@pytest.mark.parametrize("case", ALERTS, ids=lambda case: case["name"])
def test_an_alert_is_what_its_case_says(case: Case) -> None:
    document = {"name": "a", "type": "slo alert", "query": case["query"], "options": case.get("options", {})}
    book = SloBook({"s": slo_of_case(case)}, PastOfCase(case))
    prepared = prepare(parse_monitor(document, id=9), book)
    tick = asyncio.run(run_tick([prepared], {}, time_s(case["at"]), source_of_case(case)))
    result = tick.monitors[9]
    assert result.error == ""
    assert result.evaluations[0].value == pytest.approx(case["value"], abs=1e-3)
    assert result.state is State[case["state"]]


@pytest.mark.parametrize("line", BURN_LINES)
def test_a_line_of_the_burn_rates(line: str) -> None:
    question, _, expected = line.partition(" = ")
    assert answer(question) == pytest.approx(float(expected))


def answer(question: str) -> float:
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?(?![\d.]*[dhm])", question)]
    spans = [parse_duration_s(text) for text in re.findall(r"\b\d+[dhm]\b", question)]
    match question.split()[0]:
        case "burn":
            good, valid = np.array([numbers[1]]), np.array([numbers[2]])
            return float(burn_rate(good, valid, target=numbers[0] / 100, window_s=60, step_s=60)[0])
        case "needed":
            return burn_rate_for(numbers[0] / 100, window_s=spans[1], period_s=spans[0])
        case "highest":
            return highest_burn_rate(numbers[0] / 100)
    return consumed_percent(numbers[1] / 100, numbers[0] / 100)
