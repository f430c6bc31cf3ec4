"""From the attributes of the LLM conventions to a span's columns."""

from collections.abc import Iterable
from typing import Any, Final

from lrcp.ingest.receivers.otlp.conventions import INDEXED, SOURCES, read_columns
from lrcp.ingest.receivers.otlp.limits import MAX_MESSAGES_BYTES, cut_bytes
from lrcp.ingest.receivers.otlp.messages import (
    Message,
    gather_indexed,
    messages_of,
    messages_text,
    split_index,
    system_messages,
)
from lrcp.ingest.receivers.otlp.span_events import SpanEvents
from lrcp.ingest.receivers.otlp.values import as_text, json_text
from lrcp.model.span import Span

Indexed = dict[str, list[tuple[int, str, Any]]]

CUT_TAG: Final = "lrcp.cut"
"""Tag of a span whose input or output was over the bound: which of them, comma between."""

_LLM_KINDS: Final = frozenset({"llm", "embedding", "agent", "workflow", "tool", "task", "retrieval"})
_PLAIN_COLUMNS: Final = frozenset(Span.__struct_fields__)


def fill_span(span: Span, found: dict[str, Any], events: SpanEvents) -> None:
    """Complete a span from the mapped attributes found on it; what no column takes becomes tags."""
    indexed, ranked = _split_indexed(found, span.tags)
    columns, left = read_columns(ranked)
    if left.get("llm.model_name"):
        columns.setdefault("response_model", as_text(left.pop("llm.model_name")))
    for key, value in left.items():
        span.tags[key] = as_text(value)
    _fill_plain(span, columns)
    _fill_kind(span, columns)
    span.input_tokens = whole_input_tokens(columns)
    if span.ttft_ns is None:
        span.ttft_ns = events.first_token_ns(span.start_ns)
    _fill_texts(span, columns, indexed, events)
    if span.kind in _LLM_KINDS and not span.ml_app:
        span.ml_app = span.service
    if span.cost_nusd is not None and not span.cost_source:
        span.cost_source = "reported"


def whole_input_tokens(columns: dict[str, Any]) -> int | None:
    """All input tokens, cached ones included.

    OpenTelemetry (since 2026), OpenInference and most of OpenLLMetry count cached tokens in. Instrumentations that pass
    on what Anthropic and Bedrock report (Strands, OpenLLMetry for Bedrock) leave them out. Their spans are known by
    their sums: more cached than all input, or a total that only adds up with the cached tokens on top.
    """
    tokens: int | None = columns.get("input_tokens")
    cached = columns.get("cached_input_tokens", 0) + columns.get("cache_write_tokens", 0)
    if tokens is None or not cached:
        return tokens
    total = columns.get("total_tokens")
    left_out = cached > tokens or total == tokens + cached + columns.get("output_tokens", 0)
    return tokens + cached if left_out else tokens


def _split_indexed(found: dict[str, Any], tags: dict[str, str]) -> tuple[Indexed, dict[str, Any]]:
    """Flattened lists by what they gather to, and the rest. `gen_ai.prompt.name` and its like are tags after all."""
    indexed: Indexed = {}
    ranked: dict[str, Any] = {}
    for key, value in found.items():
        if key in SOURCES:
            ranked[key] = value
            continue
        prefix = next(prefix for prefix in INDEXED if key.startswith(prefix))
        place = split_index(key[len(prefix) :])
        if place is None:
            tags[key] = as_text(value)
        else:
            indexed.setdefault(INDEXED[prefix], []).append((*place, value))
    return indexed, ranked


def _fill_plain(span: Span, columns: dict[str, Any]) -> None:
    if "name" in columns:
        # Datadog's operation.name replaces the name; the OTLP name then says what was worked on.
        span.resource = span.name
    for column, value in columns.items():
        if column in _PLAIN_COLUMNS:
            setattr(span, column, value)


def _fill_kind(span: Span, columns: dict[str, Any]) -> None:
    """A span that names a model and counts tokens called one, also when no convention names its operation."""
    if "kind" not in columns and span.model and not columns.keys().isdisjoint({"input_tokens", "output_tokens"}):
        span.kind = "llm"


def _fill_texts(span: Span, columns: dict[str, Any], indexed: Indexed, events: SpanEvents) -> None:
    asked = columns.get("input_messages") or gather_indexed(indexed.get("input_messages", ())) or events.asked
    answered = columns.get("output_messages") or gather_indexed(indexed.get("output_messages", ())) or events.answered
    system = system_messages(columns.get("system_instructions"))
    given = _conversation(system, asked) or _listed_input(indexed) or columns.get("input_text", "")
    made = _conversation([], answered) or _listed_output(indexed) or _told_output(span, columns)
    span.input, span.output = cut_bytes(given, MAX_MESSAGES_BYTES), cut_bytes(made, MAX_MESSAGES_BYTES)
    cut = [name for name, whole, kept in (("input", given, span.input), ("output", made, span.output)) if whole != kept]
    if cut:
        span.tags[CUT_TAG] = ",".join(cut)
    if not span.finish_reason:
        span.finish_reason = _finish_reason(answered) or events.finish_reason


def _conversation(system: list[Message], said: list[Message] | str) -> str:
    """Messages as JSON text; text that was no list of messages stays as it is when it stands alone."""
    if isinstance(said, str):
        return messages_text([*system, {"role": "user", "content": said}]) if system else said
    return messages_text([*system, *said])


def _told_output(span: Span, columns: dict[str, Any]) -> str:
    """The output as one text. An embedding's is thousands of numbers that nobody reads."""
    text: str = columns.get("output_text", "")
    return "" if span.kind == "embedding" else text


def _finish_reason(answered: Iterable[Message] | str) -> str:
    if isinstance(answered, str):
        return ""
    return next((as_text(message["finish_reason"]) for message in answered if message.get("finish_reason")), "")


def _listed_input(indexed: Indexed) -> str:
    """Prompts of a completions call as user messages, or the texts that were embedded."""
    prompts = _leaves(indexed.get("input_prompts", ()), "text")
    if prompts:
        return messages_text(message for prompt in prompts for message in messages_of([prompt], "user"))
    embedded = _leaves(indexed.get("input_embeddings", ()), "text")
    return json_text(embedded) if embedded else ""


def _listed_output(indexed: Indexed) -> str:
    """Choices of a completions call as assistant messages, or the documents that were retrieved."""
    choices = _leaves(indexed.get("output_choices", ()), "text")
    if choices:
        return messages_text(message for choice in choices for message in messages_of([choice], "assistant"))
    documents: dict[int, dict[str, Any]] = {}
    for index, leaf, value in indexed.get("output_documents", ()):
        documents.setdefault(index, {})[leaf.removeprefix("document.")] = value
    return json_text([document for _, document in sorted(documents.items())]) if documents else ""


def _leaves(pairs: Iterable[tuple[int, str, Any]], leaf: str) -> list[str]:
    """The values of one leaf, by index."""
    return [whole(value) for _, name, value in sorted(pairs, key=lambda pair: pair[0]) if name.endswith(leaf)]


def whole(value: Any) -> str:
    """A value as text without the bound of tags; the bound of input and output comes later."""
    return value if isinstance(value, str) else json_text(value)
