"""The documented rules of evaluation that concern states, tests/spec/monitors/rules.yaml, through ticks over points in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lrcp.model.event import ServiceCheck
from lrcp.query.memory.series import MemorySeries
from tests.unit.monitors.drive import Drive, define

CASES = yaml.safe_load((Path(__file__).parent / "monitors" / "rules.yaml").read_text())


def read_values(text: object) -> list[float | None]:
    """`20x10 - 5`: ten times 20, none, 5."""
    found: list[float | None] = []
    for word in str(text).split():
        value, _, times = word.partition("x")
        found += [None if value == "-" else float(value)] * int(times or 1)
    return found


def read_series(given: dict[str, Any]) -> MemorySeries:
    points = [
        (given["every"] * at, value) for at, value in enumerate(read_values(given["values"])) if value is not None
    ]
    times, values = zip(*points, strict=True)
    return MemorySeries(given["metric"], given.get("type", "gauge"), tuple(given.get("tags", ())), times, values)


def read_checks(given: dict[str, str]) -> Iterator[ServiceCheck]:
    for host, statuses in given.items():
        for at, status in enumerate(statuses.split()):
            yield ServiceCheck(time_ns=at * 10 * 10**9, check="up", status=status, host=host)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_a_rule(case: dict[str, Any]) -> None:
    drive = Drive(
        define(case["query"], case.get("type", "query alert"), **case.get("options", {})),
        series=[read_series(one) for one in case.get("series", ())],
        checks=list(read_checks(case.get("checks", {}))),
    )
    since_s, until_s, step_s = case["ticks"]
    assert sorted(drive.through(since_s, until_s, step_s), key=_by_time) == sorted(case["told"], key=_by_time)
    if "states" in case:
        assert {name: state.state.name for name, state in drive.states[1].items()} == case["states"]


def _by_time(told: str) -> tuple[float, str]:
    return float(told.split()[0]), told


def test_every_rule_about_states_has_a_case() -> None:
    told = {case["rule"].partition(":")[0] for case in CASES}
    assert {"11", "12", "13", "14", "15", "16", "17", "20", "V16"} <= told
