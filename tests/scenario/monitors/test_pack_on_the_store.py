"""The default pack over telemetry as it is really stored: bad traffic makes its monitors alert, ordinary traffic none of them."""

import asyncio
import time
from pathlib import Path

import pytest

from lrcp.model.monitor import parse_monitor
from lrcp.model.monitor_state import GroupState, State
from lrcp.model.slo import Slo, parse_slo
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.pack import load_pack, resolve
from lrcp.monitors.tick import run_tick
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.scenario.monitors.bad_traffic import PACK, bad_batch, good_batch
from tests.support.telemetry import open_stack

NEEDS_HISTORY = {
    "cost-anomaly",
    "latency-anomaly",
    "quality-anomaly",
    "response-length",
    "pettwin-latency-anomaly",
    "quality-drop",
    "cost-per-conversion",
    "cache-hit-rate",
    "budget-forecast",
}
"""They compare with hours or days ago, which this test does not store; their case files do."""


def _prepared() -> dict[str, Prepared]:
    """The pack by name, as an installation stores it."""
    ids: dict[tuple[str, str], str] = {}
    slos: dict[str, Slo] = {}
    found = {}
    for number, one in enumerate(load_pack(PACK), start=1):
        document = resolve(one.document, ids, address="http://127.0.0.1:8000")
        ids[one.kind, one.name] = f"{number:032x}" if one.kind == "slo" else str(number)
        if one.kind == "slo":
            slos[ids["slo", one.name]] = parse_slo(document, id=ids["slo", one.name])
        if one.kind == "monitor":
            found[one.name] = prepare(parse_monitor(document, id=number), slos)
    return found


async def _states(path: Path, bad: bool) -> dict[str, dict[str, State]]:
    """Where the groups of each monitor stand, by its name, after a tick ten minutes ago and one now."""
    now_s = int(time.time()) // 10 * 10
    pack = _prepared()
    async with open_stack(path / "telemetry") as stack:
        await stack.pipeline.consume(bad_batch(now_s) if bad else good_batch(now_s))
        source = TelemetrySource(stack.store)
        known: dict[int, dict[str, GroupState]] = {}
        for at_s in (now_s - 600, now_s):
            done = await run_tick(list(pack.values()), known, at_s, source)
            assert done.source_error == ""
            assert {name: error for name, one in pack.items() if (error := done.monitors[one.monitor.id].error)} == {}
            for id, result in done.monitors.items():
                known.setdefault(id, {}).update({state.group: state for state in result.states})
    return {name: {group: state.state for group, state in known[one.monitor.id].items()} for name, one in pack.items()}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, State]]:
    return asyncio.run(_states(tmp_path_factory.mktemp("bad"), True))


@pytest.mark.parametrize("name", sorted(_prepared().keys() - NEEDS_HISTORY))
def test_a_monitor_of_the_pack_alerts_on_bad_traffic_as_it_is_stored(
    bad: dict[str, dict[str, State]], name: str
) -> None:
    assert State.ALERT in bad[name].values(), bad[name]


def test_ordinary_traffic_makes_no_monitor_of_the_pack_alert(tmp_path: Path) -> None:
    states = asyncio.run(_states(tmp_path, False))
    loud = {name: groups for name, groups in states.items() if {State.ALERT, State.WARN} & set(groups.values())}
    assert loud == {}
    assert len([name for name, groups in states.items() if State.OK in groups.values()]) >= 20
