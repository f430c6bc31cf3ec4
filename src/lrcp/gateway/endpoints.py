"""What the gateway answers besides calls to models: the list of models, its health, and paths that are none."""

from typing import Any, Final
from urllib.parse import quote

import msgspec

from lrcp.gateway.exchange import Reply
from lrcp.gateway.wire.formats import CALL_PATHS

JSON: Final = (b"content-type", b"application/json")
HEALTH_PATHS: Final = ("/health", "/healthz", "/v1/health")
_PATHS: Final = ", ".join([*(f"POST {path}" for path in CALL_PATHS), "GET /v1/models", "GET /health"])


def is_models_path(path: str) -> bool:
    """The list of models or one of them; a path that climbs out of it is not followed to the provider."""
    return path == "/v1/models" or (path.startswith("/v1/models/") and ".." not in path.split("/"))


def models_url(base_url: str, path: str, query: bytes) -> str:
    """Where a provider lists its models; the path was decoded on its way in."""
    listed = quote(path.removeprefix("/v1"), safe="/:@")
    return f"{base_url}{listed}?{query.decode('latin-1')}" if query else f"{base_url}{listed}"


def render_health(health: dict[str, Any]) -> Reply:
    """The state of the gateway."""
    return Reply(200, [JSON], msgspec.json.encode(health))


def unknown_path(path: str) -> tuple[int, str, str]:
    """(status, message, code) for a path that is none."""
    return 404, f"no such path: {path[:200]}; this gateway answers {_PATHS}", "unknown_path"


def wrong_method(method: str, path: str) -> tuple[int, str, str]:
    """(status, message, code) for a method that a path does not take."""
    return 405, f"{method[:20]} is not allowed for {path[:200]}; this gateway answers {_PATHS}", "wrong_method"
