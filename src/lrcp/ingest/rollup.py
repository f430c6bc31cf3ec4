"""The model traffic in periods of five minutes (`traffic_5m`), kept up to date from `metrics` beside the inserts.

What has changed is told by when spans were stored, so late spans, a crash and a store that was filled while nothing ran
here are the same case: their periods are derived anew. A late span shows up in long ranges after EVERY_S at most.
"""

import asyncio
import logging
from typing import Final

from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.store.telemetry.store import TelemetryStore

log = logging.getLogger(__name__)

PERIOD_S: Final = 300
EVERY_S: Final = 30
_SETTLE_S: Final = 60
"""A period is first derived when it has been over for so long: most of its spans are there then."""
_OVERLAP_S: Final = 120
"""Longer than an insert takes; what was stored this long before the last run is looked at again."""
_RESTART_OVERLAP_S: Final = 600
"""The same after a start, when the last run may have been cut off."""
_CHUNK_PERIODS: Final = 36
"""Periods an insert: some 50 ms on the writer thread, so that a long catching up does not hold up receivers."""

_PERIOD: Final = f"toInt64(intDiv(toUnixTimestamp(%s), {PERIOD_S}) * {PERIOD_S})"
_LAST_RUN: Final = f"""
SELECT toInt64(toUnixTimestamp(max(derived_at))) AS run_s, toInt64(toUnixTimestamp(max(time))) + {PERIOD_S} AS closed_s
FROM traffic_5m
"""
_CHANGED: Final = f"""
SELECT DISTINCT {_PERIOD % "toDateTime(start_time)"} AS period FROM spans
WHERE start_time < toDateTime64({{until_s:Int64}}, 9, 'UTC')
  AND (ingested_at >= toDateTime({{since_s:Int64}}, 'UTC') OR start_time >= toDateTime64({{closed_s:Int64}}, 9, 'UTC'))
ORDER BY period
"""
_SKETCH: Final = "quantilesDDMergeStateIf(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(m.sketch, metric = '%s')"
_DERIVE: Final = f"""
INSERT INTO traffic_5m
SELECT
    toDateTime({_PERIOD % "m.time"}, 'UTC') AS time,
    arrayFilter(t -> NOT match(t, '^(status|cache|cost_source):'), m.tags) AS tags,
    sumIf(m.sum, metric = 'llm.request.count') AS requests,
    sumIf(m.sum, metric = 'llm.request.error.count') AS errors,
    sumIf(m.sum, metric = 'llm.tokens.input') AS input_tokens,
    sumIf(m.sum, metric = 'llm.tokens.output') AS output_tokens,
    sumIf(m.sum, metric = 'llm.cost.usd') AS cost_usd,
    sumIf(m.count, metric = 'llm.cost.usd') AS priced,
    {_SKETCH % "llm.request.duration"} AS latency,
    {_SKETCH % "llm.request.ttft"} AS ttft,
    toDateTime({{run_s:Int64}}, 'UTC') AS derived_at
FROM metrics AS m
WHERE metric IN ('llm.request.count', 'llm.request.error.count', 'llm.request.duration', 'llm.request.ttft',
                 'llm.tokens.input', 'llm.tokens.output', 'llm.cost.usd')
  AND m.time >= toDateTime({{from_s:Int64}}, 'UTC') AND m.time < toDateTime({{to_s:Int64}}, 'UTC')
  AND has({{periods:Array(Int64)}}, {_PERIOD % "m.time"})
GROUP BY time, tags
"""


class TrafficRollup:
    """Derives the periods that changed, every EVERY_S seconds, in a task of its own."""

    def __init__(self, store: TelemetryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._done: tuple[int, int] | None = None
        """(stored since when is to be looked at again, end of the last period that was derived), Unix seconds."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="traffic-rollup")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _keep(self) -> None:
        while True:
            try:
                await self.run()
            except LrcpError as error:
                log.warning("long ranges of the overview wait for the next round: %s", error)
            await asyncio.sleep(EVERY_S)

    async def run(self) -> int:
        """Derive what changed since the last run, oldest first. Returns: how many periods that were."""
        run_s = self._clock.now_ns() // 10**9
        until_s = (run_s - _SETTLE_S) // PERIOD_S * PERIOD_S
        since_s, closed_s = self._done or await self._last_run()
        bounds = {"since_s": since_s, "closed_s": closed_s, "until_s": until_s}
        periods = [row[0] for row in (await self._store.query(_CHANGED, bounds)).rows]
        for first in range(0, len(periods), _CHUNK_PERIODS):
            await self._derive(periods[first : first + _CHUNK_PERIODS], run_s)
        self._done = (run_s - _OVERLAP_S, until_s)
        return len(periods)

    async def _last_run(self) -> tuple[int, int]:
        run_s, closed_s = (await self._store.query(_LAST_RUN)).rows[0]
        return max(0, run_s - _RESTART_OVERLAP_S), closed_s

    async def _derive(self, periods: list[int], run_s: int) -> None:
        bounds = {"periods": periods, "from_s": periods[0], "to_s": periods[-1] + PERIOD_S, "run_s": run_s}
        await self._store.on_writer(lambda: self._store.command(_DERIVE, bounds))
