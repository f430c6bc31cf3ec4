"""What a tick of monitors costs: `python -m benchmarks.monitors`.

An embedded store holds ten minutes of points, one every ten seconds of each series: half gauges, a third counts, the rest
distributions. Monitors of four kinds look at five minutes of them, each at a tenth of a metric's series and most by host.
Ticks follow one another by ten seconds; the first one learns the series. Prints seconds a tick, all on one machine: of the
engine's statements, of making arrays from their rows, and of evaluating; and the processor time of all of it.
"""

import argparse
import asyncio
import gc
import resource
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, time
from typing import Any, Final

from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import GroupState
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.tick import TickResult, run_tick
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.source import catalogue, rows, sketches
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore

HISTORY_S: Final = 600
SERVICES: Final = 10
KINDS: Final = ("gauge", "gauge", "gauge", "count", "count", "distribution")
QUERIES: Final = {
    "gauge": "avg(last_5m):avg:bench.gauge.{m}{{service:s{s}}} by {{host}} > 99",
    "count": "sum(last_5m):sum:bench.count.{m}{{service:s{s}}} by {{host}}.as_count() > 99999",
    "ratio": "sum(last_5m):sum:bench.count.{m}{{service:s{s}}} by {{host}}.as_count()"
    " / sum:bench.count.{n}{{service:s{s}}} by {{host}}.as_count() > 99999",
    "distribution": "avg(last_5m):p95:bench.distribution.{m}{{service:s{s}}} by {{host}} > 99",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """monitors over series; metrics: how many names these series have."""

    monitors: int
    series: int
    metrics: int


SHAPES: Final = (
    Shape(1_000, 10_000, 60),
    Shape(10_000, 10_000, 60),
    Shape(1_000, 100_000, 60),
    Shape(10_000, 100_000, 600),
)
ONE_WIDE: Final = Shape(1, 100_000, 1)


@dataclass(slots=True)
class Spent:
    """Seconds of one tick."""

    statements: float = 0.0
    fetch: float = 0.0
    asked: int = 0


class TimedSource:
    """A Source that tells how long answers took, and of that the engine's statements."""

    def __init__(self, source: TelemetrySource) -> None:
        self._source = source
        self.spent = Spent()
        for module in (rows, catalogue, sketches):
            module.read_columns = self._timed(module.read_columns)  # type: ignore[attr-defined]

    def _timed(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def read(*arguments: Any, **more: Any) -> Any:
            begun = perf_counter()
            try:
                return real(*arguments, **more)
            finally:
                self.spent.statements += perf_counter() - begun
                self.spent.asked += 1

        return read

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        begun = perf_counter()
        try:
            return await self._source.fetch(scans)
        finally:
            self.spent.fetch += perf_counter() - begun


def fill(store: TelemetryStore, shape: Shape, until_s: int) -> None:
    """Points of every series, as receivers hand them over; a minute of them an insert."""
    places = [KINDS[:i].count(kind) for i, kind in enumerate(KINDS)]
    statement = _FILL.format(kinds=list(KINDS), counts=[KINDS.count(kind) for kind in KINDS], places=places)
    for minute in range(HISTORY_S // 60):
        store.command(statement, {**_sizes(shape), "from": until_s - HISTORY_S + 60 * minute})


def _sizes(shape: Shape) -> dict[str, int]:
    return {"metrics": shape.metrics, "hosts": shape.series // shape.metrics}


_FILL: Final = """
INSERT INTO metric_buckets
WITH {kinds}[1 + metric_number % 6] AS kind, {counts}[1 + metric_number % 6] AS many, {places}[1 + metric_number % 6] AS place
SELECT concat('bench.', kind, '.', toString(intDiv(metric_number, 6) * many + place)) AS metric,
    toDateTime({{from:Int64}} + 10 * (number % 6), 'UTC') AS time,
    ['env:prod', concat('host:h', leftPad(toString(host), 6, '0')), concat('service:s', toString(host % 10))] AS tags,
    kind AS type, 1. AS count, value AS sum, value AS min, value AS max, value AS last,
    toInt64(toUnixTimestamp(time)) * 1000000000 AS last_ns,
    if(kind = 'distribution', [value, value * 2, value * 3], []) AS values,
    CAST([] AS Array(UInt32)) AS weights, CAST([] AS Array(String)) AS members, 10 AS interval_s, '' AS unit, 0 AS payload
FROM (SELECT number, intDiv(number, 6) % {{metrics:Int64}} AS metric_number,
    intDiv(intDiv(number, 6), {{metrics:Int64}}) AS host, 1 + cityHash64(number) % 90 AS value
    FROM numbers(6 * {{metrics:Int64}} * {{hosts:Int64}}))"""


def definitions(shape: Shape) -> list[Monitor]:
    """Monitors of all kinds in turn; no two ask the same."""
    found, kinds = [], list(QUERIES)
    of_kind = {kind: shape.metrics // 6 * KINDS.count(kind) for kind in KINDS}
    for i in range(shape.monitors):
        kind, place = kinds[i % len(kinds)], i // len(kinds)
        metrics = of_kind["count" if kind == "ratio" else kind]
        service = place // metrics % SERVICES
        query = QUERIES[kind].format(m=place % metrics, n=(place + 1) % metrics, s=service)
        threshold = float(query.rsplit(" ", 1)[1]) + place // (metrics * SERVICES)
        query = f"{query.rsplit(' ', 1)[0]} {threshold:g}"
        document = {
            "name": f"monitor {i}",
            "type": "query alert",
            "query": query,
            "options": {"thresholds": {"critical": threshold}},
        }
        found.append(parse_monitor(document, id=i + 1))
    return found


def wide_definition() -> list[Monitor]:
    """One monitor of every series of a metric."""
    query = "avg(last_5m):avg:bench.gauge.0{*} by {host} > 99"
    return [parse_monitor({"name": "wide", "type": "query alert", "query": query}, id=1)]


@dataclass(slots=True)
class Ticking:
    """Monitors with what is remembered of their groups."""

    prepared: list[Prepared]
    source: TimedSource
    states: dict[int, dict[str, GroupState]] = field(default_factory=dict)
    evaluated_s: dict[int, float] = field(default_factory=dict)

    async def tick(self, at_s: int) -> tuple[TickResult, Spent, float, float]:
        """One tick: its result, what the source took, seconds of the clock and of the processor."""
        self.source.spent = Spent()
        used, begun = _used_s(), perf_counter()
        result = await run_tick(
            self.prepared, self.states, at_s, self.source, evaluated_s=self.evaluated_s, max_groups=200_000
        )
        took, used = perf_counter() - begun, _used_s() - used
        for id, one in result.monitors.items():
            known = self.states.setdefault(id, {})
            known.update({state.group: state for state in one.states})
            self.evaluated_s[id] = at_s
        return result, self.source.spent, took, used


def _used_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measure(shape: Shape, monitors: list[Monitor], ticks: int) -> None:
    """Print one line a shape: the first tick and the median of the others."""
    with tempfile.TemporaryDirectory() as folder:
        store = TelemetryStore(embedded_engine(Path(folder)))
        await store.open(30)
        now_s = int(time()) // 10 * 10
        await store.on_writer(lambda: fill(store, shape, now_s))
        begun = perf_counter()
        prepared = [prepare(monitor, {}) for monitor in monitors]
        prepared_s = perf_counter() - begun
        ticking = Ticking(prepared, TimedSource(TelemetrySource(store, max_series=200_000)))
        gc.collect()
        lines = [_line(*await ticking.tick(now_s - 60 + 10 * i)) for i in range(ticks)]
        print(
            f"{shape.monitors:,} monitors, {shape.series:,} series, {shape.metrics} metrics; prepared in {prepared_s:.2f} s"
        )
        for name, line in (("first", lines[0]), *((f"tick {i}", line) for i, line in enumerate(lines[1:], 2))):
            print(f"  {name:7} {line}", flush=True)
        await store.close()


def _line(result: TickResult, spent: Spent, took: float, used: float) -> str:
    groups = sum(one.group_count for one in result.monitors.values())
    bad = sum(bool(one.error) for one in result.monitors.values())
    arrays, evaluating = spent.fetch - spent.statements, took - spent.fetch
    return (
        f"{took:6.2f} s = statements {spent.statements:.2f} ({spent.asked}) + arrays {arrays:.2f} + evaluating {evaluating:.2f};"
        f" processor {used:.2f} s; {result.scans:,} scans, {groups:,} groups" + (f"; {bad} ERRORS" if bad else "")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, help="only one shape, by its place from 0; the last is one wide monitor")
    parser.add_argument("--ticks", type=int, default=4)
    chosen = parser.parse_args()
    for place, shape in enumerate((*SHAPES, ONE_WIDE)):
        if chosen.shape in (None, place):
            monitors = wide_definition() if shape is ONE_WIDE else definitions(shape)
            asyncio.run(measure(shape, monitors, chosen.ticks))


if __name__ == "__main__":
    main()
