"""prepare: a definition becomes something that can be evaluated at any time. Kinds of monitors are rows of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrcp.model.monitor import Monitor
from lrcp.model.slo import Slo
from lrcp.monitors.evaluate.anomaly import anomaly_interval_s, observe_anomalies
from lrcp.monitors.evaluate.checks import observe_check
from lrcp.monitors.evaluate.composite import observe_composite, references
from lrcp.monitors.evaluate.events import EventObserver, observe_events
from lrcp.monitors.evaluate.forecast import forecast_interval_s, observe_forecast
from lrcp.monitors.evaluate.formula import observe_formula
from lrcp.monitors.evaluate.issues import observe_new_issues
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts
from lrcp.monitors.evaluate.outlier import observe_outliers
from lrcp.monitors.evaluate.threshold import observe_threshold
from lrcp.monitors.evaluate.timing import TICK_S, Timing, frequency_s, timing_of
from lrcp.monitors.observation import Observation
from lrcp.monitors.slo.alert import observe_slo, slo_interval_s
from lrcp.query.metric.ast import Call
from lrcp.query.monitor.ast import (
    CheckMonitorQuery,
    CompositeQuery,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
    SloQuery,
)
from lrcp.query.monitor.check import check_monitor_query
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.monitor.thresholds import check_thresholds
from lrcp.query.scan.scans import Scan

SLO_STAGE: Final = 1
COMPOSITE_STAGE: Final = 2
"""Of a tick: composites come last."""

Slos = Mapping[str, Slo]
"""By id; a SloBook also knows what monitor SLOs are judged by."""


Build = Callable[[Monitor, Any, Slos], Observer]
"""The observer of a monitor with its parsed query. Raises: QueryError."""


@dataclass(frozen=True, slots=True)
class Kind:
    """build: the observer of a monitor. interval_s: seconds between evaluations. stage: 0 data, 1 SLO alerts, 2
    composites: the order within one tick. references: monitors whose states it looks at, by the query and the SLOs.
    """

    build: Build
    interval_s: Callable[[Any], int]
    stage: int = 0
    references: Callable[[Any, Slos], tuple[int, ...]] = lambda query, slos: ()


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


def _window_interval_s(query: Any) -> int:
    return frequency_s(query.window.seconds)


def _anomaly_interval_s(query: Any) -> int:
    return anomaly_interval_s(query.expression)


def _forecast_interval_s(query: Any) -> int:
    """Not before the next point of the history."""
    return max(_window_interval_s(query), forecast_interval_s(query))


def _every_tick(query: Any) -> int:
    return TICK_S


def _plain(build: Callable[[Monitor, Any], Observer]) -> Build:
    """A kind that looks at no SLO."""
    return lambda monitor, query, slos: build(monitor, query)


def _called(build: Callable[[Monitor, Any, Call], Observer]) -> Build:
    """A kind that is one call of an algorithm."""
    return lambda monitor, query, slos: build(monitor, query, query.expression)


def _parts_of(query: CompositeQuery, slos: Slos) -> tuple[int, ...]:
    return tuple(dict.fromkeys(references(query.condition)))


def _observe_events(monitor: Monitor, query: EventMonitorQuery) -> Observer:
    """Events as they are, or only those of new issues."""
    found = observe_events(monitor, query)
    if isinstance(found, EventObserver) and "new" in dict(query.calls):
        return observe_new_issues(found)
    return found


KINDS: Final[dict[str, Kind]] = {
    "threshold": Kind(_plain(observe_threshold), _window_interval_s),
    "anomalies": Kind(_called(observe_anomalies), _anomaly_interval_s),
    "outliers": Kind(_called(observe_outliers), _window_interval_s),
    "forecast": Kind(_called(observe_forecast), _forecast_interval_s),
    "events": Kind(_plain(_observe_events), _window_interval_s),
    "formula": Kind(_plain(observe_formula), _window_interval_s),
    "check": Kind(_plain(observe_check), _every_tick),
    "slo": Kind(observe_slo, slo_interval_s, SLO_STAGE),
    "composite": Kind(_plain(observe_composite), _every_tick, COMPOSITE_STAGE, _parts_of),
}
"""Every kind of monitor, by the name that kind_of gives."""

_FAMILIES: Final[dict[type, str]] = {
    MetricMonitorQuery: "threshold",
    EventMonitorQuery: "events",
    FormulaMonitorQuery: "formula",
    CheckMonitorQuery: "check",
    SloQuery: "slo",
    CompositeQuery: "composite",
}
_ALGORITHMS: Final = frozenset({"anomalies", "outliers", "forecast"})


def kind_of(query: MonitorQuery) -> str:
    """Which row of KINDS a query belongs to; a metric query that is a call of an algorithm is of that algorithm's."""
    if isinstance(query, MetricMonitorQuery) and isinstance(query.expression, Call):
        name = query.expression.name
        return name if name in _ALGORITHMS else "threshold"
    return _FAMILIES[type(query)]


def prepare(monitor: Monitor, slos: Slos) -> Prepared:
    """A monitor, parsed and checked, ready to be evaluated. slos: those that SLO alerts may name, by id.

    Raises: QueryError - its query or its options mean nothing.
    """
    query = parse_monitor_query(monitor.type, monitor.query)
    check_monitor_query(monitor.type, query, monitor_id=monitor.id)
    check_thresholds(query, monitor.options.thresholds)
    kind = KINDS[kind_of(query)]
    return Prepared(
        monitor=monitor,
        query=query,
        observer=kind.build(monitor, query, slos),
        timing=timing_of(monitor, kind.interval_s(query)),
        stage=kind.stage,
        references=kind.references(query, slos),
    )
