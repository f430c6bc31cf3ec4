"""The case files of tests/spec/slo: an SLO with series or states of monitors, and what it must come to.

Times are durations (`30m`, `-1h`) from T0, a midnight of a Tuesday, UTC. A series is `type metric tags: notation`, with
points every `interval` seconds (60 where it is not said); the notation is that of lrcp.query.memory.notation.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.slo import Correction, Slo, parse_slo
from lrcp.monitors.duration import parse_duration_s
from lrcp.monitors.slo.past import MonitorPast, no_data_counts_against, past_of_groups
from lrcp.query.memory.notation import parse_notation
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource

T0 = 1_699_920_000
"""2023-11-14T00:00:00Z."""
FOLDER = Path(__file__).resolve().parents[1] / "spec" / "slo"

Case = dict[str, Any]


def read_slo_cases(name: str) -> list[Case]:
    """The cases of a file."""
    found = yaml.safe_load((FOLDER / name).read_text())
    assert isinstance(found, list)
    return found


def time_s(given: str | int) -> int:
    """A duration from T0 as Unix seconds."""
    text = str(given)
    if text.startswith("-"):
        return T0 - parse_duration_s(text[1:])
    return T0 if text == "0" else T0 + (parse_duration_s(text) if text.strip("0") != "m" else 0)


def slo_of_case(case: Case) -> Slo:
    """The SLO, its targets 99 % of 7 days where it names none."""
    document = {"name": case["name"], "thresholds": [{"timeframe": "7d", "target": 99}], **case["slo"]}
    return parse_slo(document, id="s", corrections=[_correction(one) for one in case.get("corrections", [])])


def _correction(given: Mapping[str, Any]) -> Correction:
    return Correction(
        start_s=time_s(given["start"]),
        end_s=time_s(given["end"]) if "end" in given else None,
        rrule=given.get("rrule", ""),
        duration_s=parse_duration_s(given["duration"]) if "duration" in given else 0,
        timezone=given.get("timezone", "UTC"),
    )


def series_of_case(case: Case) -> list[MemorySeries]:
    """The series."""
    interval_s = case.get("interval", 60)
    return [_series(name, text, interval_s) for name, text in (case.get("series") or {}).items()]


def source_of_case(case: Case) -> MemorySource:
    """The series in memory."""
    return MemorySource(series_of_case(case))


def _series(name: str, text: str, interval_s: int) -> MemorySeries:
    type, metric, *tags = name.split(" ")
    points = parse_notation(str(text), interval_s)
    times_s = T0 + points.places.astype(float) * interval_s
    values = points.values
    return MemorySeries(metric, type, tuple(tags), times_s, values, interval_s, "", points.weights)


class PastOfCase:
    """What the monitors of a case went through, as stored transitions tell it."""

    def __init__(self, case: Case) -> None:
        self._monitors: dict[int, dict[str, list[tuple[int, State]]]] = {
            id: {group: [(time_s(at), State[name]) for at, name in steps] for group, steps in groups.items()}
            for id, groups in (case.get("monitors") or {}).items()
        }
        self._options = case.get("options", {})

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        """As PastStates.find."""
        groups = self._monitors.get(monitor_id)
        if groups is None:
            return None
        transitions = [one for name, steps in groups.items() for one in _transitions(monitor_id, name, steps)]
        since = sorted((one for one in transitions if one.time_s >= from_s), key=lambda one: one.time_s)
        now = [GroupState(group=name, state=steps[-1][1], seen_s=steps[0][0]) for name, steps in groups.items()]
        monitor = parse_monitor({"name": "m", "type": "query alert", "query": "", "options": self._options})
        past = past_of_groups(since, now, from_s, to_s)
        return MonitorPast(monitor_id, "m", "query alert", 0, past, no_data_counts_against(monitor.options))


def _transitions(monitor_id: int, group: str, steps: list[tuple[int, State]]) -> list[Transition]:
    before = State.SKIPPED
    found = []
    for at_s, after in steps:
        found.append(
            Transition(
                monitor_id=monitor_id,
                group=group,
                time_s=at_s,
                before=before,
                after=after,
                kind="",
                reason="",
                notify=False,
            )
        )
        before = after
    return found
