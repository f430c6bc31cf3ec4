"""Case files of evaluations, tests/spec/query/evaluation/*.test: series, a window, what queries come to; also in the
documentation, between ```evaluation and ```.

    case a ratio by both ways
    load count errors{env:prod} 60s: 1 2 3 4 5         points from 0s on, one every 60 s; also `... 60s from 30s: ...`
    window 0m 5m                                       times are counted from a midnight
    sum: sum:errors{*}.as_count() => 15                a reducer; also `change 5m avg:` and `pct_change 5m sum:`
    sum: sum:errors{*} by {env} => prod: 15            several groups are separated by |
    points 60s: sum:errors{*} => 1 2 3 4 5             every point over the window, _ for none
    full_window: sum:errors{*} => yes                  whether require_full_window lets it be evaluated

`skipped` stands for a group that cannot be told (NaN), `no data` for no group at all.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from lrcp.query.compute.change import plan_change, reduce_change
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.series import Reduced
from lrcp.query.memory.notation import parse_notation
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.parser import parse_expression
from lrcp.query.scan.grid import Grid

MIDNIGHT_S = 1_553_817_600
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LOAD = re.compile(r"load (\w+) ([\w.]+)\{([^}]*)\} (\w+)(?: from (\S+))?: (.*)")
Rows = dict[str, list[float]]


@dataclass
class Evaluated:
    """One expectation of a case. how: the words before the colon. expected: numbers by group, '' for one without keys."""

    line: int
    name: str
    series: list[MemorySeries]
    window: tuple[int, int]
    how: str
    query: str
    expected: str


@dataclass
class _Reading:
    name: str = ""
    series: list[MemorySeries] = field(default_factory=list)
    window: tuple[int, int] = (0, 0)


def read_evaluated(path: Path) -> list[Evaluated]:
    """The expectations of a file, each with the series of its case."""
    found: list[Evaluated] = []
    state = _Reading()
    fenced = path.suffix != ".md"
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = raw.split("  #")[0].strip()
        if path.suffix == ".md" and line.startswith("```"):
            fenced = line == "```evaluation"
            continue
        if not fenced or not line or line.startswith("#"):
            continue
        if line.startswith("case "):
            state = _Reading(line[5:])
        elif line.startswith("load "):
            state.series.append(_series(line))
        elif line.startswith("window "):
            _, low, high = line.split()
            state.window = (MIDNIGHT_S + seconds(low), MIDNIGHT_S + seconds(high))
        else:
            how, _, rest = line.partition(": ")
            query, _, expected = rest.rpartition(" => ")
            found.append(Evaluated(number, state.name, state.series, state.window, how, query, expected))
    return found


def seconds(text: str) -> int:
    """`90s`, `5m`, `1h30m`."""
    return sum(int(amount) * _UNIT_S[unit] for amount, unit in re.findall(r"(-?\d+)([smhd])", text))


def _series(line: str) -> MemorySeries:
    match = _LOAD.fullmatch(line)
    assert match, line
    kind, metric, tags, interval, start, notation = match.groups()
    step = seconds(interval)
    points = parse_notation(notation, step)
    times = [float(MIDNIGHT_S + seconds(start or "0s") + step * place) for place in points.places.tolist()]
    return MemorySeries(
        metric, kind, tuple(t.strip() for t in tags.split(",") if t), times, points.values, step, weights=points.weights
    )


def evaluated(case: Evaluated) -> Rows | None:
    """What the engine says; None when there is no group."""
    source, expression = MemorySource(case.series), parse_expression(case.query)
    low, high = case.window
    words = case.how.split()
    if words[0] == "points":
        step = seconds(words[1])
        grid = Grid(low, step, (high - low) // step)
        found = evaluate_expression(expression, grid, source.answer(plan_scans(expression, grid)))
        return dict(zip(map(",".join, found.groups), found.values.tolist(), strict=True)) or None
    if words[0] in ("change", "pct_change"):
        shift = seconds(words[1])
        answers = source.answer(plan_change(expression, low, high, shift, words[2]))
        return _values(reduce_change(expression, low, high, shift, words[2], words[0], answers))
    reducer = "avg" if words[0] == "full_window" else words[0]
    result = reduce_expression(
        expression, low, high, reducer, source.answer(plan_reduction(expression, low, high, reducer))
    )
    if words[0] == "full_window":
        full = result.first_filled & (result.empty_buckets <= 3)
        return dict(zip(map(",".join, result.groups), [[float(one)] for one in full], strict=True))
    return _values(result)


def _values(result: Reduced) -> Rows | None:
    return dict(zip(map(",".join, result.groups), [[value] for value in result.values.tolist()], strict=True)) or None


def wanted(case: Evaluated) -> Rows | None:
    """What the file says."""
    if case.expected == "no data":
        return None
    rows: Rows = {}
    for part in case.expected.split(" | "):
        group, _, numbers = part.rpartition(": ")
        rows[group.strip()] = [_number(word) for word in numbers.split()]
    return rows


_WORDS = {"_": math.nan, "skipped": math.nan, "yes": 1.0, "no": 0.0}


def _number(word: str) -> float:
    return _WORDS[word] if word in _WORDS else float(word)


def same(a: Rows | None, b: Rows | None, tolerance: float) -> bool:
    """Equal groups with equal numbers."""
    if a is None or b is None or a.keys() != b.keys():
        return a is b
    return all(
        len(a[key]) == len(b[key])
        and all(
            (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance)
            for x, y in zip(a[key], b[key], strict=True)
        )
        for key in a
    )
