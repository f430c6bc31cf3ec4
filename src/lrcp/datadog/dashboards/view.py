"""Dashboards as the API answers them: whole, in lists, as items of a list."""

from typing import Any

from lrcp.datadog.dashboards.definition import url_of
from lrcp.datadog.identity import HANDLE, NAME
from lrcp.datadog.times import iso_time
from lrcp.model.resource import Resource


def render_dashboard(dashboard: Resource) -> dict[str, Any]:
    """One, whole."""
    return {
        "id": dashboard.id,
        **dashboard.document,
        "author_handle": HANDLE,
        "author_name": NAME,
        "url": url_of(dashboard.id, dashboard.document["title"]),
        **_times(dashboard),
    }


def render_summary(dashboard: Resource) -> dict[str, Any]:
    """One in the list of all."""
    document = dashboard.document
    return {
        "id": dashboard.id,
        "title": document["title"],
        "description": document["description"],
        "layout_type": document["layout_type"],
        "url": url_of(dashboard.id, document["title"]),
        "is_read_only": document["is_read_only"],
        **_times(dashboard),
        "author_handle": HANDLE,
        "deleted_at": iso_time(dashboard.deleted_ns) if dashboard.deleted_ns else None,
    }


def type_of(dashboard: Resource) -> str:
    """What the lists call it."""
    return "custom_timeboard" if dashboard.document["layout_type"] == "ordered" else "custom_screenboard"


def render_item(dashboard: Resource) -> dict[str, Any]:
    """One in a person's list."""
    document = dashboard.document
    return {
        "id": dashboard.id,
        "type": type_of(dashboard),
        "title": document["title"],
        "url": url_of(dashboard.id, document["title"]),
        "author": {"handle": HANDLE, "name": NAME},
        "created": iso_time(dashboard.created_ns),
        "modified": iso_time(dashboard.modified_ns),
        "is_read_only": document["is_read_only"],
        "is_favorite": False,
        "is_shared": False,
        "icon": None,
        "integration_id": None,
        "popularity": 0,
    }


def render_list(found: Resource) -> dict[str, Any]:
    """A list without its items."""
    return {
        "id": int(found.id),
        "name": found.document["name"],
        "type": "manual_dashboard_list",
        "author": {"handle": HANDLE, "name": NAME},
        "created": iso_time(found.created_ns),
        "modified": iso_time(found.modified_ns),
        "dashboard_count": len(found.document["dashboards"]),
        "dashboards": None,
        "is_favorite": False,
    }


def _times(dashboard: Resource) -> dict[str, str]:
    return {"created_at": iso_time(dashboard.created_ns), "modified_at": iso_time(dashboard.modified_ns)}
