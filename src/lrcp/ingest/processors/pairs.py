"""One operation, told twice: an APM span and an LLM Observability event of the same span id become one row.

Either may come first, in the same request or minutes apart. A receiver marks a record whose other view may still come
(`Span.awaits`); a merged row awaits nothing.
"""

from collections.abc import Iterable

import msgspec

from lrcp.model.span import GENERATION_KINDS, Span

_FROM_LLMOBS = [
    "name",
    "kind",
    "ml_app",
    "session_id",
    "user_id",
    "provider",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_nusd",
    "cost_source",
    "ttft_ns",
    "finish_reason",
    "prompt_version",
    "input",
    "output",
]
_FROM_EITHER = ("error_type", "error_message", "env", "version", "service", "resource", "model", "response_model")


Row = tuple[Span, int]
"""A span and the number of the payload it came in."""


class Told(msgspec.Struct):
    """A span and whether its row has been counted in the derived metrics."""

    span: Span
    counted: bool = False


def merge_views(first: Told, second: Told) -> Told:
    """One record of two views. What LLM Observability knows of the generation wins; the rest comes from APM.

    Returns: the merged span; `counted` when a view that was stored before counted as a generation.
    """
    apm, llmobs = (first.span, second.span) if first.span.awaits == "llmobs" else (second.span, first.span)
    merged = msgspec.structs.replace(apm, awaits="", tags={**llmobs.tags, **apm.tags})
    for name in _FROM_LLMOBS:
        if (value := getattr(llmobs, name)) not in ("", None):
            setattr(merged, name, value)
    for name in _FROM_EITHER:
        setattr(merged, name, getattr(apm, name) or getattr(llmobs, name))
    if "error" in (apm.status, llmobs.status):
        merged.status = "error"
    counted = any(told.counted and told.span.kind in GENERATION_KINDS for told in (first, second))
    return Told(merged, counted)


def operation_key(trace_id: str, span_id: str) -> str:
    """What the two views of an operation share: some tracers tell only the low half of the trace id to one of them."""
    return trace_id[-16:] + span_id


def pair_within(rows: Iterable[Row]) -> tuple[list[Row], dict[str, Row]]:
    """Merge the pairs that arrived together.

    Returns: the rows that await nothing, merged ones included; and those that still wait, by operation.
    """
    done: list[Row] = []
    waiting: dict[str, Row] = {}
    for row in rows:
        span, payload = row
        if not span.awaits:
            done.append(row)
            continue
        key = operation_key(span.trace_id, span.span_id)
        other = waiting.pop(key, None)
        if other is None or other[0].awaits == span.awaits:
            waiting[key] = row
        else:
            done.append((merge_views(Told(other[0]), Told(span)).span, payload))
    return done, waiting
