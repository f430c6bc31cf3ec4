"""Replies of the intakes, and errors in the form that each of them has."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from lrcp.ingest.http import Reply, Request

ACCEPTED_OK: Final = b'{"status":"ok"}'
ACCEPTED_NO_ERRORS: Final = b'{"errors":[]}'
ACCEPTED_EMPTY: Final = b"{}"


def render_error(request: Request, status: int, message: str) -> Reply:
    """An error as the intake of this path words it: a list of texts, a list of objects, or code and message."""
    shape = _SHAPES.get(request.path, _texts)
    return Reply(status, msgspec.json.encode(shape(status, message)))


def _texts(status: int, message: str) -> dict[str, Any]:
    return {"errors": [message]}


def _objects(status: int, message: str) -> dict[str, Any]:
    return {"errors": [{"status": str(status), "title": _title(status), "detail": message}]}


def _code_and_message(status: int, message: str) -> dict[str, Any]:
    return {"code": status, "message": message}


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


_SHAPES: Final[dict[str, Callable[[int, str], dict[str, Any]]]] = {
    "/api/v2/logs": _objects,
    "/api/v2/events": _objects,
    "/v1/input": _code_and_message,
}
