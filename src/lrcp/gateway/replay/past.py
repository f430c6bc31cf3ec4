"""A request that was, as its span tells, in the form that the gateway's decisions take."""

from collections.abc import Mapping

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.exchange import Caller, Exchange
from lrcp.gateway.tracecontext import TraceContext
from lrcp.gateway.wire.format import CHAT, EMBEDDINGS, ModelCall
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT

REQUESTED_MODEL_TAG = "requested_model"
"""Tag of a gateway's span with the model as the client named it, where the route made another of it."""


class PastRequest(msgspec.Struct, kw_only=True):
    """What a span says. Tokens and cost_nusd are None where nobody knew them; provider is telemetry's name for it.

    question: a hash of the words asked. failed: it ended in an error.
    """

    trace_id: str
    span_id: str
    start_ns: int
    duration_ns: int
    service: str
    kind: str
    provider: str
    model: str
    session: str
    user: str
    usage: TokenUsage
    cost_nusd: int | None
    route: str
    cache: str
    question: int
    failed: bool
    tags: Mapping[str, str]

    @property
    def target(self) -> str:
        """`provider/model`, as it was."""
        return f"{self.provider}/{self.model}" if self.provider else self.model

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return (self.usage.input_tokens or 0) + (self.usage.output_tokens or 0)


def make_exchange(request: PastRequest) -> Exchange:
    """The exchange that a request was, before any stage: who asked, for which model, with how long a prompt."""
    tags = request.tags
    operation = EMBEDDINGS if request.kind == "embedding" else CHAT
    model = tags.get(REQUESTED_MODEL_TAG, request.model)
    exchange = Exchange(
        method="POST",
        path="",
        query=b"",
        headers={},
        body=b"",
        trace=TraceContext(request.trace_id, request.span_id),
        started_ns=request.start_ns,
        started_tick=0,
        format=OPENAI_CHAT,
        call=ModelCall(operation=operation, model=model, streams=tags.get("stream") == "true", prompt=b""),
        caller=Caller(
            key_id=tags.get("key_id", ""),
            key_name=tags.get("key", ""),
            team=tags.get("team", ""),
            service=tags.get("caller", request.service),
            session=request.session,
            user=request.user,
            priority=tags.get("priority", "normal"),
            tags=tags,
        ),
    )
    # Counted by the provider then, which is better than any estimate now.
    exchange._prompt_tokens = request.usage.input_tokens or 0
    return exchange
