"""Who Datadog's documents name as their maker: an installation is one organisation with one user."""

from typing import Any, Final

ORG_ID: Final = 1
USER_ID: Final = 1
USER_UUID: Final = "00000000-0000-4000-8000-000000000001"
HANDLE: Final = "lrcp@localhost"
NAME: Final = "LRCP"

CREATOR: Final[dict[str, Any]] = {"name": NAME, "handle": HANDLE, "email": HANDLE, "id": USER_ID}
"""As v1 documents name a creator."""

USER_LINK: Final[dict[str, Any]] = {"data": {"type": "users", "id": USER_UUID}}
"""As `relationships.created_by` of v2 documents."""

INCLUDED_USER: Final[dict[str, Any]] = {
    "type": "users",
    "id": USER_UUID,
    "attributes": {
        "uuid": USER_UUID,
        "name": NAME,
        "handle": HANDLE,
        "created_at": "1970-01-01T00:00:00+00:00",
        "modified_at": "1970-01-01T00:00:00+00:00",
        "email": HANDLE,
        "icon": "",
        "title": None,
        "verified": True,
        "service_account": False,
        "disabled": False,
        "allowed_login_methods": [],
        "status": "Active",
    },
}
"""As `included` of v2 documents."""
