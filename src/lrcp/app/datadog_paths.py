"""Datadog's paths, product by product."""

from starlette.routing import BaseRoute

from lrcp.datadog.dashboards.routes import dashboard_routes
from lrcp.datadog.downtimes.routes import downtime_routes
from lrcp.datadog.events_search.routes import event_search_routes
from lrcp.datadog.metric_settings.known import StoredMetrics
from lrcp.datadog.metric_settings.routes import metric_setting_routes
from lrcp.datadog.metrics_query.routes import metric_query_routes
from lrcp.datadog.monitor_rules.routes import monitor_rule_routes
from lrcp.datadog.monitors.routes import monitor_routes
from lrcp.datadog.slos.routes import slo_routes
from lrcp.kit.clock import Clock
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.past import StoredPast
from lrcp.monitors.slo.stored import StoredMonitors
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore


def datadog_routes(
    resources: ResourceStore, states: MonitorStateStore, store: TelemetryStore, clock: Clock
) -> list[BaseRoute]:
    """All of them; the first that fits a request has it."""
    source = TelemetrySource(store)
    slos = SloReader(source, StoredPast(states, StoredMonitors(resources)))
    return [
        *monitor_routes(resources, states, clock),
        *downtime_routes(resources, states, clock),
        *monitor_rule_routes(resources, clock),
        *slo_routes(resources, slos, clock),
        *dashboard_routes(resources, clock),
        *event_search_routes(store, clock),
        *metric_query_routes(resources, source, store, clock),
        *metric_setting_routes(resources, StoredMetrics(store), clock),
    ]
