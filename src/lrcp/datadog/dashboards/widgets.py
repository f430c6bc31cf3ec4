"""Widgets: their types, and what each must have. Source: OpenAPI 2.62.0 (WidgetDefinition), DATADOG.md 4.1."""

from typing import Any, Final

from lrcp.datadog.errors import invalid
from lrcp.datadog.shapes import take_list, take_object

MAX_WIDGETS: Final = 1_000
MAX_DEPTH: Final = 3
"""Widgets within widgets: a group holds others, a split group one."""
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "alert_graph": ("alert_id", "viz_type"),
    "alert_value": ("alert_id",),
    "bar_chart": ("requests",),
    "change": ("requests",),
    "check_status": ("check", "grouping"),
    "cohort": ("requests",),
    "distribution": ("requests",),
    "embedded_app": (),
    "event_stream": ("query",),
    "event_timeline": ("query",),
    "free_text": ("text",),
    "funnel": ("requests",),
    "geomap": ("requests", "style", "view"),
    "group": ("layout_type", "widgets"),
    "heatgrid": ("requests",),
    "heatmap": ("requests",),
    "hostmap": ("requests",),
    "iframe": ("url",),
    "image": ("url",),
    "list_stream": ("requests",),
    "log_stream": (),
    "manage_status": ("query",),
    "note": ("content",),
    "point_plot": ("requests",),
    "powerpack": ("powerpack_id",),
    "query_table": ("requests",),
    "query_value": ("requests",),
    "retention_curve": ("requests",),
    "run_workflow": ("workflow_id",),
    "sankey": ("requests",),
    "scatterplot": ("requests",),
    "servicemap": ("filters", "service"),
    "slo": ("view_type",),
    "slo_list": ("requests",),
    "split_group": ("source_widget_definition", "split_config", "size"),
    "sunburst": ("requests",),
    "timeseries": ("requests",),
    "toplist": ("requests",),
    "topology_map": ("requests",),
    "trace_service": ("env", "service", "span_name"),
    "treemap": ("requests",),
    "wildcard": ("requests", "specification"),
}
"""Type of a widget -> members that its definition must have."""


def check_widgets(widgets: list[Any], *, depth: int = 1) -> None:
    """Raises: Refusal - one of them is no widget; says which member."""
    for widget in widgets:
        if not isinstance(widget, dict):
            raise invalid("'widgets' is invalid: a widget must be an object with a definition")
        check_definition(take_object(widget, "definition", path="widgets"), depth=depth)


def check_definition(definition: dict[str, Any], *, depth: int = 1) -> None:
    """Raises: Refusal."""
    kind = definition.get("type")
    if not isinstance(kind, str) or kind not in REQUIRED:
        raise invalid(f"'widgets' is invalid: there is no widget of type {str(kind)[:60]!r}")
    for member in REQUIRED[kind]:
        if member not in definition:
            raise invalid(f"'widgets' is invalid: a {kind} widget must have '{member}'")
    if depth > MAX_DEPTH:
        raise invalid("'widgets' is invalid: groups within groups are nested too deep")
    if kind == "group":
        check_widgets(take_list(definition, "widgets", path=kind, most=MAX_WIDGETS), depth=depth + 1)
    elif kind == "split_group":
        check_definition(take_object(definition, "source_widget_definition", path=kind), depth=depth + 1)
