"""LLM Observability's part of a span onto the columns of `Span`.

One function for all forms: the part inside an APM span, the events and the public API differ only in where the ids and
times come from. A column that LLM Observability says nothing about keeps what the span already has.

- The name is LLM Observability's ("OpenAI.createChatCompletion", or what the application called the step); the APM
  resource stays in `resource`.
- `model` is the model asked for, `response_model` the one that answered. LLM Observability carries one `model_name`
  (ddtrace: the answering one where known); an APM view knows both and keeps its own.
- Costs on the wire are dollars and times to the first token are seconds (ddtrace's `_constants.py`, vLLM's integration).
"""

from collections.abc import Iterator
from typing import Any, Final

from lrcp.ingest.receivers.llmobs.values import (
    MAX_FLAT_TAGS,
    cut_text,
    find_count,
    find_ns,
    find_number,
    flatten,
    json_text,
    map_of,
    number_text,
    tag_pairs,
    text_of,
)
from lrcp.ingest.receivers.llmobs.wire import WireLlmObs
from lrcp.model.money import nusd_from_usd
from lrcp.model.span import SPAN_KINDS, Span

_UNKNOWN: Final = frozenset({"", "unknown"})
_COLUMN_TAGS: Final = frozenset({"env", "service", "version", "ml_app", "session_id", "usr.id", "error", "error_type"})
"""Tags that have a column (or repeat the status), so they are not kept a second time."""

_COLUMN_METRICS: Final = frozenset(
    {
        "input_tokens",
        "prompt_tokens",
        "output_tokens",
        "completion_tokens",
        "total_tokens",
        "cache_read_input_tokens",
        "cache_write_input_tokens",
        "reasoning_output_tokens",
        "time_to_first_token",
        "total_cost",
    }
)
_MAX_COST_USD: Final = 1e9
_KIND_NAMES: Final = {"experiment": "workflow"}


def apply_llmobs(span: Span, wire: WireLlmObs) -> None:
    """Fill a span that is being built with what LLM Observability knows of it."""
    meta = map_of(wire.meta)
    tags = dict(tag_pairs(wire.tags))
    span.name = text_of(wire.name) or span.name
    span.kind = kind_of(meta) or span.kind
    span.ml_app = text_of(wire.ml_app) or tags.get("ml_app", "") or span.ml_app
    span.session_id = text_of(wire.session_id) or tags.get("session_id", "") or span.session_id
    span.user_id = tags.get("usr.id", "") or tags.get("user_id", "") or span.user_id
    span.service = span.service or tags.get("service", "")
    span.env = span.env or tags.get("env", "")
    span.version = span.version or tags.get("version", "")
    span.tags.update((key, text) for key, text in tags.items() if key and key not in _COLUMN_TAGS)
    llmobs_trace_id = text_of(wire.trace_id)
    if llmobs_trace_id:
        span.tags["llmobs_trace_id"] = llmobs_trace_id
    _apply_model(span, meta)
    _apply_metrics(span, map_of(wire.metrics))
    _apply_error(span, map_of(meta.get("error")))
    _apply_content(span, meta)


def kind_of(meta: dict[str, Any]) -> str:
    """The kind, from `span.kind` (ddtrace) or `kind` (public API); '' when neither is one we know."""
    kind = text_of(map_of(meta.get("span")).get("kind") or meta.get("kind") or meta.get("span.kind")).lower()
    kind = _KIND_NAMES.get(kind, kind)
    return kind if kind in SPAN_KINDS else ""


def _apply_model(span: Span, meta: dict[str, Any]) -> None:
    name = text_of(meta.get("model_name"))
    if name not in _UNKNOWN:
        if not span.model:
            span.model = name
        elif not span.response_model and name != span.model:
            span.response_model = name
    provider = text_of(meta.get("model_provider")).lower()
    if provider not in _UNKNOWN:
        span.provider = provider


