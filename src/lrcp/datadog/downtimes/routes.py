"""Routes of downtimes, both APIs."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.downtimes.newer_routes import DowntimeHandlers, MatchHandlers
from lrcp.datadog.downtimes.older_routes import OlderDowntimeHandlers
from lrcp.datadog.monitors.ports import MonitorStates
from lrcp.kit.clock import Clock
from lrcp.store.state.resources import ResourceStore


def downtime_routes(store: ResourceStore, states: MonitorStates, clock: Clock) -> list[BaseRoute]:
    """CRUD of downtimes in v2 and v1, and the downtimes of a monitor."""
    downtimes, monitors = Documents(store, "downtime", clock), Documents(store, "monitor", clock)
    newer, older = DowntimeHandlers(downtimes), OlderDowntimeHandlers(downtimes)
    matching = MatchHandlers(downtimes, monitors, lambda id: [state.group for state in states.groups(id)])
    return [
        Route("/api/v2/downtime", newer.list_all, methods=["GET"]),
        Route("/api/v2/downtime", newer.create, methods=["POST"]),
        Route("/api/v2/downtime/{id}", newer.get, methods=["GET"]),
        Route("/api/v2/downtime/{id}", newer.update, methods=["PATCH"]),
        Route("/api/v2/downtime/{id}", newer.cancel, methods=["DELETE"]),
        Route("/api/v2/monitor/{id}/downtime_matches", matching.matches, methods=["GET"]),
        Route("/api/v1/downtime", older.list_all, methods=["GET"]),
        Route("/api/v1/downtime", older.create, methods=["POST"]),
        Route("/api/v1/downtime/cancel/by_scope", older.cancel_by_scope, methods=["POST"]),
        Route("/api/v1/downtime/{id}", older.get, methods=["GET"]),
        Route("/api/v1/downtime/{id}", older.update, methods=["PUT"]),
        Route("/api/v1/downtime/{id}", older.cancel, methods=["DELETE"]),
        Route("/api/v1/monitor/{id}/downtimes", older.of_monitor, methods=["GET"]),
    ]
