"""prepare: a definition becomes something that can be evaluated at any time. Kinds of monitors are rows of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrcp.model.monitor import Monitor
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts
from lrcp.monitors.evaluate.threshold import observe_threshold
from lrcp.monitors.evaluate.timing import Timing, timing_of
from lrcp.monitors.observation import Observation
from lrcp.query.monitor.ast import (
    MonitorQuery,
)
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.scan.scans import Scan

COMPOSITE_STAGE: Final = 2
"""Composites come last in a tick."""

Slos = Mapping[str, Any]
"""lrcp.model.slo.Slo by id."""


@dataclass(frozen=True, slots=True)
class Kind:
    """build: the observer of a monitor. stage: 0 data, 1 slo alerts, 2 composites; the order within one tick.

    window_s: how far an evaluation looks, which says how often there is one.
    """

    build: Callable[[Monitor, Any, Slos], Observer]
    window_s: Callable[[Any], float]
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A monitor that is ready. query: parsed. stage: as of its kind. references: monitors whose states it looks at."""

    monitor: Monitor
    query: MonitorQuery
    observer: Observer
    timing: Timing
    stage: int
    references: tuple[int, ...] = ()

    def is_due(self, at_s: int, evaluated_s: float | None) -> bool:
        """Whether a tick evaluates it; evaluated_s: time of the evaluation before, None: never."""
        return self.timing.is_due(at_s, evaluated_s)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """What has to be read for an evaluation at a time, Unix seconds."""
        return self.observer.scans(at_s)

    def observe(self, at_s: int, answers: Answers, parts: Parts | None = None) -> Observation:
        """What the answers say. parts: other monitors, for composites and SLOs of monitors."""
        return self.observer.observe(at_s, answers, parts or {})


KINDS: Final[dict[str, Kind]] = {
    "threshold": Kind(
        lambda monitor, query, slos: observe_threshold(monitor, query), lambda query: query.window.seconds
    ),
}
"""Every kind of monitor, by the name that kind_of gives."""


def kind_of(query: MonitorQuery) -> str:
    """Which row of KINDS a query belongs to."""
    return "threshold"


def prepare(monitor: Monitor, slos: Slos) -> Prepared:
    """A monitor, parsed and checked, ready to be evaluated.

    Raises: QueryError - its query or its options mean nothing.
    """
    query = parse_monitor_query(monitor.type, monitor.query)
    kind = KINDS[kind_of(query)]
    return Prepared(
        monitor=monitor,
        query=query,
        observer=kind.build(monitor, query, slos),
        timing=timing_of(monitor, kind.window_s(query)),
        stage=kind.stage,
    )
