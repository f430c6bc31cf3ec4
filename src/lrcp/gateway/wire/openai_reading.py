"""What OpenAI's answers said and used, gathered into a Transcript: whole replies, and streams chunk by chunk."""

from typing import Any

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.openai import Answer, Message, Usage, decode_answer
from lrcp.gateway.wire.sse import event_data
from lrcp.gateway.wire.transcript import TICKS_PER_USD, Transcript, count_of, reported_nusd, text_of, tier_of


def read_body(transcript: Transcript, body: bytes) -> None:
    """A whole reply of chat or embeddings."""
    answer = decode_answer(body)
    if answer is not None:
        _add(transcript, answer)
    transcript.done = True


def read_event(transcript: Transcript, event: bytes) -> bool:
    """One event of a stream. Returns: whether it carries the usage and nothing else."""
    data = event_data(event)
    if not data:
        return False
    if data == b"[DONE]":
        transcript.done = True
        return False
    answer = decode_answer(data)
    if answer is None:
        return False
    _add(transcript, answer)
    return answer.usage is not None and not answer.choices and answer.error is None


def _add(transcript: Transcript, answer: Answer) -> None:
    transcript.model = answer.model or transcript.model
    transcript.service_tier = tier_of(answer.service_tier) or transcript.service_tier
    transcript.error = answer.error or transcript.error
    usage = usage_of(answer)
    if usage is not None:
        transcript.usage = token_usage(usage, transcript.service_tier)
    if answer.timings is not None:
        transcript.generating_ms = answer.timings.predicted_ms
    for choice in answer.choices or ():
        if choice.finish_reason:
            transcript.finish_reasons.append(choice.finish_reason)
        message = choice.message or choice.delta
        if message is not None:
            _add_message(transcript, choice.index, message)


def _add_message(transcript: Transcript, index: int, message: Message) -> None:
    for text in (text_of(message.content), text_of(message.refusal)):
        if text:
            transcript.add_text(index, text)
    if thought := text_of(message.reasoning_content):
        transcript.add_thinking(thought)
    if isinstance(message.tool_calls, list):
        for call in message.tool_calls:
            _add_tool_call(transcript, index, call)


def _add_tool_call(transcript: Transcript, index: int, call: Any) -> None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return
    name, arguments = str(function.get("name") or ""), str(function.get("arguments") or "")
    if name:
        transcript.add_tool_call(index, name, arguments)
    else:
        transcript.extend_tool_call(index, arguments)


def usage_of(answer: Answer) -> Usage | None:
    """The counts of a reply or a chunk, also where only Groq would look for them."""
    return answer.usage or (answer.x_groq.usage if answer.x_groq is not None else None)


def token_usage(usage: Usage, service_tier: Any = None) -> TokenUsage:
    """OpenAI's counts in ours: input whole, output whole.

    Some providers (Gemini, xAI) leave reasoning out of completion_tokens and have it in total_tokens only; it is output.
    """
    details, total = usage.prompt_tokens_details, count_of(usage.total_tokens)
    given = usage.completion_tokens_details
    reasoning = count_of(given.reasoning_tokens) if given else None
    prompt, output = count_of(usage.prompt_tokens), count_of(usage.completion_tokens)
    if total is not None and prompt is not None:
        hidden = total - prompt - (output or 0)
        if hidden > 0:
            output, reasoning = (output or 0) + hidden, max(reasoning or 0, hidden)
    return TokenUsage(
        input_tokens=prompt,
        output_tokens=output,
        cached_input_tokens=_cached(usage),
        cache_write_tokens=count_of(details.cache_write_tokens) if details else None,
        reasoning_tokens=reasoning,
        service_tier=tier_of(service_tier),
        reported_nusd=_reported_nusd(usage),
    )


def _cached(usage: Usage) -> int | None:
    details = usage.prompt_tokens_details
    told = (details.cached_tokens if details else None, usage.prompt_cache_hit_tokens, usage.num_cached_tokens)
    return next((count for tokens in told if (count := count_of(tokens)) is not None), None)


def _reported_nusd(usage: Usage) -> int | None:
    """What the provider charges: xAI's ticks, OpenRouter's dollars; with the caller's own key, that key's bill and the fee."""
    if isinstance(usage.cost_in_usd_ticks, int):
        return reported_nusd(usage.cost_in_usd_ticks / TICKS_PER_USD)
    charged = reported_nusd(usage.cost)
    if charged is None or usage.is_byok is not True:
        return charged
    details = usage.cost_details if isinstance(usage.cost_details, dict) else {}
    billed = reported_nusd(details.get("upstream_inference_cost"))
    return None if billed is None else charged + billed
