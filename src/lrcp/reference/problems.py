"""Errors as RFC 9457 problem documents."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from lrcp.reference.asking import UpstreamError


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(UpstreamError, _upstream_failed)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [{"field": _field_name(fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    return _problem(422, "The request is not valid", detail, errors=faults)


async def _upstream_failed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UpstreamError)
    reply = _problem(error.status, "The model could not be asked", error.detail)
    if error.retry_after:
        reply.headers["retry-after"] = error.retry_after
    return reply


def _field_name(place: Sequence[Any]) -> str:
    """`question` for ("body", "question"); a body that is no JSON has no field and is called `body`."""
    return ".".join(str(part) for part in place[1:] if not isinstance(part, int)) or str(place[0])


def _problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
