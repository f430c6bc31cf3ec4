"""Routes of the settings of metrics."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.metric_settings.assets import AssetHandlers
from lrcp.datadog.metric_settings.metadata import MetadataHandlers
from lrcp.datadog.metric_settings.ports import KnownMetrics
from lrcp.datadog.metric_settings.tags import TagHandlers
from lrcp.kit.clock import Clock
from lrcp.store.state.resources import ResourceStore


def metric_setting_routes(store: ResourceStore, metrics: KnownMetrics, clock: Clock) -> list[BaseRoute]:
    """Metadata, tag configurations, and what speaks of a metric."""
    metadata = MetadataHandlers(Documents(store, "metric_metadata", clock), metrics)
    tags = TagHandlers(Documents(store, "metric_tags", clock))
    kinds = {"dashboards": "dashboard", "monitors": "monitor", "slos": "slo"}
    assets = AssetHandlers({name: Documents(store, kind, clock) for name, kind in kinds.items()})
    return [
        Route("/api/v2/metrics/{name}/assets", assets.get, methods=["GET"]),
        Route("/api/v1/metrics/{name}", metadata.get, methods=["GET"]),
        Route("/api/v1/metrics/{name}", metadata.update, methods=["PUT"]),
        Route("/api/v2/metrics/{name}/tags", tags.get, methods=["GET"]),
        Route("/api/v2/metrics/{name}/tags", tags.create, methods=["POST"]),
        Route("/api/v2/metrics/{name}/tags", tags.update, methods=["PATCH"]),
        Route("/api/v2/metrics/{name}/tags", tags.delete, methods=["DELETE"]),
    ]
