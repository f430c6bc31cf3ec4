"""Reading a request: its body within a bound, and the exchange that it begins."""

from time import perf_counter_ns

from lrcp.gateway.asgi import Receive, Scope
from lrcp.gateway.caller import read_caller
from lrcp.gateway.exchange import Exchange
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.wire.format import Format
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError, TooLargeError


async def read_exchange(scope: Scope, receive: Receive, format: Format, clock: Clock, max_bytes: int) -> Exchange:
    """The exchange of a call to a model. Raises: InputError, TooLargeError."""
    started_ns, started_tick = clock.now_ns(), perf_counter_ns()
    headers = dict(scope["headers"])
    body = await read_body(receive, headers, max_bytes)
    call = format.decode_call(scope["path"], body)
    return Exchange(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b""),
        headers=headers,
        body=body,
        trace=continue_trace(headers),
        started_ns=started_ns,
        started_tick=started_tick,
        format=format,
        call=call,
        asked_model=call.model,
        caller=read_caller(headers),
    )


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """Raises: TooLargeError, InputError (the client went away before the end)."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise TooLargeError(f"the request has {int(declared)} bytes, the limit is {limit}")
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InputError("the client went away before the request was complete")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise TooLargeError(f"the request is over the limit of {limit} bytes")
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
