"""TokenUsage in the words of OpenAI's two formats."""

from typing import Any

from lrcp.evaluators.cost import TokenUsage


def render_usage(usage: TokenUsage) -> dict[str, Any]:
    """The usage object of chat completions; what nobody counted is 0, since its clients want numbers."""
    prompt, output = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": _input_details(usage),
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
    }


def render_response_usage(usage: TokenUsage) -> dict[str, Any]:
    """The usage object of responses."""
    given, output = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": given,
        "input_tokens_details": _input_details(usage),
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": given + output,
    }


def _input_details(usage: TokenUsage) -> dict[str, int]:
    details = {"cached_tokens": usage.cached_input_tokens or 0}
    return details | ({"cache_write_tokens": usage.cache_write_tokens} if usage.cache_write_tokens else {})
