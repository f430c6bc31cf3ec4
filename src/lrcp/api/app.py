"""The API's application: routes, errors, reference, web app."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from lrcp import __version__
from lrcp.api.guard import LOCAL_HOSTS, RequestGuard
from lrcp.api.health import HealthCheck, health_router
from lrcp.api.overview.routes import overview_router
from lrcp.api.pages import BuiltFiles, page_router
from lrcp.api.problems import Problem, install_problem_handlers, problem_responses
from lrcp.api.reader import TelemetryReader
from lrcp.api.sql.routes import sql_router
from lrcp.api.traces.routes import trace_router
from lrcp.kit.clock import Clock, SystemClock

_DESCRIPTION: Final = """
Read what LRCP has stored: traces, model traffic, and SQL over everything.

Times are ISO 8601 in UTC; durations end in `_ns` or `_s`; money is an integer number of nano-dollars (`_nusd`), `null`
where no price is known. Errors are problem documents (RFC 9457) that name the field.
"""
_TAGS: Final = [
    {"name": "Traces", "description": "Finding traces, one trace whole, one span with its words."},
    {"name": "Overview", "description": "Requests, errors, latency, tokens and cost over time."},
    {"name": "SQL", "description": "Read-only ClickHouse SQL over the telemetry tables."},
    {"name": "Monitors", "description": "What monitors found, why, and what was told of it."},
    {"name": "SLOs", "description": "Error budgets, now and over time."},
    {"name": "Policy", "description": "What the gateway obeys: read, change, compare, try out, go back."},
    {"name": "Keys", "description": "Virtual keys of the gateway's callers."},
    {"name": "Health", "description": "Each component and why."},
]


def create_api(
    reader: TelemetryReader,
    health_checks: Mapping[str, HealthCheck],
    static_dir: Path,
    *,
    clock: Clock | None = None,
    allowed_hosts: Sequence[str] = LOCAL_HOSTS,
    sql_settings: Mapping[str, Any] | None = None,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application of the server's main port.

    Args:
        health_checks: component name to its check, for /health.
        static_dir: the web build; it may be missing, then pages say how to build it.
        allowed_hosts: host names this server answers to, without port; ('*',) for all.
        sql_settings: further engine settings for users' SQL, e.g. {"readonly": 2} for a ClickHouse server.
        routers: further routes, tried before the pages.
    """
    now = clock or SystemClock()
    app = FastAPI(
        title="LRCP", version=__version__, description=_DESCRIPTION, openapi_tags=_TAGS, docs_url=None, redoc_url=None
    )
    install_problem_handlers(app)
    mine = (trace_router(reader, now), overview_router(reader, now), sql_router(reader, sql_settings or {}))
    for router in (*mine, health_router(health_checks), *routers):
        app.include_router(router)
    app.mount("/assets", BuiltFiles(directory=static_dir / "assets", check_dir=False))
    app.include_router(page_router(static_dir))
    app.add_middleware(RequestGuard, allowed_hosts=allowed_hosts)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with problem documents where FastAPI would put its own form of validation errors."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    validation = problem_responses(422)[422]
    for operations in document["paths"].values():
        for operation in operations.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = validation
    app.openapi_schema = document
    return document
