"""Calls that the cache makes itself, beside the requests: measured, and paid for, like any other."""

from dataclasses import dataclass, replace
from random import Random
from time import perf_counter_ns
from typing import Final

import msgspec

from lrcp.gateway.background import Background
from lrcp.gateway.exchange import ROUTE_DIRECT, Exchange, Stage
from lrcp.gateway.tracecontext import TraceContext
from lrcp.gateway.wire.openai_formats import OPENAI_EMBEDDINGS
from lrcp.kit.clock import Clock
from lrcp.model.ids import new_span_id

_EMBEDDINGS_PATH: Final = "/v1/embeddings"


@dataclass(frozen=True, slots=True)
class Beside:
    """meter: the stage that measures a call and settles it. random: which hits are sampled."""

    meter: Stage
    background: Background
    clock: Clock
    random: Random


def copy_for_sample(exchange: Exchange, clock: Clock) -> Exchange:
    """The same request once more, as a call of the gateway's own: a span below the first, no promises to keep."""
    return replace(
        exchange,
        trace=_below(exchange),
        started_ns=clock.now_ns(),
        started_tick=perf_counter_ns(),
        candidates=(),
        target=None,
        cache="",
        attempts=[],
        upstream_ns=0,
        notes={"shadow": "semantic_cache"},
        reply_headers=[],
        on_done=[],
    )


def embedding_exchange(model: str, texts: list[str], asked: Exchange, clock: Clock) -> Exchange:
    """A request for embeddings, on behalf of another. The client's key stays here: it may be for another provider."""
    body = msgspec.json.encode({"model": model, "input": texts})
    return Exchange(
        method="POST",
        path=_EMBEDDINGS_PATH,
        query=b"",
        headers={b"content-type": b"application/json"},
        body=body,
        trace=_below(asked),
        started_ns=clock.now_ns(),
        started_tick=perf_counter_ns(),
        format=OPENAI_EMBEDDINGS,
        call=OPENAI_EMBEDDINGS.decode_call(_EMBEDDINGS_PATH, body),
        caller=asked.caller,
        policy_version=asked.policy_version,
        route=ROUTE_DIRECT,
        notes={"gateway.purpose": "semantic_cache"},
    )


def _below(exchange: Exchange) -> TraceContext:
    return TraceContext(exchange.trace.trace_id, new_span_id(), exchange.trace.span_id)
