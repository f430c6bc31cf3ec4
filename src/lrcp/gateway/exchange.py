"""Exchange: one request to the gateway, and what the stages learn about it on its way. Reply: what goes back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lrcp.gateway.providers import Upstream
from lrcp.gateway.tracecontext import TraceContext
from lrcp.gateway.wire.openai import ModelCall


@dataclass(slots=True, frozen=True)
class Target:
    """Where a call goes: the provider, and the model under the name that the provider knows."""

    upstream: Upstream
    model: str


@dataclass(slots=True)
class Exchange:
    """One request. headers have lower-case names; path is the gateway's, with its leading /v1.

    started_ns is Unix time, started_tick is on the clock of time.perf_counter_ns. upstream_ns is the time spent
    waiting for the provider so far: what is left of the whole is the gateway's own.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    trace: TraceContext
    started_ns: int
    started_tick: int
    call: ModelCall | None = None
    target: Target | None = None
    attempts: int = 0
    upstream_ns: int = 0
    hidden_usage: bool = False
    """The gateway asked for the usage chunk of a stream and the client did not, so the client must not see it."""


@dataclass(slots=True)
class Reply:
    """An answer: whole in body, or piece by piece from stream, which whoever takes the reply must close."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    stream: AsyncGenerator[bytes, None] | None = None


Handler = Callable[[Exchange], Awaitable[Reply]]
Stage = Callable[[Exchange, Handler], Awaitable[Reply]]
"""A step around an exchange: it may look, change, answer itself, or go on by awaiting the handler it is given."""


def compose_stages(stages: Sequence[Stage], last: Handler) -> Handler:
    """One handler of many stages, the first outermost, around the one that calls the provider."""
    handler = last
    for stage in reversed(stages):
        handler = _wrap(stage, handler)
    return handler


def _wrap(stage: Stage, inner: Handler) -> Handler:
    def handle(exchange: Exchange) -> Awaitable[Reply]:
        return stage(exchange, inner)

    return handle
