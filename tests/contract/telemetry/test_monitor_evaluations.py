"""The record of evaluations, on both engines."""

import asyncio

from lrcp.model.monitor_state import Evaluation, State
from lrcp.model.monitor_tick import MonitorEvaluation
from lrcp.store.telemetry.engine import Connect
from lrcp.store.telemetry.monitor_evaluations import MAX_GROUPS, EvaluationLog
from lrcp.store.telemetry.store import TelemetryStore

AT_S = 1_790_000_000


def evaluation(at_s: int, groups: int = 1) -> MonitorEvaluation:
    found = tuple(
        Evaluation(group=f"host:{n}", state=State.WARN, value=None if n else 0.5, reason=f"{n} is 'odd'")
        for n in range(groups)
    )
    return MonitorEvaluation(
        monitor_id=7, at_s=at_s, state=State.WARN, took_s=0.25, group_count=groups, note="", groups=found
    )


def test_evaluations_are_read_back_newest_first(engine: Connect) -> None:
    async def scenario() -> None:
        store = TelemetryStore(engine)
        await store.open(retention_days=3650)
        log = EvaluationLog(store)
        await log.write([])
        written = [evaluation(AT_S), evaluation(AT_S + 10, groups=2)]
        await log.write(written)
        assert await log.read(7, since_s=AT_S, until_s=AT_S + 60, limit=10) == written[::-1]
        assert await log.read(7, since_s=AT_S, until_s=AT_S + 60, limit=1) == written[1:]
        assert await log.read(7, since_s=AT_S, until_s=AT_S + 10, limit=10) == written[:1]
        assert await log.read(8, since_s=AT_S, until_s=AT_S + 60, limit=10) == []
        await store.close()

    asyncio.run(scenario())


def test_only_the_worst_groups_are_kept_and_all_are_counted(engine: Connect) -> None:
    async def scenario() -> None:
        store = TelemetryStore(engine)
        await store.open(retention_days=3650)
        log = EvaluationLog(store)
        await log.write([evaluation(AT_S, groups=MAX_GROUPS + 50)])
        (read,) = await log.read(7, since_s=AT_S, until_s=AT_S + 60, limit=10)
        assert (len(read.groups), read.group_count) == (MAX_GROUPS, MAX_GROUPS + 50)
        await store.close()

    asyncio.run(scenario())
