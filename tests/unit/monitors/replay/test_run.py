"""A replay does what the live evaluation would have done."""

import asyncio

import pytest

from lrcp.model.errors import InputError
from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.replay.episodes import find_episodes
from lrcp.monitors.replay.run import MAX_TICKS, Replayed, replay
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource

START_S = 1_700_000_400  # a whole minute


def monitor(threshold: float = 5) -> Prepared:
    document = {
        "name": "slow",
        "type": "query alert",
        "query": f"avg(last_5m):avg:took{{*}} by {{host}} > {threshold}",
        "options": {"thresholds": {"critical": threshold}},
    }
    return prepare(parse_monitor(document, id=1), {})


def took(host: str, values: list[float], step_s: int = 60) -> MemorySeries:
    times = [float(START_S + at * step_s) for at in range(len(values))]
    return MemorySeries("took", "gauge", (f"host:{host}",), times, values)


def run(prepared: Prepared, source: MemorySource, minutes: int, every_s: int = 60) -> Replayed:
    return asyncio.run(replay([prepared], source, since_s=START_S, until_s=START_S + minutes * 60, every_s=every_s))


def test_an_alert_of_the_past_is_found_with_its_beginning_and_end() -> None:
    source = MemorySource([took("a", [1.0] * 30 + [9.0] * 20 + [1.0] * 30), took("b", [1.0] * 80)])
    done = run(monitor(), source, 80)
    (one,) = find_episodes(done.transitions)
    assert (one.group, one.worst) == ("host:a", State.ALERT)
    # The average of five minutes passes 5 when three of its points are 9, and falls below it when three are 1.
    assert (one.start_s, one.end_s) == (START_S + 33 * 60, START_S + 53 * 60)
    assert (done.evaluations, done.unknown) == (81, 0)


def test_progress_and_each_tick_are_told() -> None:
    seen: list[tuple[int, int]] = []
    values: list[float | None] = []
    asyncio.run(
        replay(
            [monitor()],
            MemorySource([took("a", [2.0] * 20)]),
            since_s=START_S + 600,
            until_s=START_S + 720,
            progress=lambda done, whole: seen.append((done, whole)),
            on_tick=lambda tick: values.extend(line.value for line in tick.monitors[1].evaluations),
        )
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert values == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("since_s", "until_s", "every_s"),
    [(START_S, START_S - 60, 60), (START_S, START_S + 60, 15), (0, MAX_TICKS * 10, 10)],
)
def test_an_impossible_range_is_refused(since_s: int, until_s: int, every_s: int) -> None:
    with pytest.raises(InputError):
        asyncio.run(replay([monitor()], MemorySource(), since_s=since_s, until_s=until_s, every_s=every_s))
