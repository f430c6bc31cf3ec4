"""Routes of the searches."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.events_search.aggregating import Aggregations
from lrcp.datadog.events_search.listing import Lists
from lrcp.datadog.events_search.older import OlderEvents, OlderLogs
from lrcp.datadog.events_search.products import EVENTS, LOGS, SPANS
from lrcp.kit.clock import Clock
from lrcp.store.telemetry.store import TelemetryStore


def event_search_routes(store: TelemetryStore, clock: Clock) -> list[BaseRoute]:
    """Lists and aggregations of logs, spans and events. The intakes have the POSTs of `/api/v1/events` and `/api/v2/events`."""
    found: list[BaseRoute] = []
    for product in (LOGS, SPANS, EVENTS):
        lists = Lists(product, store, clock)
        found.append(Route(product.search_path, lists.by_body, methods=["POST"]))
        found.append(Route(product.path, lists.by_url, methods=["GET"]))
    for product in (LOGS, SPANS):
        path = f"/api/v2/{product.source}/analytics/aggregate"
        found.append(Route(path, Aggregations(product, store, clock).by_body, methods=["POST"]))
    older_events, older_logs = OlderEvents(store), OlderLogs(store, clock)
    return [
        *found,
        Route("/api/v1/events", older_events.list, methods=["GET"]),
        Route("/api/v1/events/{id}", older_events.get, methods=["GET"]),
        Route("/api/v1/logs-queries/list", older_logs.list, methods=["POST"]),
    ]
