"""Readings: series scans put together, so that many monitors share one statement. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lrcp.query.scan.scans import SeriesScan, SketchScan

METRICS_A_STATEMENT: Final = 2000
_CHEAP_GAP: Final = 1.0
"""Two spans of time of a metric are read as one when the gap is at most so many times as long as they are together."""

Span = tuple[int, int]
"""[start_s, end_s), Unix seconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """Metrics that are read over one span of time."""

    start_s: int
    end_s: int
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement: buckets of step_s that begin at phase_s + i * step_s; i is the bucket's number."""

    step_s: int
    phase_s: int
    parts: tuple[Part, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """All of its metrics, without repeats."""
        return tuple(dict.fromkeys(metric for part in self.parts for metric in part.metrics))


def reading_key(scan: SeriesScan | SketchScan) -> tuple[int, int]:
    """(step_s, phase_s): scans that agree in it can be read together."""
    return scan.grid.step_s, scan.grid.start_s % scan.grid.step_s


def plan_readings(scans: Iterable[SeriesScan | SketchScan]) -> list[Reading]:
    """The fewest statements that read all of the scans. Each part of time of a metric is read once."""
    spans: dict[tuple[int, int], dict[str, list[Span]]] = {}
    for scan in scans:
        by_metric = spans.setdefault(reading_key(scan), {})
        by_metric.setdefault(scan.metric, []).append((scan.grid.start_s, scan.grid.end_s))
    return [
        Reading(step_s, phase_s, parts)
        for (step_s, phase_s), by_metric in sorted(spans.items())
        for parts in _statements(by_metric)
    ]


def _statements(by_metric: dict[str, list[Span]]) -> Iterator[tuple[Part, ...]]:
    """Parts of the metrics, so many metrics a statement."""
    metrics = sorted(by_metric)
    for first in range(0, len(metrics), METRICS_A_STATEMENT):
        holders: dict[Span, list[str]] = {}
        for metric in metrics[first : first + METRICS_A_STATEMENT]:
            for span in join_spans(by_metric[metric]):
                holders.setdefault(span, []).append(metric)
        yield tuple(Part(start_s, end_s, tuple(found)) for (start_s, end_s), found in sorted(holders.items()))


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap or lie close together as one; a week before now is not close."""
    joined: list[Span] = []
    for start, end in sorted(set(spans)):
        if joined:
            before_start, before_end = joined[-1]
            covered = (before_end - before_start) + (end - start)
            if start - before_end <= _CHEAP_GAP * covered:
                joined[-1] = (before_start, max(before_end, end))
                continue
        joined.append((start, end))
    return joined
