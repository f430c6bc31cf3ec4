"""Exchange: one request to the gateway, and what the stages learn about it on its way. Reply: what goes back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.config import Timeouts
from lrcp.gateway.providers import Upstream
from lrcp.gateway.tracecontext import TraceContext
from lrcp.gateway.wire.format import Format, ModelCall
from lrcp.gateway.wire.transcript import quick_prompt_tokens

ROUTE_DIRECT: Final = "direct"


class Target(msgspec.Struct, frozen=True):
    """Where a call goes: the provider, and the model under the name that the provider knows."""

    upstream: Upstream
    model: str

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.upstream.name}/{self.model}"


@dataclass(slots=True)
class Caller:
    """Who asks: from the headers of the request, and from the virtual key where there is one, whose word goes first."""

    key_id: str = ""
    key_name: str = ""
    team: str = ""
    service: str = ""
    session: str = ""
    user: str = ""
    priority: str = "normal"
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One try at one target. Times: _ns of Unix time, _tick on the clock of time.perf_counter_ns, 0 while unknown.

    format and body are what the provider gets; they differ from the exchange's where the call is translated.
    upstream_ns is the time spent waiting for the provider so far. timeouts: None for the gateway's own. error is (code, message) of a try that failed.
    faults: names of the failures injected on purpose. notes become tags of its span, and of the exchange's where it was the
    last try. swapped: target is not where the call was meant to go, and what it costs is that target's price.
    """

    number: int
    target: Target
    span_id: str
    started_ns: int
    started_tick: int
    format: Format
    body: bytes = b""
    path: str = ""
    timeouts: Timeouts | None = None
    usage: TokenUsage | None = None
    hedge: bool = False
    ended_tick: int = 0
    upstream_ns: int = 0
    status: int = 0
    error: tuple[str, str] = ("", "")
    faults: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    swapped: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What an exchange came to, told once, when its last byte has gone or its client has left.

    cost_nusd: None when the price is unknown; 0 for what cost nothing (refused, cached). tokens are None when nothing
    was generated. error: code, '' when all went well; cancelled: the client left.
    """

    status: int
    error: str
    cancelled: bool
    duration_ns: int
    ttft_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_nusd: int | None


@dataclass(slots=True)
class Exchange:
    """One request. headers have lower-case names; path is the gateway's, query without its '?'.

    started_ns is Unix time, started_tick is on the clock of time.perf_counter_ns. upstream_ns is the time spent
    waiting for providers so far: what is left of the whole is the gateway's own.

    asked_model: the model as the client named it; call.model may come to name another (ladder).
    candidates: where the call may go, best first (route). target: where it went, or was tried last (resilience).
    cache: '', 'miss', 'exact' or 'semantic'; forced_caches: those that the ladder switches on. notes become tags of the span; values must be of a bounded set or short.
    reply_headers are added to the reply by the meter. on_done: whoever reserved something asks here to be told the end;
    called exactly once each, in order, synchronously, whatever becomes of the exchange; they must not raise.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    trace: TraceContext
    started_ns: int
    started_tick: int
    format: Format
    call: ModelCall
    caller: Caller
    asked_model: str = ""
    policy_version: int = 0
    candidates: Sequence[Target] = ()
    target: Target | None = None
    route: str = ROUTE_DIRECT
    cache: str = ""
    forced_caches: frozenset[str] = frozenset()
    attempts: list[Attempt] = field(default_factory=list)
    upstream_ns: int = 0
    notes: dict[str, str] = field(default_factory=dict)
    reply_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    on_done: list[Callable[[Outcome], None]] = field(default_factory=list)
    _prompt_tokens: int = -1

    def prompt_tokens(self) -> int:
        """About how many tokens the prompt has; counted once, when first asked."""
        if self._prompt_tokens < 0:
            quick = quick_prompt_tokens(self.call.prompt)
            self._prompt_tokens = self.format.estimate_prompt_tokens(self.call.prompt) if quick is None else quick
        return self._prompt_tokens


class Stream:
    """A reply's body piece by piece. closed runs exactly once, also when nobody ever took the first piece."""

    __slots__ = ("_closed", "_held", "_pieces")

    def __init__(self, pieces: AsyncGenerator[bytes, None], closed: Callable[[], object] | None = None) -> None:
        self._pieces = pieces
        self._closed = closed
        self._held: list[bytes] = []

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> bytes:
        if self._held:
            return self._held.pop(0)
        return await self._pieces.__anext__()

    def put_back(self, pieces: Sequence[bytes]) -> None:
        """Pieces that somebody looked at come again, before all others."""
        self._held[:0] = pieces

    async def aclose(self) -> None:
        try:
            await self._pieces.aclose()
        finally:
            closed, self._closed = self._closed, None
            if closed is not None:
                closed()


@dataclass(slots=True)
class Reply:
    """An answer: whole in body, or piece by piece from stream, which whoever takes the reply must close.

    The pieces of a stream are cut anywhere; wire/sse.EventSplitter makes whole events of them.
    """

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    stream: Stream | None = None


Handler = Callable[[Exchange], Awaitable[Reply]]
Stage = Callable[[Exchange, Handler], Awaitable[Reply]]
"""A step around an exchange: it may look, change, answer itself, or go on by awaiting the handler it is given."""

AttemptHandler = Callable[[Exchange, Attempt], Awaitable[Reply]]
AttemptStage = Callable[[Exchange, Attempt, AttemptHandler], Awaitable[Reply]]
"""A step around one try. Tries of one exchange may run side by side, so it writes to the attempt, not the exchange."""


def compose_stages(stages: Sequence[Stage], last: Handler) -> Handler:
    """One handler of many stages, the first outermost, around the one that answers in the end."""
    handler = last
    for stage in reversed(stages):
        handler = _wrap(stage, handler)
    return handler


def _wrap(stage: Stage, inner: Handler) -> Handler:
    def handle(exchange: Exchange) -> Awaitable[Reply]:
        return stage(exchange, inner)

    return handle


def compose_attempt_stages(stages: Sequence[AttemptStage], last: AttemptHandler) -> AttemptHandler:
    """The same for the steps around one try."""
    handler = last
    for stage in reversed(stages):
        handler = _wrap_attempt(stage, handler)
    return handler


def _wrap_attempt(stage: AttemptStage, inner: AttemptHandler) -> AttemptHandler:
    def handle(exchange: Exchange, attempt: Attempt) -> Awaitable[Reply]:
        return stage(exchange, attempt, inner)

    return handle
