"""Exchanges for tests of single stages: read from a request as the gateway reads one, without the socket."""

import json
from collections.abc import Mapping
from typing import Any

from lrcp.gateway.caller import read_caller
from lrcp.gateway.exchange import Exchange
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT


def new_exchange(
    model: str = "gpt-4o-mini",
    *,
    headers: Mapping[str, str] | None = None,
    query: str = "",
    format: Format = OPENAI_CHAT,
    path: str = "/v1/chat/completions",
    **members: Any,
) -> Exchange:
    """An exchange of a question to a model; members are further members of its body, headers may have any case."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello?"}], **members}).encode()
    raw = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    return Exchange(
        method="POST",
        path=path,
        query=query.encode(),
        headers=raw,
        body=body,
        trace=continue_trace(raw),
        started_ns=1_790_000_000 * 10**9,
        started_tick=0,
        format=format,
        call=format.decode_call(path, body),
        caller=read_caller(raw),
    )
