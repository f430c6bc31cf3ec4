"""What a source has left out is told by the evaluation."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.scans import Scan
from tests.unit.monitors.drive import Drive, count, define, every, gauge

VARIABLES = [{"name": name, "data_source": "metrics", "query": f"sum:{name}{{*}}.as_count()"} for name in ("a", "b")]


class Cutting:
    """A source that has left out 1,234 series of each metric."""

    def __init__(self) -> None:
        values = [float(1 + i % 3) for i in range(200)]
        series = [gauge("g", every(60, 0, values), f"host:h{i}") for i in range(4)]
        self.source = MemorySource([*series, count("a", every(60, 0, values)), count("b", every(60, 0, values))])

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        answers = dict(await self.source.fetch(scans))
        for scan, block in answers.items():
            if isinstance(block, SeriesBlock | GroupBlock):
                answers[scan] = replace(block, cut=1234)
        return answers


@pytest.mark.parametrize(
    ("query", "cut", "options"),
    [
        ("avg(last_5m):avg:g{*} by {host} > 90", 1234, {}),
        ("avg(last_5m):avg:nobody{*} > 90", 1234, {}),
        ("avg(last_5m):top(avg:g{*} by {host}, 2, 'mean', 'desc') > 90", 1234, {}),
        ("sum(last_5m):-sum:a{*}.as_count() > 90", 1234, {}),
        ("sum(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 90", 2468, {}),
        ("change(avg(last_5m),last_5m):avg:g{*} > 90", 2468, {}),
        ("avg(last_30m):outliers(avg:g{*} by {host}, 'dbscan', 3) > 0", 1234, {}),
        ("avg(last_1h):anomalies(avg:g{*}, 'basic', 2, alert_window='last_15m', interval=60) >= 1", 1234, {}),
        ("max(next_12h):forecast(avg:g{*}, 'linear', 1) >= 90", 1234, {}),
        ('formula("a / b").rollup("sum").last("5m") > 90', 2468, {"variables": VARIABLES}),
    ],
)
def test_an_evaluation_says_how_many_series_were_left_out(query: str, cut: int, options: dict[str, Any]) -> None:
    result = Drive(define(query, **options), source=Cutting()).at(6000)
    assert result.error == ""
    assert f"{cut:,} series or groups beyond what is read of a metric are left out" in result.note


def test_nothing_is_said_where_nothing_was_left_out() -> None:
    series = [gauge("g", every(60, 0, [1.0] * 10))]
    assert Drive(define("avg(last_5m):avg:g{*} > 90"), series=series).at(300).note == ""
