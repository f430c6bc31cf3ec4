"""The three paths of the reference application, forwarded from the main port, where the original system had them."""

import json
from typing import Final

import aiohttp

from lrcp.ingest.asgi import Receive, Scope, Send

FORWARDED_PATHS: Final = frozenset({"/qa", "/reason", "/stress"})
_MAX_BODY_BYTES: Final = 1024 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=300, connect=2)
_DROPPED: Final = frozenset(
    {b"host", b"connection", b"content-length", b"transfer-encoding", b"keep-alive", b"upgrade"}
)


class Forward:
    """An ASGI application that passes a request on to one origin and its reply back, whole."""

    def __init__(self, origin: str) -> None:
        self._origin = origin.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            await _reply(send, 413, _problem(413, f"the body is over {_MAX_BODY_BYTES} bytes"))
            return
        query = scope.get("query_string", b"").decode("latin-1")
        url = f"{self._origin}{scope['path']}{'?' + query if query else ''}"
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"] if k not in _DROPPED]
        try:
            async with self._client().request(scope["method"], url, headers=headers, data=body) as upstream:
                content_type = upstream.headers.get("content-type", "application/json").encode("latin-1")
                await _reply(send, upstream.status, await upstream.read(), content_type)
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = (
                f"the reference application at {self._origin} does not answer ({type(error).__name__}); "
                "start it with `lrcp app`, or everything with `lrcp up`"
            )
            await _reply(send, 502, _problem(502, detail), b"application/problem+json")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=True)
        return self._session


def _problem(status: int, detail: str) -> bytes:
    return json.dumps({"type": "about:blank", "title": "Not forwarded", "status": status, "detail": detail}).encode()


async def _read(receive: Receive) -> bytes | None:
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > _MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _reply(send: Send, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