def _apply_metrics(span: Span, metrics: dict[str, Any]) -> None:
    apply_tokens(
        span,
        total_input=_first_count(metrics, "input_tokens", "prompt_tokens"),
        output=_first_count(metrics, "output_tokens", "completion_tokens"),
        cached=find_count(metrics.get("cache_read_input_tokens")),
        written=find_count(metrics.get("cache_write_input_tokens")),
        reasoning=find_count(metrics.get("reasoning_output_tokens")),
    )
    span.ttft_ns = find_ns(metrics.get("time_to_first_token"))
    cost = _reported_usd(metrics)
    if cost is not None:
        span.cost_nusd, span.cost_source = nusd_from_usd(cost), "reported"
    for key, value in metrics.items():
        number = find_number(value)
        if number is not None and key not in _COLUMN_METRICS:
            span.tags[text_of(key)] = number_text(number)


def apply_tokens(
    span: Span,
    *,
    total_input: int | None,
    output: int | None,
    cached: int | None,
    written: int | None,
    reasoning: int | None,
) -> None:
    """Set the token columns that were reported; input becomes all input.

    ddtrace counts cached and cache-written tokens inside input_tokens for every provider; clients that pass a
    provider's own figures (Anthropic's) do not. A part cannot exceed its whole, so that is how they are told apart.
    """
    if total_input is not None:
        parts = (cached or 0) + (written or 0)
        span.input_tokens = total_input if parts <= total_input else total_input + parts
    if output is not None:
        span.output_tokens = output
    if cached is not None:
        span.cached_input_tokens = cached
    if written is not None:
        span.cache_write_tokens = written
    if reasoning is not None:
        span.reasoning_tokens = reasoning


def _first_count(metrics: dict[str, Any], *names: str) -> int | None:
    return next((count for name in names if (count := find_count(metrics.get(name))) is not None), None)


def _reported_usd(metrics: dict[str, Any]) -> float | None:
    """Dollars: the total where it is given, else the sum of both sides; None when unknown or not a cost."""
    total = find_number(metrics.get("total_cost"))
    if total is None:
        sides = [find_number(metrics.get(name)) for name in ("input_cost", "output_cost")]
        known = [side for side in sides if side is not None]
        total = sum(known) if len(known) == len(sides) else None
    return total if total is not None and 0 <= total <= _MAX_COST_USD else None


def _apply_error(span: Span, error: dict[str, Any]) -> None:
    if not error:
        return
    span.error_message = text_of(error.get("message")) or span.error_message
    span.error_type = text_of(error.get("type")) or span.error_type
    stack = text_of(error.get("stack"))
    if stack:
        span.tags["error.stack"] = cut_text(stack, 64 * 1024)


def _apply_content(span: Span, meta: dict[str, Any]) -> None:
    asked, answered, metadata = map_of(meta.get("input")), map_of(meta.get("output")), map_of(meta.get("metadata"))
    span.input = content_text(asked) or span.input
    span.output = content_text(answered) or span.output
    prompt = map_of(asked.get("prompt"))
    span.prompt_version = text_of(prompt.get("version"))
    if prompt.get("id"):
        span.tags["prompt_id"] = text_of(prompt["id"])
    span.finish_reason = text_of(metadata.get("finish_reason") or metadata.get("stop_reason"))
    for count, (key, text) in enumerate(_metadata_tags(metadata)):
        if count >= MAX_FLAT_TAGS:
            span.tags["metadata.cut"] = "true"
            break
        span.tags[key] = text


def _metadata_tags(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return flatten("metadata", {key: metadata[key] for key in metadata if key != "finish_reason"})


def content_text(side: dict[str, Any]) -> str:
    """Input or output as text: the value, or the list of messages or documents as compact JSON; cut at the bound."""
    for key in ("messages", "documents"):
        if side.get(key):
            return cut_text(json_text(side[key]))
    return cut_text(text_of(side.get("value")))
