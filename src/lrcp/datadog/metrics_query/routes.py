"""Routes of queries and lists of metrics."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.metrics_query.listing import ListHandlers
from lrcp.datadog.metrics_query.names import MetricNames
from lrcp.datadog.metrics_query.querying import QueryHandlers
from lrcp.datadog.reader import Reader
from lrcp.kit.clock import Clock
from lrcp.query.scan.source import Source
from lrcp.store.state.resources import ResourceStore


def metric_query_routes(resources: ResourceStore, source: Source, reader: Reader, clock: Clock) -> list[BaseRoute]:
    """source: answers the queries. reader: lists the metrics, over the same store."""
    queries = QueryHandlers(source, clock)
    lists = ListHandlers(MetricNames(reader), Documents(resources, "metric_tags", clock), clock)
    return [
        Route("/api/v1/query", queries.older, methods=["GET"]),
        Route("/api/v2/query/timeseries", queries.timeseries, methods=["POST"]),
        Route("/api/v2/query/scalar", queries.scalar, methods=["POST"]),
        Route("/api/v1/metrics", lists.active, methods=["GET"]),
        Route("/api/v1/search", lists.search, methods=["GET"]),
        Route("/api/v2/metrics", lists.page, methods=["GET"]),
        Route("/api/v2/metrics/{name}/all-tags", lists.all_tags, methods=["GET"]),
        Route("/api/v2/metrics/{name}/volumes", lists.volumes, methods=["GET"]),
    ]
