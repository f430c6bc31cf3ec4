"""A listener where OTLP/HTTP JSON goes: keeps each body, and the spans of it, and answers as it is told."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support.processes import wait_until


@dataclass
class SpanListener:
    """statuses are answered in turn before the usual 200. spans are those of exchanges, attempts those of their tries."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    spans: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def build(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        with self.lock:
            self.bodies.append(body)
            if self.statuses:
                return web.Response(status=self.statuses.pop(0))
            for resource in json.loads(body)["resourceSpans"]:
                self.resources.append(attributes(resource["resource"]))
                for scope in resource["scopeSpans"]:
                    assert scope["scope"]["name"] == "lrcp.gateway"
                    for span in scope["spans"]:
                        tried = span["name"].startswith("attempt ")
                        (self.attempts if tried else self.spans).append(span)
        return web.json_response({})

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The spans, once there are that many."""
        wait_until(
            lambda: len(self.spans) >= count, f"{count} spans at the listener, has {len(self.spans)}", within_s=30
        )
        return self.spans

    def only(self) -> "SeenSpan":
        """The one span that came."""
        (span,) = self.wait_for(1)
        return SeenSpan(span)


class SeenSpan:
    """A span as received."""

    def __init__(self, span: dict[str, Any]) -> None:
        self.raw = span
        self.attributes = attributes(span)

    def __getitem__(self, key: str) -> Any:
        return self.attributes.get(key)


def attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: _value(entry["value"]) for entry in holder["attributes"]}


def _value(value: dict[str, Any]) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return [_value(item) for item in value["arrayValue"]["values"]]
    return value["stringValue"]
