"""SLOs and corrections as the API answers them."""

from typing import Any

from lrcp.datadog.identity import CREATOR, HANDLE, NAME, USER_UUID
from lrcp.datadog.times import unix_s
from lrcp.model.resource import Resource


def render_slo(slo: Resource) -> dict[str, Any]:
    """An SLO with its id, times (Unix seconds) and creator."""
    creator = {member: CREATOR[member] for member in ("name", "handle", "email")}
    stamps = {"creator": creator, "created_at": unix_s(slo.created_ns), "modified_at": unix_s(slo.modified_ns)}
    return {"id": slo.id, **slo.document, **stamps}


def render_correction(correction: Resource, *, new: bool = False) -> dict[str, Any]:
    """A correction; one that was just made has no times yet in the server's reply."""
    stamps = {"created_at": unix_s(correction.created_ns), "modified_at": unix_s(correction.modified_ns)}
    changed = correction.modified_ns > correction.created_ns
    attributes = {**correction.document, **(dict.fromkeys(stamps) if new else stamps)}
    attributes |= {"creator": _user(), "modifier": _user() if changed else None}
    return {"type": "correction", "id": correction.id, "attributes": attributes}


def _user() -> dict[str, Any]:
    attributes = {"uuid": USER_UUID, "handle": HANDLE, "email": HANDLE, "name": NAME, "icon": ""}
    return {"data": {"type": "users", "id": USER_UUID, "attributes": attributes}}
