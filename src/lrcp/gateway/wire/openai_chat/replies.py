"""Whole chat completions to and from a ChatReply."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import ChatReply, Part, StopReason, Text, Thinking, ToolCall
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.openai import Usage
from lrcp.gateway.wire.openai_chat.usage import render_usage
from lrcp.gateway.wire.openai_reading import token_usage
from lrcp.gateway.wire.transcript import text_of

STOP_OF: Final[dict[str, StopReason]] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool",
    "function_call": "tool",
    "content_filter": "filter",
}
FINISH_OF: Final[dict[StopReason, str]] = {
    "end": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool": "tool_calls",
    "filter": "content_filter",
    "refusal": "content_filter",
}


def parse_reply(body: bytes) -> ChatReply:
    """A whole answer; of several choices the first. Raises: UpstreamError - it is no answer of this format."""
    answer = decode_json(body)
    choices = answer.get("choices") if isinstance(answer, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(answer, dict) or not isinstance(choice, dict) or not isinstance(message, dict):
        raise UpstreamError("the provider's answer holds no choice with a message", code="invalid_reply")
    refusal = text_of(message.get("refusal"))
    stop = STOP_OF.get(str(choice.get("finish_reason")), "end")
    created = answer.get("created")
    return ChatReply(
        id=str(answer.get("id") or ""),
        model=str(answer.get("model") or ""),
        parts=[*_parse_parts(message)],
        stop="refusal" if refusal else stop,
        usage=parse_usage(answer),
        created_s=int(created) if isinstance(created, int | float) else 0,
    )


def _parse_parts(message: dict[str, Any]) -> Iterator[Part]:
    if thought := thought_of(message):
        yield Thinking(thought)
    for text in (text_of(message.get("content")), text_of(message.get("refusal"))):
        if text:
            yield Text(text)
    for call in _list(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield ToolCall(
                id=str(call.get("id") or ""),
                name=str(function.get("name") or ""),
                arguments=arguments_of(function) or "{}",
                signature=signature_of(call),
            )


def thought_of(message: dict[str, Any]) -> str:
    """The reasoning shown, under either of the two names that servers of this format give it."""
    return text_of(message.get("reasoning_content")) or text_of(message.get("reasoning"))


def arguments_of(function: dict[str, Any]) -> str:
    """JSON text; some servers send an object instead."""
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        return msgspec.json.encode(arguments).decode()
    return arguments if isinstance(arguments, str) else ""


def signature_of(call: dict[str, Any]) -> str:
    """Gemini's thoughtSignature, which must come back with the call."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) else ""


def extra_content(signature: str) -> dict[str, Any]:
    """The member that carries a signature to the client and back; none when there is no signature."""
    return {"extra_content": {"google": {"thought_signature": signature}}} if signature else {}


def parse_usage(answer: dict[str, Any], service_tier: str = "") -> TokenUsage | None:
    """The usage of a reply or a chunk; None when it is missing or malformed. service_tier: as told before."""
    extra = answer.get("x_groq")
    given = answer.get("usage") or (extra.get("usage") if isinstance(extra, dict) else None)
    if given is None:
        return None
    try:
        return token_usage(msgspec.convert(given, Usage), answer.get("service_tier") or service_tier)
    except msgspec.ValidationError:
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def render_reply(reply: ChatReply) -> bytes:
    """A chat completion of one choice."""
    choice = {
        "index": 0,
        "message": _render_message(reply),
        "logprobs": None,
        "finish_reason": FINISH_OF[reply.stop or "end"],
    }
    body: dict[str, Any] = {
        "id": reply.id,
        "object": "chat.completion",
        "created": reply.created_s,
        "model": reply.model,
        "choices": [choice],
    }
    if reply.usage is not None:
        body["usage"] = render_usage(reply.usage)
    return msgspec.json.encode(body)


def _render_message(reply: ChatReply) -> dict[str, Any]:
    text = "".join(part.text for part in reply.parts if isinstance(part, Text))
    thought = "".join(part.text for part in reply.parts if isinstance(part, Thinking))
    calls = [_render_call(part) for part in reply.parts if isinstance(part, ToolCall)]
    refused = reply.stop == "refusal"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused or (calls and not text) else text,
        "refusal": text if refused else None,
    }
    if thought:
        message["reasoning_content"] = thought
    return message | ({"tool_calls": calls} if calls else {})


def _render_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **extra_content(call.signature)}
