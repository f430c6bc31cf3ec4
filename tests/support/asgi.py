"""Ask an ASGI application without a server between: one call, one reply."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrcp.ingest.asgi import AsgiApp
from lrcp.model.batch import Batch


@dataclass
class Answer:
    """What an application sent back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class KeepingConsumer:
    """A consumer that keeps batches in memory; `failure` is raised instead, to see what becomes of the reply."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.batches: list[Batch] = []
        self.failure = failure

    async def consume(self, batch: Batch) -> None:
        if self.failure is not None:
            raise self.failure
        self.batches.append(batch)


def ask(
    app: AsgiApp,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    ends: bool = True,
) -> Answer:
    """Send one request. body: whole, or the pieces it arrives in; ends=False: the client goes away after them."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if ends:
        messages[-1]["more_body"] = False
    else:
        messages.append({"type": "http.disconnect"})
    named = [(key.lower().encode(), value.encode()) for key, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": named}
    answer = Answer()

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return answer
