"""Span: one timed operation of a trace; a generation is a span that called a model."""

from typing import Final

import msgspec

SPAN_KINDS: Final = frozenset(
    {
        "server",
        "client",
        "internal",
        "producer",
        "consumer",
        "llm",
        "agent",
        "workflow",
        "tool",
        "task",
        "embedding",
        "retrieval",
    }
)
GENERATION_KINDS: Final = frozenset({"llm", "embedding"})
"""Kinds whose tokens and cost are counted; a gateway's hop below a counted generation is a `client` span."""

COST_SOURCES: Final = frozenset({"reported", "computed", "estimated", "unknown"})
SPAN_SOURCES: Final = frozenset({"ddtrace", "llmobs", "otlp", "gateway"})


class Span(msgspec.Struct, gc=False):
    """One row of `spans` (DESIGN section 5). Built once by a receiver, completed by processors, then only read.

    Ids are lower-case hex: trace_id 32 digits, span_id and parent_id 16 (parent_id '' at the root).
    Tokens are counts, None when nobody reported them. cost_nusd is nano-dollars, None when the price is unknown.
    """

    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int  # Unix nanoseconds
    duration_ns: int
    name: str
    service: str = ""
    resource: str = ""
    kind: str = "internal"
    status: str = "ok"
    error_type: str = ""
    error_message: str = ""
    env: str = ""
    version: str = ""
    ml_app: str = ""
    session_id: str = ""
    user_id: str = ""
    provider: str = ""
    model: str = ""
    response_model: str = ""
    input_tokens: int | None = None  # all input, cached included
    output_tokens: int | None = None  # all output, reasoning included
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_nusd: int | None = None
    cost_source: str = ""  # '' on spans that are no generation
    ttft_ns: int | None = None
    finish_reason: str = ""
    prompt_version: str = ""
    route: str = ""
    cache: str = ""
    attempts: int = 0
    input: str = ""
    output: str = ""
    tags: dict[str, str] = {}
    source: str = "otlp"
    awaits: str = ""
    """Which view of the same operation may still arrive: 'llmobs' on an APM span of type llm, 'apm' on an LLM Obs event, else ''."""
