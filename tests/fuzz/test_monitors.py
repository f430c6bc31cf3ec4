"""Whatever definition the API takes, it is evaluated, or its evaluation says in plain words why it is not."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.tick import TickResult, run_tick
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.source import Source
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.contract.source.event_corpus import corpus_records, store_corpus
from tests.contract.source.filled import FilledStore
from tests.fuzz.monitors import NOW_S, accepted_monitors, checks, series

FULL = int(os.environ.get("LRCP_FUZZ_N", "1000000")) // 20
SEED = int(os.environ.get("LRCP_FUZZ_SEED", "1"))
_COUNTS = [600, pytest.param(FULL, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
_AT_ONCE = 25
"""Monitors of one tick, as their scans are put together into statements."""
_FAULT = re.compile(r"^_?\w*(Error|Exception|Iteration|Warning): ")
"""How a tick spells what is no error of ours."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledStore]:
    with FilledStore(embedded_engine(tmp_path_factory.mktemp("fuzzed-monitors"))) as store:
        store.fill(series(), checks())
        store.run(store.store.on_writer(lambda: store_corpus(store.store)))
        yield store


async def evaluate(monitors: Sequence[Monitor], source: Source) -> Counter[State]:
    """How often each state was found by two ticks, the second remembering the first.

    Raises: AssertionError - an evaluation failed with what is no error of ours.
    """
    prepared, states = [prepare(monitor, {}) for monitor in monitors], Counter[State]()
    first = await run_tick(prepared, {}, NOW_S - 300, source)
    known = {id: {group.group: group for group in one.states} for id, one in first.monitors.items()}
    second = await run_tick(prepared, known, NOW_S, source)
    for done in (first, second):
        assert not done.source_error
        states.update(_checked(monitors, done))
    return states


def _checked(monitors: Sequence[Monitor], done: TickResult) -> Iterator[State]:
    for monitor in monitors:
        if result := done.monitors.get(monitor.id):
            assert not _FAULT.match(result.error), (
                monitor.type,
                monitor.query,
                monitor.document["options"],
                result.error,
            )
            yield result.state


def _lots(count: int) -> Iterator[list[Monitor]]:
    lot: list[Monitor] = []
    for monitor in accepted_monitors(count, Random(SEED)):
        lot.append(monitor)
        if len(lot) == _AT_ONCE:
            yield lot
            lot = []
    yield lot


@pytest.mark.parametrize("count", _COUNTS)
def test_accepted_monitors_are_evaluated_over_memory(count: int) -> None:
    source, states = MemorySource(series(), MemoryEvents(corpus_records()), checks()), Counter[State]()
    for lot in _lots(count):
        states.update(asyncio.run(evaluate(lot, source)))
    assert {State.OK, State.ALERT, State.UNKNOWN} <= states.keys()


@pytest.mark.parametrize("count", _COUNTS)
def test_accepted_monitors_are_evaluated_over_the_store(count: int, filled: FilledStore) -> None:
    states = Counter[State]()
    for lot in _lots(count):
        states.update(filled.run(evaluate(lot, TelemetrySource(filled.store))))
    assert {State.OK, State.ALERT, State.UNKNOWN} <= states.keys()
