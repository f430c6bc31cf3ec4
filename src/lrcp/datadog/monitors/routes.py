"""Routes of `/api/v1/monitor`."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.monitors.changing import ChangeHandlers
from lrcp.datadog.monitors.checks import MonitorChecks
from lrcp.datadog.monitors.kept import KeptMonitors
from lrcp.datadog.monitors.ports import MonitorStates
from lrcp.datadog.monitors.reading import ReadHandlers
from lrcp.datadog.monitors.searching import SearchHandlers
from lrcp.kit.clock import Clock
from lrcp.store.state.resources import ResourceStore


def monitor_routes(store: ResourceStore, states: MonitorStates, clock: Clock) -> list[BaseRoute]:
    """CRUD, checks and searches of monitors."""
    monitors, downtimes, slos, policies = (
        Documents(store, kind, clock) for kind in ("monitor", "downtime", "slo", "monitor_policy")
    )
    kept = KeptMonitors(monitors, downtimes, states)
    read, search = ReadHandlers(kept), SearchHandlers(kept)
    change = ChangeHandlers(kept, MonitorChecks(monitors, slos, policies), slos)
    return [
        Route("/api/v1/monitor", read.list_all, methods=["GET"]),
        Route("/api/v1/monitor", change.create, methods=["POST"]),
        Route("/api/v1/monitor/validate", change.validate, methods=["POST"]),
        Route("/api/v1/monitor/search", search.monitors, methods=["GET"]),
        Route("/api/v1/monitor/groups/search", search.groups, methods=["GET"]),
        Route("/api/v1/monitor/can_delete", change.can_delete, methods=["GET"]),
        Route("/api/v1/monitor/{id}", read.get, methods=["GET"]),
        Route("/api/v1/monitor/{id}", change.update, methods=["PUT"]),
        Route("/api/v1/monitor/{id}", change.delete, methods=["DELETE"]),
        Route("/api/v1/monitor/{id}/validate", change.validate_existing, methods=["POST"]),
    ]
