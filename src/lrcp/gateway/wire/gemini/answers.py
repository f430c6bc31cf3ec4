"""Gemini's answers as records of the wire: whole replies, chunks of streams, and what they used."""

from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.format import UNDECODABLE
from lrcp.gateway.wire.transcript import count_of, tier_of

_TIER_OF_TRAFFIC: Final = {
    "ON_DEMAND": "standard",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND_OFFPEAK": "offpeak",
    "PROVISIONED_THROUGHPUT": "provisioned",
}


class Wire(msgspec.Struct, rename="camel", gc=False):
    """A message of Google's JSON; members that are not named here are passed over."""


class FunctionCall(Wire):
    """partialArgs: pieces of the arguments, which Vertex AI streams on request."""

    id: str | None = None
    name: str | None = None
    args: dict[str, Any] | None = None
    partial_args: list[dict[str, Any]] | None = None


class Blob(Wire):
    mime_type: str | None = None
    data: str | None = None


class Part(Wire):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None


class Content(Wire):
    parts: list[Part] | None = None


class Candidate(Wire):
    index: int = 0
    content: Content | None = None
    finish_reason: str | None = None


class Usage(Wire):
    """Counts. promptTokenCount holds the cached ones; those of thoughts and of tools' results stand beside the others."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None
    traffic_type: str | None = None
    service_tier: str | None = None


class PromptFeedback(Wire):
    block_reason: str | None = None


class Answer(Wire):
    """A reply of generateContent, or a chunk of a stream."""

    candidates: list[Candidate] | None = None
    usage_metadata: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    prompt_feedback: PromptFeedback | None = None
    error: Any = None


_answer: Final = msgspec.json.Decoder(Answer)
_answers: Final = msgspec.json.Decoder(list[Answer])


def decode_answer(data: bytes) -> Answer | None:
    """A reply or a chunk; None when it is not of this format."""
    try:
        return _answer.decode(data)
    except UNDECODABLE:
        return None


def decode_answers(data: bytes) -> list[Answer]:
    """A reply, or the list of chunks that a stream without `alt=sse` is; empty when it is neither."""
    try:
        return _answers.decode(data) if data.lstrip()[:1] == b"[" else [_answer.decode(data)]
    except UNDECODABLE:
        return []


def parts_of(candidate: Candidate) -> list[Part]:
    """The parts of a candidate's content, which may be missing."""
    return (candidate.content.parts or []) if candidate.content is not None else []


def token_usage(usage: Usage) -> TokenUsage:
    """Gemini's counts in ours: input with what tools gave, output with the thoughts.

    Google's JSON leaves out what is 0, and the total tells of output that is in no other count.
    """
    prompt = count_of(usage.prompt_token_count)
    tools = count_of(usage.tool_use_prompt_token_count)
    answer, thoughts = count_of(usage.candidates_token_count), count_of(usage.thoughts_token_count)
    total = count_of(usage.total_token_count)
    inputs = None if prompt is None and tools is None else (prompt or 0) + (tools or 0)
    output = None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0)
    if total is not None and inputs is not None:
        output = max(output or 0, total - inputs)
    return TokenUsage(
        input_tokens=inputs,
        output_tokens=output,
        cached_input_tokens=count_of(usage.cached_content_token_count),
        reasoning_tokens=thoughts,
        service_tier=_service_tier(usage),
    )


def _service_tier(usage: Usage) -> str:
    """The tier that the call was served in, in lower case; '' when it was not told, or is the standard one."""
    if usage.service_tier:
        return tier_of(usage.service_tier.lower().removeprefix("service_tier_"))
    return tier_of(_TIER_OF_TRAFFIC.get(usage.traffic_type or "", ""))
