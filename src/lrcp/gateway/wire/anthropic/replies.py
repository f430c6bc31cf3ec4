"""Whole answers: Anthropic's as a ChatReply, and the other way round."""

from typing import Any, Final

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.answers import Block, decode_message, render_usage, with_usage
from lrcp.gateway.wire.anthropic.rendering import render_part
from lrcp.model.errors import InputError

_STOP_OF_REASON: Final[dict[str, chat.StopReason]] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",  # there is more to come, which no other format can say
    "stop_sequence": "stop_sequence",
    "tool_use": "tool",
    "refusal": "refusal",
}
_REASON_OF_STOP: Final[dict[chat.StopReason, str]] = {
    "end": "end_turn",
    "length": "max_tokens",
    "tool": "tool_use",
    "stop_sequence": "stop_sequence",
    "filter": "refusal",
    "refusal": "refusal",
}


def stop_of(reason: str) -> chat.StopReason:
    """Why an answer ended; a reason that is new to us is an end all the same."""
    return _STOP_OF_REASON.get(reason, "end")


def reason_of(stop: chat.StopReason | None) -> str:
    """Anthropic's word for it; its clients want one always."""
    return _REASON_OF_STOP[stop or "end"]


def parse_reply(body: bytes) -> chat.ChatReply:
    """Read a whole answer. Raises: UpstreamError - it is none, or holds what the records cannot."""
    message = decode_message(body)
    if message is None or not message.id:
        raise UpstreamError("the provider's reply is not an Anthropic message", code="invalid_reply")
    return chat.ChatReply(
        id=message.id,
        model=message.model,
        parts=[_part(block) for block in message.content],
        stop=stop_of(message.stop_reason) if message.stop_reason else None,
        usage=with_usage(None, message.usage) if message.usage else None,
        stop_sequence=message.stop_sequence or "",
    )


def _part(block: Block) -> chat.Part:
    if block.type == "text":
        return chat.Text(block.text)
    if block.type == "thinking":
        return chat.Thinking(block.thinking, block.signature)
    if block.type == "redacted_thinking":
        return chat.Thinking("", block.data, redacted=True)
    if block.type == "tool_use":
        return chat.ToolCall(block.id, block.name, block.arguments() or "{}")
    raise UpstreamError(f"the provider's reply has a block of type {block.type!r}", code="untranslatable_reply")


def render_reply(reply: chat.ChatReply) -> bytes:
    """Write a whole answer. Raises: UpstreamError - it holds what Anthropic's cannot, such as a picture."""
    return msgspec.json.encode(
        {
            **render_head(reply.id, reply.model),
            "content": [_block(part) for part in reply.parts],
            "stop_reason": reason_of(reply.stop),
            "stop_sequence": reply.stop_sequence or None,
            "usage": render_usage(reply.usage),
        }
    )


def render_head(id: str, model: str) -> dict[str, Any]:
    """What a message says of itself, whole or streamed."""
    return {"id": id, "type": "message", "role": "assistant", "model": model}


def _block(part: chat.Part) -> dict[str, Any]:
    if isinstance(part, chat.Media | chat.ToolResult):
        raise UpstreamError(f"an Anthropic reply cannot hold {type(part).__name__}", code="untranslatable_reply")
    try:
        return render_part(part)
    except InputError as error:
        raise UpstreamError(str(error), code="untranslatable_reply") from error
