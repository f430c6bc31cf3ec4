"""Giving a reply back over ASGI, and rendering errors in the format that the client reads."""

import math
from collections.abc import Iterable

from lrcp.gateway.asgi import Send
from lrcp.gateway.endpoints import JSON
from lrcp.gateway.errors import RefusedError, describe_error
from lrcp.gateway.exchange import Reply
from lrcp.gateway.wire.format import Format
from lrcp.model.errors import LrcpError

FAULT = "the gateway failed on this request; its log says why"


async def send_reply(send: Send, reply: Reply) -> None:
    """A whole reply."""
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def send_last_event(send: Send, event: bytes) -> None:
    """After a blank line, in case the stream broke within an event."""
    await send({"type": "http.response.body", "body": b"\n\n" + event, "more_body": True})


def render_error(format: Format, error: LrcpError) -> Reply:
    """An error as a reply, with the time to wait where there is one."""
    status, kind, code = describe_error(error)
    headers = [JSON, *_retry_after(error)]
    return Reply(status, headers, format.render_error(status, str(error), kind, code))


def render_fault(format: Format) -> Reply:
    """A fault of our own as a reply."""
    return Reply(500, [JSON], format.render_error(500, FAULT, "gateway_error", "internal_error"))


def render_error_event(format: Format, error: LrcpError | None) -> bytes:
    """An error, or a fault of our own, as the last event of a stream."""
    if error is None:
        return format.render_error_event(500, FAULT, "gateway_error", "internal_error")
    status, kind, code = describe_error(error)
    return format.render_error_event(status, str(error), kind, code)


def _retry_after(error: LrcpError) -> Iterable[tuple[bytes, bytes]]:
    """Whole seconds, rounded up: who waits as long as told must not be refused again."""
    if isinstance(error, RefusedError) and error.retry_after_s is not None:
        yield b"retry-after", b"%d" % max(1, math.ceil(error.retry_after_s))
