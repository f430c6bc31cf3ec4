"""The spans of an LLM application inside APM traces: with LLM Observability's part in `meta_struct`, or without it.

Without it the span still names its model and tokens (`gen_ai.*`), and waits for its LLM Observability view if the tracer
sends one apart: it does so for traces that sampling drops, and always did before ddtrace 4.12.
"""

from typing import Final

from lrcp.ingest.receivers.datadog_agent.wire import WireSpan
from lrcp.ingest.receivers.llmobs.mapping import apply_llmobs, apply_tokens
from lrcp.ingest.receivers.llmobs.values import find_count
from lrcp.ingest.receivers.llmobs.wire import LLMOBS, UNDECODABLE
from lrcp.model.span import GENERATION_KINDS, SPAN_KINDS, Span

_KIND_OF_OPERATION: Final = {
    "chat": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generate_content": "llm",
    "embeddings": "embedding",
    "execute_tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "agent",
}
"""OpenTelemetry's words for the operation; ddtrace puts its own span kinds there."""

_SUBMITTED: Final = "_dd.llmobs.submitted"
"""The tracer has sent this span's event to LLM Observability as well; dd-trace for Node has no span type that says so."""

_MIRRORED: Final = (
    "gen_ai.operation.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.provider.name",
    "gen_ai.application.name",
    "gen_ai.conversation.id",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.total_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.reasoning_output_tokens",
    "llmobs_parent_id",
)
"""Tags that only repeat what stands in a column."""


def complete_generation(span: Span, wire: WireSpan) -> None:
    """Fill the columns of an LLM span that is being built; its tags lose what has become a column."""
    _apply_gen_ai(span, wire)
    part = wire.meta_struct.get("_llmobs")
    if part is not None:
        try:
            apply_llmobs(span, LLMOBS.decode(part))
        except UNDECODABLE:
            span.tags["llmobs_undecodable"] = "true"  # the APM span is good: it is kept, and says what it lacks
    elif (wire.type == "llm" or _SUBMITTED in wire.meta) and wire.metrics.get("_dd.llmobs.enabled") != 0:
        span.awaits = "llmobs"
    for key in _MIRRORED:
        span.tags.pop(key, None)


def _apply_gen_ai(span: Span, wire: WireSpan) -> None:
    meta, metrics = wire.meta, wire.metrics
    operation = meta.get("gen_ai.operation.name") or meta.get("_dd.llmobs.span_kind", "")
    kind = _KIND_OF_OPERATION.get(operation, operation)
    if kind in SPAN_KINDS:
        span.kind = kind
    span.ml_app = meta.get("gen_ai.application.name") or meta.get("_dd.p.llmobs_ml_app", "")
    span.session_id = meta.get("gen_ai.conversation.id") or span.session_id
    provider = (meta.get("gen_ai.provider.name") or meta.get("_dd.llmobs.model_provider", "")).lower()
    span.provider = "" if provider == "unknown" else provider
    _apply_models(span, meta)
    if span.kind in GENERATION_KINDS:
        usage = "gen_ai.usage." if "gen_ai.usage.input_tokens" in metrics else "_dd.llmobs."
        apply_tokens(
            span,
            total_input=find_count(metrics.get(f"{usage}input_tokens")),
            output=find_count(metrics.get(f"{usage}output_tokens")),
            cached=find_count(metrics.get(f"{usage}cache_read_input_tokens")),
            written=find_count(metrics.get(f"{usage}cache_write_input_tokens")),
            reasoning=find_count(metrics.get(f"{usage}reasoning_output_tokens")),
        )


def _apply_models(span: Span, meta: dict[str, str]) -> None:
    """The model asked for and the one that answered.

    Integrations write both under their own name (`openai.request.model`, `openai.response.model`); ddtrace's
    `gen_ai.request.model` is the answering one where the reply names it.
    """
    named = meta.get("gen_ai.request.model") or meta.get("_dd.llmobs.model_name", "")
    named = "" if named == "unknown" else named
    asked = answered = ""
    for key, text in meta.items():
        if key.endswith(".request.model") and not key.startswith("gen_ai."):
            asked = text
        elif key.endswith(".response.model"):
            answered = text
    span.model = asked or named
    span.response_model = answered or (named if named != span.model else "")
