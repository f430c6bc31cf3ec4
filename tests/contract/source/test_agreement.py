"""Random points, the same in memory and in the store, give the same blocks for random scans."""

import math
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.query.memory.series import MemorySeries
from lrcp.query.metric.ast import Everything, ScopeAnd, ScopeNot, ScopeOr, TagIn, TagMatch, ValueCondition
from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import Scan, SeriesScan, SketchScan
from tests.contract.source.filled import FilledStore, fill_memory

T0 = 1_790_000_000

tags = st.lists(
    st.sampled_from(["env:prod", "env:dev", "host:a", "host:b1", "host:b2", "bare", "Model:GPT", "role:x", "role:y"]),
    max_size=4,
    unique=True,
).map(tuple)
values = st.one_of(
    st.integers(-3, 3).map(float), st.floats(0.001, 1000), st.floats(-50, -0.01), st.just(1.0), st.floats(0.98, 1.02)
)
times = st.integers(0, 3000).map(lambda tenths: T0 + tenths / 10)


@st.composite
def series(draw: Callable[..., Any]) -> MemorySeries:
    kind = draw(st.sampled_from(["count", "gauge", "rate", "distribution", "distribution", "set"]))
    name = {"distribution": ["d1", "d2"], "set": ["s"]}.get(kind, ["m", kind])
    at = draw(st.lists(times, min_size=1, max_size=12))
    each = st.sampled_from("abcd") if kind == "set" else values
    points = draw(st.lists(each, min_size=len(at), max_size=len(at)))
    weights = draw(st.lists(st.integers(1, 5), min_size=len(at), max_size=len(at))) if kind == "distribution" else None
    return MemorySeries(
        draw(st.sampled_from(name)), kind, draw(tags), at, points, draw(st.sampled_from([0, 10])), "", weights
    )


leaves = st.one_of(
    st.just(Everything()),
    st.builds(
        TagMatch, st.sampled_from(["env", "host", "model"]), st.sampled_from(["prod", "b*", "*1", "*", "gpt", "a"])
    ),
    st.just(TagMatch("bare", None)),
    st.just(TagIn("host", ("a", "b2"))),
)
scopes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(ScopeNot),
        st.tuples(inner, inner).map(ScopeAnd),
        st.tuples(inner, inner).map(ScopeOr),
    ),
    max_leaves=4,
)
grids = st.builds(
    lambda start, step, count: Grid(T0 + 10 * start, 10 * step, count),
    st.integers(-2, 28),
    st.sampled_from([1, 2, 3, 6, 30]),
    st.integers(1, 6),
)
sketch_scans = st.builds(
    SketchScan,
    st.sampled_from(["d1", "d2"]),
    scopes,
    st.sampled_from([(), ("env",), ("host", "env"), ("role",)]),
    grids,
    st.floats(0, 1),
) | st.builds(
    lambda metric, scope, grid, comparator: SketchScan(
        metric, scope, ("env",), grid, condition=ValueCondition(comparator, 0.5)
    ),
    st.sampled_from(["d1", "d2"]),
    scopes,
    grids,
    st.sampled_from(["<=", ">", ">=", "<"]),
)
series_scans = st.builds(
    SeriesScan, st.sampled_from(["m", "count", "gauge", "rate", "d1", "s", "nothing"]), scopes, grids
)


def rows_of(block: Block) -> dict[Any, list[list[float]]]:
    if isinstance(block, GroupBlock):
        return {group: [row.tolist()] for group, row in zip(block.groups, block.values, strict=True)}
    assert isinstance(block, SeriesBlock)
    columns = (block.count, block.sum, block.minimum, block.maximum, block.last)
    return {
        key: [[float(block.interval_s[i])], *(column[i].tolist() for column in columns)]
        for i, key in enumerate(block.tags)
    }


def differences(scan: Scan, one: Block, other: Block) -> list[str]:
    """Where two blocks differ: percentiles by more than one per cent, other numbers by more than rounding."""
    if isinstance(one, SeriesBlock) and isinstance(other, SeriesBlock) and one.tags:
        told = (one.type, one.other_types), (other.type, other.other_types)
        if told[0] != told[1]:
            return [f"{scan}: {told}"]
    left, right = rows_of(one), rows_of(other)
    tolerance = 0.01 if isinstance(scan, SketchScan) else 1e-9
    found = [f"{scan}: {key} is only in one" for key in left.keys() ^ right.keys()]
    for key in left.keys() & right.keys():
        for a, b in zip(chain.from_iterable(left[key]), chain.from_iterable(right[key]), strict=True):
            if not (math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-9) or (np.isnan(a) and np.isnan(b))):
                found.append(f"{scan}: {key} {a} {b}")
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    given_series=st.lists(series(), min_size=1, max_size=12),
    scans=st.lists(st.one_of(series_scans, sketch_scans), min_size=1, max_size=12, unique=True),
)
def test_memory_and_the_store_agree(
    embedded_store: FilledStore, given_series: list[MemorySeries], scans: list[Scan]
) -> None:
    memory, stored = fill_memory(given_series)(scans), embedded_store.fill(given_series)(scans)
    assert [line for scan in scans for line in differences(scan, memory[scan], stored[scan])] == []


def test_the_comparison_sees_a_difference() -> None:
    scan = SketchScan("d1", Everything(), (), Grid(T0, 10, 1), 0.5)
    one, other = (GroupBlock([()], np.array([[value]])) for value in (1.0, 1.02))
    assert differences(scan, one, other)


@pytest.mark.parametrize("kind", ["count", "distribution"])
def test_a_large_random_history_agrees(embedded_store: FilledStore, kind: str) -> None:
    rng = np.random.default_rng(7)
    given_series = [
        MemorySeries(
            "m",
            kind,
            (f"host:h{i}", f"env:{'prod' if i % 3 else 'dev'}"),
            np.sort(T0 + rng.random(300) * 3600),
            rng.lognormal(size=300),
            10,
        )
        for i in range(40)
    ]
    scope = TagMatch("env", "prod")
    scans: list[Scan] = [SeriesScan("m", scope, Grid(T0 + 10 * i, 60, 50)) for i in range(6)]
    scans += [SketchScan("m", scope, ("host",), Grid(T0 + 600, 300, 10), q) for q in (0.5, 0.95, 0.999)]
    memory, stored = fill_memory(given_series)(scans), embedded_store.fill(given_series)(scans)
    assert [line for scan in scans for line in differences(scan, memory[scan], stored[scan])] == []
