"""Metrics that the engine derives from spans are answered as those that were sent."""

import time
from pathlib import Path

import pytest

from lrcp.model.batch import Batch
from lrcp.query.metric.ast import Everything, TagMatch, ValueCondition
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan, SeriesScan, SketchScan
from lrcp.query.search.ast import MatchAll
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.support.telemetry import Stack, make_span, with_stack


def test_metrics_that_the_engine_derives_from_spans_are_there(tmp_path: Path) -> None:
    start_s = int(time.time()) // 10 * 10 - 60

    async def scenario(stack: Stack) -> None:
        spans = [
            make_span(i, start_ns=start_s * 10**9 + i, kind="llm", model="GPT 5", duration_ns=10**9 * i)
            for i in range(1, 5)
        ]
        await stack.pipeline.consume(Batch(spans=spans))
        source = TelemetrySource(stack.store)
        grid = Grid(start_s, 10, 1)
        series = SeriesScan("llm.request.count", TagMatch("model", "gpt_5"), grid)
        p999 = SketchScan("llm.request.duration", Everything(), ("model",), grid, 0.999)
        slow = SketchScan("llm.request.duration", Everything(), ("model",), grid, condition=ValueCondition(">", 2.5))
        blocks = await source.fetch([series, p999, slow])
        assert blocks[series].sum.tolist() == [[4]]  # type: ignore[union-attr]
        assert blocks[p999].groups == [("GPT 5",)]  # type: ignore[union-attr]
        assert blocks[p999].values[0] == pytest.approx([3], rel=0.006)  # type: ignore[union-attr]
        assert blocks[slow].values.tolist() == [[2]]  # type: ignore[union-attr]

    with_stack(tmp_path / "store", scenario)


def test_events_and_series_are_answered_in_one_question(tmp_path: Path) -> None:
    start_s = int(time.time()) // 10 * 10 - 60

    async def scenario(stack: Stack) -> None:
        spans = [make_span(i, start_ns=start_s * 10**9 + i, kind="llm", model="m") for i in range(1, 4)]
        await stack.pipeline.consume(Batch(spans=spans))
        grid = Grid(start_s, 10, 1)
        events = EventScan("spans", MatchAll(), "count", "", (), grid)
        series = SeriesScan("llm.request.count", Everything(), grid)
        blocks = await TelemetrySource(stack.store).fetch([events, series])
        assert blocks[events].values.tolist() == blocks[series].sum.tolist() == [[3]]  # type: ignore[union-attr]

    with_stack(tmp_path / "store", scenario)
