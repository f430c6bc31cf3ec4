"""How an answer ended and what it used, in Gemini's words and in the gateway's."""

from typing import Any, Final

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.chat import StopReason
from lrcp.gateway.wire.gemini.answers import Answer

_STOP_OF: Final[dict[str, StopReason]] = {
    "STOP": "end",
    "MAX_TOKENS": "length",
    "SAFETY": "filter",
    "RECITATION": "filter",
    "LANGUAGE": "filter",
    "BLOCKLIST": "filter",
    "PROHIBITED_CONTENT": "filter",
    "SPII": "filter",
    "MODEL_ARMOR": "filter",
    "IMAGE_SAFETY": "filter",
    "IMAGE_PROHIBITED_CONTENT": "filter",
    "IMAGE_RECITATION": "filter",
}
_REASON_OF: Final[dict[StopReason, str]] = {
    "end": "STOP",
    "tool": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "filter": "SAFETY",
    "refusal": "SAFETY",
}
MALFORMED_CALL: Final = "MALFORMED_FUNCTION_CALL"


def stop_of(reason: str, *, calls: bool) -> StopReason:
    """Gemini says STOP also where it calls a tool. What no other format has a word for is an end."""
    stop = _STOP_OF.get(reason, "end")
    return "tool" if calls and stop == "end" else stop


def blocked(answer: Answer) -> bool:
    """Whether the prompt was refused, so that there is no candidate."""
    return answer.prompt_feedback is not None and bool(answer.prompt_feedback.block_reason)


def reason_of(stop: StopReason | None, *, malformed: bool) -> str:
    """Gemini's word; malformed: a call's arguments were no JSON object, so that it could not be said."""
    if malformed and stop != "length":
        return MALFORMED_CALL
    return _REASON_OF[stop] if stop is not None else "OTHER"


def render_usage(usage: TokenUsage) -> dict[str, Any]:
    """Counts in Gemini's words: thoughts stand beside the candidates' tokens."""
    thoughts, output = usage.reasoning_tokens or 0, usage.output_tokens or 0
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": max(0, output - thoughts) if usage.output_tokens is not None else None,
        "thoughtsTokenCount": thoughts or None,
        "cachedContentTokenCount": usage.cached_input_tokens or None,
        "totalTokenCount": (usage.input_tokens or 0) + output,
    }
    return {name: count for name, count in counts.items() if count is not None}
