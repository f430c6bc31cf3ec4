"""The main port: Datadog's intakes and API, the forwarded paths of the reference application, our API with the web app."""

from collections.abc import Mapping

from lrcp.ingest.asgi import AsgiApp, Receive, Scope, Send
from lrcp.ingest.http import ReceiverApp


class Front:
    """Passes each request to the application that knows its path; the API has the rest.

    mounted: by whole path. datadog: has all of Datadog's paths that are no intake's.
    """

    def __init__(self, intake: ReceiverApp, mounted: Mapping[str, AsgiApp], datadog: AsgiApp, api: AsgiApp) -> None:
        self._intake = intake
        self._mounted = mounted
        self._datadog = datadog
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._choose(scope)(scope, receive, send)

    def _choose(self, scope: Scope) -> AsgiApp:
        if scope["type"] != "http":
            return self._api
        path, method = scope["path"], scope["method"]
        route = self._intake.find_route(path)
        # A GET of an intake's path may be a question to Datadog's API; any other method is the intake's to take or refuse.
        if route is not None and (method in route.methods or method not in ("GET", "HEAD")):
            return self._intake
        if path.startswith(_DATADOG):
            return self._datadog
        return self._mounted.get(path, self._api)


_DATADOG = ("/api/v1/", "/api/v2/")
"""Our own API has no version in its paths."""
