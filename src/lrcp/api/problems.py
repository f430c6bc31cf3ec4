"""Errors of the API as problem documents (RFC 9457): what is wrong, and where."""

import logging
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lrcp.model.errors import BusyError, InputError, LrcpError, UnavailableError

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


class FieldError(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="Where: query.limit, path.trace_id, body.query", examples=["query.limit"])
    message: str = Field(examples=["Input should be less than or equal to 200"])


class Problem(BaseModel):
    """A problem document, RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        default="about:blank", description="Names the kind of problem", examples=["/problems/bad-request"]
    )
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["cursor: it is not one that this server gave out"])
    errors: list[FieldError] = Field(default=[], description="The fields that are wrong, where fields are")


class ApiError(LrcpError):
    """A problem to be rendered. extra: further members of the document, e.g. the position in a statement."""

    def __init__(self, status: int, detail: str, *, errors: list[dict[str, str]] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors or []
        self.extra = extra


def field_error(field: str, message: str) -> ApiError:
    """422 for one field; field as in FieldError."""
    return ApiError(422, f"{field.partition('.')[2]}: {message}", errors=[{"field": field, "message": message}])


def render_problem(status: int, detail: str, *, headers: dict[str, str] | None = None, **members: Any) -> Response:
    """The response of a problem."""
    title = HTTPStatus(status).phrase
    document = {
        "type": f"/problems/{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    body = msgspec.json.encode({**document, **{key: value for key, value in members.items() if value}})
    return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


_STATUS_OF: Final[tuple[tuple[type[LrcpError], int], ...]] = (
    (BusyError, 429),
    (UnavailableError, 503),
    (InputError, 400),
    (LrcpError, 500),
)


async def _render_api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return render_problem(error.status, str(error), errors=error.errors, **error.extra)


async def _render_lrcp_error(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS_OF if isinstance(error, kind))
    headers = {"retry-after": "1"} if status in (429, 503) else None
    if status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error)
    return render_problem(status, str(error), headers=headers)


async def _render_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path[:200]}"
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail = f"{request.method[:20]} is not allowed here, use {allowed}"
    return render_problem(error.status_code, detail, headers=dict(error.headers or {}))


async def _render_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['field'].partition('.')[2] or one['field']}: {one['message']}" for one in errors)
    return render_problem(422, detail, errors=errors)


async def _render_unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return render_problem(500, f"the server failed on this request ({type(error).__name__}); its log says more")


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(ApiError, _render_api_error)
    app.add_exception_handler(LrcpError, _render_lrcp_error)
    app.add_exception_handler(HTTPException, _render_http_exception)
    app.add_exception_handler(RequestValidationError, _render_validation)
    app.add_exception_handler(Exception, _render_unexpected)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route in the OpenAPI document."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
