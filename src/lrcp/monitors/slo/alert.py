"""SLO alerts: how fast the error budget is spent in two windows, or how much of it is. Source: DATADOG.md 3.7, rule 19."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.monitor import Monitor
from lrcp.model.slo import Slo
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts
from lrcp.monitors.evaluate.timing import frequency_s
from lrcp.monitors.observation import Observation
from lrcp.monitors.slo.budget import burn_rate_of, consumed_percent
from lrcp.monitors.slo.measure import Measure, measure_of
from lrcp.monitors.slo.past import PastStates
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import Comparison, SloQuery
from lrcp.query.monitor.check import check_burn_rate
from lrcp.query.scan.scans import Scan

_FACTS: Final = ("long_window_burn_rate", "short_window_burn_rate")
SHORT_PART: Final = 12
"""The short window is this part of the long one where the query does not say."""


class SloBook(Mapping[str, Slo]):
    """SLOs by id, and what monitor SLOs are judged by."""

    def __init__(self, slos: Mapping[str, Slo], past: PastStates | None = None) -> None:
        self._slos = slos
        self.past = past

    def __getitem__(self, id: str) -> Slo:
        return self._slos[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._slos)

    def __len__(self) -> int:
        return len(self._slos)


@dataclass(frozen=True, slots=True)
class SloObserver:
    """windows_s: of a burn rate the long and the short one, of an error budget its timeframe. target: ratio."""

    kind: str
    measure: Measure
    target: float
    windows_s: tuple[int, ...]
    comparison: Comparison
    delay_s: int

    @property
    def keys(self) -> tuple[str, ...]:
        """None: an SLO alert is about the whole SLO."""
        return ()

    def scans(self, at_s: int) -> frozenset[Scan]:
        """Each window as one bucket, and what of it is corrected; time slices one by one."""
        return frozenset(scan for span in self._spans(at_s) for scan in self.measure.scans(*span))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """The lower of the two burn rates (above the threshold when both are), or percent of the budget that is spent.

        Without traffic the rate is 0 and nothing is spent: an SLO alert never has no data.
        """
        figures = [self._figure(*self.measure.ratio(*span, answers)) for span in self._spans(at_s)]
        return Observation(
            groups=[()],
            data=np.ones(1, dtype=np.bool_),
            values=np.array([min(figures)]),
            comparison=self.comparison,
            family="slo",
            meaning=self._meaning(),
            window_s=max(self.windows_s),
            note=self._note(figures),
            facts=dict(zip(_FACTS, figures, strict=True)) if self.kind == "burn_rate" else {},
        )

    def _spans(self, at_s: int) -> Iterator[tuple[int, int]]:
        step_s = self.measure.step_s
        end_s = (at_s - self.delay_s) // step_s * step_s
        for window_s in self.windows_s:
            yield end_s - max(step_s, window_s // step_s * step_s), end_s

    def _figure(self, good: float, valid: float) -> float:
        sli = good / valid if valid > 0 else None
        if self.kind == "burn_rate":
            return burn_rate_of(sli, self.target)
        return 0.0 if sli is None else consumed_percent(sli, self.target)

    def _meaning(self) -> str:
        spelled = [spell_duration(window_s) for window_s in self.windows_s]
        if self.kind == "burn_rate":
            return f"burn rate of the last {spelled[0]} and of the last {spelled[1]}, the lower"
        return f"percent of the error budget of {spelled[0]} that is spent"

    def _note(self, figures: list[float]) -> str:
        if self.kind != "burn_rate":
            return ""
        return f"burn rate {figures[0]:.4g} in the long window, {figures[1]:.4g} in the short one"


def observe_slo(monitor: Monitor, query: SloQuery, slos: Mapping[str, Slo]) -> Observer:
    """The observer of an SLO alert.

    Raises: QueryError - no such SLO, no target for its timeframe, a threshold that is never reached, or an SLO whose own
        queries mean nothing.
    """
    slo = slos.get(query.slo_id)
    if slo is None:
        raise QueryError(f"there is no SLO {query.slo_id!r}")
    frame = f"{query.over.amount}{query.over.unit}"
    target = slo.target_of(frame)
    if target is None:
        known = tuple(one.timeframe for one in slo.targets)
        raise QueryError(f"the SLO {slo.name!r} has no target for {frame}", expected=known)
    check_burn_rate(query, target.target / 100)
    return SloObserver(
        kind=query.kind,
        measure=measure_of(slo, slos.past if isinstance(slos, SloBook) else None),
        target=target.target / 100,
        windows_s=windows_of(query),
        comparison=query.comparison,
        delay_s=monitor.options.evaluation_delay or 0,
    )


def windows_of(query: SloQuery) -> tuple[int, ...]:
    """Seconds of the windows that are looked at: the long and the short one, or the timeframe."""
    if query.long_window is None:
        return (query.over.seconds,)
    long_s = query.long_window.seconds
    return long_s, query.short_window.seconds if query.short_window is not None else long_s // SHORT_PART


def slo_interval_s(query: SloQuery) -> int:
    """Seconds between evaluations, by the longest window: burn rates every 10 s up to a day, error budgets every 30 min."""
    return frequency_s(max(windows_of(query)))
