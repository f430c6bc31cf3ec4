"""The main port: Datadog's intakes, the forwarded paths of the reference application, and the API with the web app."""

from collections.abc import Mapping

from lrcp.ingest.asgi import AsgiApp, Receive, Scope, Send
from lrcp.ingest.http import ReceiverApp


class Front:
    """Passes each request to the application that knows its path; the API has the rest."""

    def __init__(self, intake: ReceiverApp, mounted: Mapping[str, AsgiApp], api: AsgiApp) -> None:
        self._intake = intake
        self._mounted = mounted
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._choose(scope)(scope, receive, send)

    def _choose(self, scope: Scope) -> AsgiApp:
        if scope["type"] != "http":
            return self._api
        path, method = scope["path"], scope["method"]
        route = self._intake.find_route(path)
        # A GET of an intake's path may be a question to the API; any other method is the intake's to take or refuse.
        if route is not None and (method in route.methods or method not in ("GET", "HEAD")):
            return self._intake
        return self._mounted.get(path, self._api)
