"""The web app and the API reference, as static files; every other path is the app's, which routes in the browser."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException
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
            raise HTTPException(404)
        file = (top / path).resolve()
        if path and file.parent == top and file.is_file():
            return FileResponse(file)
        if "." in path.rpartition("/")[2]:
            raise HTTPException(404)
        return _page(top / "index.html")

    return router


def _page(file: Path) -> Response:
    if not file.is_file():
        return HTMLResponse(_NO_BUILD, status_code=503)
    return FileResponse(file, headers={"cache-control": "no-cache"})
