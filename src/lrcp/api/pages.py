"""The web app and the API reference, as static files; every other path is the app's, which routes in the browser."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_SERVED_ELSEWHERE: Final = ("/api", "/openapi.json", "/v1/", "/assets/", "/health")
_NO_BUILD: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>LRCP</title>
<body style="font:16px/1.6 system-ui;max-width:40rem;margin:15vh auto;padding:0 1rem">
<h1>The web app is not built yet</h1>
<p>Run <code>make web</code> in the repository and reload this page. (<code>make run</code> does it by itself.)</p>
<p>The API works without it: <a href="/health">/health</a>, <a href="/openapi.json">/openapi.json</a>.</p></body></html>"""


class BuiltFiles(StaticFiles):
    """Files whose names carry a hash of what they hold: to be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def page_router(static_dir: Path) -> APIRouter:
    """/docs, the files at the top of the build, and index.html for the app's own routes."""
    router = APIRouter(include_in_schema=False)
    top = static_dir.resolve()

    @router.get("/docs")
    async def get_docs() -> Response:
        return _page(top / "docs.html")

    @router.get("/{path:path}")
    async def get_page(request: Request, path: str) -> Response:
        if request.url.path.startswith(_SERVED_ELSEWHERE):
            raise _unknown(request, router)
        if path in _files_of(top):
            return FileResponse(top / path)
        if "." in path.rpartition("/")[2]:
            raise HTTPException(404)
        return _page(top / "index.html")

    @router.api_route("/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def refuse_other(request: Request, path: str) -> Response:
        raise _unknown(request, router)

    return router


def _files_of(directory: Path) -> frozenset[str]:
    """Names of the files in a directory; a path that somebody sent is looked up here and never opened."""
    try:
        return frozenset(entry.name for entry in directory.iterdir() if entry.is_file())
    except OSError:
        return frozenset()


_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")


def _unknown(request: Request, pages: APIRouter) -> HTTPException:
    """404, or 405 when the API has the path for another method: the pages match every path, so the router cannot tell."""
    api = [route for route in request.app.routes if getattr(route, "original_router", None) is not pages]
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    allowed = [m for m in _METHODS if any(route.matches(scopes[m])[0] is Match.FULL for route in api)]
    if allowed:
        return HTTPException(405, headers={"Allow": ", ".join(allowed)})
    return HTTPException(404)


def _page(file: Path) -> Response:
    if not file.is_file():
        return HTMLResponse(_NO_BUILD, status_code=503)
    return FileResponse(file, headers={"cache-control": "no-cache"})
