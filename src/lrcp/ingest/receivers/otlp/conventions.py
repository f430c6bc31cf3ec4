"""Which attribute feeds which column: the one table of every convention that is understood.

Sources, as of late 2026: OpenTelemetry GenAI semantic conventions (present names and those of 1.27 to 1.36),
OpenInference 0.1.42, OpenLLMetry (opentelemetry-semantic-conventions-ai 0.5), Datadog's OTLP mapping (`datadog.*`,
`operation.name`, `resource.name`), and LRCP's own (`lrcp.*`).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.readers import (
    Reader,
    count,
    dollars,
    joined,
    lower,
    messages,
    model_asked,
    nanoseconds,
    one_of,
    small_count,
    text,
    whole_text,
)
from lrcp.model.span import COST_SOURCES, SPAN_KINDS

_OPENINFERENCE_KINDS: Final = {
    "llm": "llm",
    "chain": "workflow",
    "agent": "agent",
    "tool": "tool",
    "retriever": "retrieval",
    "embedding": "embedding",
    "reranker": "retrieval",
    "guardrail": "task",
    "evaluator": "task",
    "prompt": "task",
    "decision": "task",
}
_OPENLLMETRY_KINDS: Final = {"workflow": "workflow", "task": "task", "agent": "agent", "tool": "tool"}
_OPERATION_KINDS: Final = {
    "chat": "llm",
    "completion": "llm",
    "text_completion": "llm",
    "generate_content": "llm",
    "response": "llm",
    "responses": "llm",
    "llm_request": "llm",
    "embeddings": "embedding",
    "embedding": "embedding",
    "retrieval": "retrieval",
    "vector_db_retrieve": "retrieval",
    "rerank": "retrieval",
    "execute_tool": "tool",
    "execute_task": "task",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "invoke_workflow": "workflow",
}
_DATADOG_TYPES: Final = {"web": "server", "http": "client", "db": "client", "cache": "client"}

_same = {word: word for word in SPAN_KINDS}

_ROWS: Final[tuple[tuple[str, Reader, tuple[str, ...]], ...]] = (
    # What LRCP's own senders say decides.
    ("kind", one_of(_same), ("lrcp.kind",)),
    ("kind", one_of(_OPENINFERENCE_KINDS), ("openinference.span.kind",)),
    ("kind", one_of(_OPENLLMETRY_KINDS), ("traceloop.span.kind",)),
    ("kind", one_of(_OPERATION_KINDS), ("gen_ai.operation.name", "llm.request.type")),
    ("kind", one_of(_same), ("datadog.span.kind",)),
    ("kind", one_of(_DATADOG_TYPES), ("datadog.type",)),
    ("name", text, ("datadog.name", "operation.name")),
    ("resource", text, ("datadog.resource", "resource.name")),
    ("service", text, ("datadog.service",)),
    ("env", text, ("datadog.env",)),
    ("version", text, ("datadog.version",)),
    ("error_type", text, ("datadog.error.type", "error.type")),
    ("error_message", text, ("datadog.error.msg", "error.message")),
    ("ml_app", text, ("lrcp.ml_app", "ml_app", "gen_ai.application.name")),
    ("session_id", text, ("session.id", "gen_ai.conversation.id", "traceloop.association.properties.session_id")),
    (
        "user_id",
        text,
        ("user.id", "enduser.id", "gen_ai.user", "llm.user", "traceloop.association.properties.user_id"),
    ),
    ("provider", lower, ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")),
    ("model", text, ("gen_ai.request.model", "llm.request.model_name", "llm.request.model")),
    # OpenInference's llm.model_name is the model that answered, once there is an answer; this is the one asked for.
    ("model", model_asked, ("llm.invocation_parameters", "embedding.invocation_parameters")),
    ("model", text, ("llm.model_name", "embedding.model_name", "reranker.model_name")),
    ("response_model", text, ("gen_ai.response.model", "llm.response.model_name", "llm.response.model")),
    ("input_tokens", count, ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")),
    ("input_tokens", count, ("llm.token_count.prompt", "llm.usage.prompt_tokens")),
    ("output_tokens", count, ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    ("output_tokens", count, ("llm.token_count.completion", "llm.usage.completion_tokens")),
    ("total_tokens", count, ("gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens")),
    (
        "cached_input_tokens",
        count,
        (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.input_tokens.cached",
            "gen_ai.usage.details.cache_read_tokens",
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
    ),
    (
        "cache_write_tokens",
        count,
        (
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.input_tokens.cache_write",
            "gen_ai.usage.details.cache_write_tokens",
            "llm.token_count.prompt_details.cache_write",
        ),
    ),
    (
        "reasoning_tokens",
        count,
        (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.output_tokens.reasoning",
            "llm.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
        ),
    ),
    ("cost_nusd", count, ("lrcp.cost_nusd",)),
    ("cost_nusd", dollars, ("llm.cost.total", "gen_ai.usage.cost")),
    ("cost_source", one_of({word: word for word in COST_SOURCES}), ("lrcp.cost_source",)),
    ("ttft_ns", count, ("lrcp.ttft_ns",)),
    (
        "ttft_ns",
        nanoseconds(1_000_000_000),
        (
            "gen_ai.response.time_to_first_chunk",
            "gen_ai.response.time_to_first_token",
            "gen_ai.server.time_to_first_token",
            "llm.time_to_first_token",
        ),
    ),
    ("ttft_ns", nanoseconds(1_000_000), ("ai.response.msToFirstChunk",)),
    (
        "finish_reason",
        joined,
        (
            "gen_ai.response.finish_reasons",
            "gen_ai.response.finish_reason",
            "gen_ai.response.stop_reason",
            "llm.finish_reason",
            "llm.response.finish_reason",
            "llm.response.stop_reason",
        ),
    ),
    (
        "prompt_version",
        text,
        ("lrcp.prompt_version", "gen_ai.prompt.version", "llm.prompt_template.version", "traceloop.prompt.version"),
    ),
    ("route", text, ("lrcp.route",)),
    ("cache", one_of({"miss": "miss", "exact": "exact", "semantic": "semantic"}), ("lrcp.cache",)),
    ("attempts", small_count, ("lrcp.attempts",)),
    ("source", one_of({"gateway": "gateway"}), ("lrcp.source",)),
    # Not columns yet: generation.py makes input and output of these, the first that is there.
    ("system_instructions", whole_text, ("gen_ai.system_instructions",)),
    ("input_messages", messages, ("gen_ai.input.messages", "gen_ai.prompt")),
    ("output_messages", messages, ("gen_ai.output.messages", "gen_ai.completion")),
    (
        "input_text",
        whole_text,
        ("input.value", "traceloop.entity.input", "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text"),
    ),
    (
        "output_text",
        whole_text,
        ("output.value", "traceloop.entity.output", "gen_ai.tool.call.result", "gen_ai.retrieval.documents"),
    ),
)

INDEXED: Final[Mapping[str, str]] = {
    "gen_ai.prompt.": "input_messages",
    "gen_ai.completion.": "output_messages",
    "llm.input_messages.": "input_messages",
    "llm.output_messages.": "output_messages",
    "llm.prompts.": "input_prompts",
    "llm.choices.": "output_choices",
    "retrieval.documents.": "output_documents",
    "embedding.embeddings.": "input_embeddings",
}
"""Beginnings of flattened lists (`<beginning><index>.<leaf>`) and what each gathers to."""

KEPT_KEYS: Final = frozenset(
    {
        "gen_ai.operation.name",
        "openinference.span.kind",
        "traceloop.span.kind",
        "llm.request.type",
        "llm.invocation_parameters",
        "embedding.invocation_parameters",
        "error.type",
    }
)
"""Attributes that say more than their column keeps of them; they stay as tags too."""

_PREFIXES: Final = tuple(INDEXED)


class Source(msgspec.Struct, frozen=True):
    """One attribute as a source of one column; the lowest rank that reads wins."""

    rank: int
    column: str
    read: Reader


def _ranked() -> dict[str, Source]:
    flat = [(column, read, key) for column, read, keys in _ROWS for key in keys]
    return {key: Source(rank, column, read) for rank, (column, read, key) in enumerate(flat)}


SOURCES: Final[Mapping[str, Source]] = _ranked()


def is_mapped(key: str) -> bool:
    """Does an attribute feed a column (else it is a tag)?"""
    return key in SOURCES or key.startswith(_PREFIXES)


def read_columns(found: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settle which attribute speaks for which column.

    Args:
        found: attributes of SOURCES, as plain values.
    Returns: ({column: value}, the attributes that no column took). An attribute that says the same as the one that was
        taken is not left over.
    """
    columns: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for key in sorted(found, key=lambda key: SOURCES[key].rank):
        source = SOURCES[key]
        value = source.read(found[key])
        taken = value is not None and columns.setdefault(source.column, value) == value
        if not taken or key in KEPT_KEYS:
            left[key] = found[key]
    return columns, left
