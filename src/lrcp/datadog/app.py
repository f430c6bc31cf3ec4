"""Datadog's own HTTP paths as one application: routes of the products, and their errors in Datadog's shapes."""

import logging
from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from lrcp.datadog.errors import Refusal
from lrcp.datadog.http import reply
from lrcp.model.errors import BusyError, InputError, LrcpError, UnavailableError

log = logging.getLogger(__name__)


def create_datadog_api(routes: Sequence[BaseRoute]) -> Starlette:
    """The application of `/api/v1/...` and `/api/v2/...` outside the intakes.

    Args:
        routes: of all products, e.g. `[*monitor_routes(...), *slo_routes(...)]`; the first that fits a request has it.

    Keys are not asked for, as at the intakes: the process listens on the machine itself unless told otherwise.
    """
    handlers = {
        Refusal: _render_refusal,
        LrcpError: _render_lrcp_error,
        HTTPException: _render_http_exception,
        Exception: _render_unexpected,
    }
    return Starlette(routes=list(routes), exception_handlers=handlers)


_STATUS_OF: Final[tuple[tuple[type[LrcpError], int], ...]] = (
    (BusyError, 429),
    (UnavailableError, 503),
    (InputError, 400),
    (LrcpError, 500),
)


async def _render_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return reply({"errors": list(error.errors)}, error.status)


async def _render_lrcp_error(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS_OF if isinstance(error, kind))
    response = reply({"errors": [str(error)]}, status)
    if status in (429, 503):
        # The official clients wait for this long before they try again, when they are told to.
        response.headers["x-ratelimit-reset"] = response.headers["retry-after"] = "1"
    if status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error)
    return response


async def _render_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = {404: "Not found", 405: "Method not allowed"}.get(error.status_code, str(error.detail))
    response = reply({"errors": [text]}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _render_unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return reply({"errors": ["Internal server error"]}, 500)
