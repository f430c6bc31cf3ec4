"""Whole responses to and from a ChatReply."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import ChatReply, Part, StopReason, Text, Thinking, ToolCall
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.openai_chat.replies import signature_of
from lrcp.gateway.wire.responses.bodies import (
    call_item,
    ended,
    message_item,
    reasoning_item,
    render_response,
    seal,
    text_part,
    unseal,
)
from lrcp.gateway.wire.responses.reading import read_usage

_STOP_OF: Final[dict[str, StopReason]] = {"max_output_tokens": "length", "content_filter": "filter"}


def parse_reply(body: bytes) -> ChatReply:
    """A whole answer. Raises: UpstreamError - it is no response, or one that failed."""
    response = decode_json(body)
    if not isinstance(response, dict) or not isinstance(response.get("output"), list):
        raise UpstreamError("the provider's answer is no response with an output", code="invalid_reply")
    if response.get("status") == "failed":
        raise UpstreamError(f"the provider's answer failed: {failure_of(response)[1]}", code="invalid_reply")
    items = [item for item in response["output"] if isinstance(item, dict)]
    created = response.get("created_at")
    return ChatReply(
        id=str(response.get("id") or ""),
        model=str(response.get("model") or ""),
        parts=[part for item in items for part in _parse_item(item)],
        stop=stop_of(response),
        usage=usage_of(response),
        created_s=int(created) if isinstance(created, int | float) else 0,
    )


def _parse_item(item: dict[str, Any]) -> Iterator[Part]:
    kind = item.get("type")
    if kind == "function_call":
        yield parse_call(item)
    elif kind == "reasoning":
        shown = [*_dicts(item.get("summary")), *_dicts(item.get("content"))]
        text, signature = "".join(str(part.get("text") or "") for part in shown), item.get("encrypted_content")
        if text or signature:
            yield Thinking(text, *unseal(signature if isinstance(signature, str) else ""))
    elif kind == "message":
        for part in _dicts(item.get("content")):
            if text := str(part.get("text") or part.get("refusal") or ""):
                yield Text(text)


def parse_call(item: dict[str, Any]) -> ToolCall:
    """A function_call item."""
    return ToolCall(
        id=str(item.get("call_id") or ""),
        name=str(item.get("name") or ""),
        arguments=str(item.get("arguments") or "{}"),
        signature=signature_of(item),
    )


def stop_of(response: dict[str, Any]) -> StopReason:
    """Why a response ended."""
    details = response.get("incomplete_details")
    if response.get("status") == "incomplete":
        reason = details.get("reason") if isinstance(details, dict) else None
        return _STOP_OF.get(str(reason), "length")
    items = _dicts(response.get("output"))
    if any(item.get("type") == "function_call" for item in items):
        return "tool"
    parts = [part for item in items for part in _dicts(item.get("content"))]
    return "refusal" if any(part.get("type") == "refusal" for part in parts) else "end"


def usage_of(response: dict[str, Any]) -> TokenUsage | None:
    """Its counts; None when they are missing or malformed."""
    return read_usage(response)


def failure_of(response: dict[str, Any]) -> tuple[str, str]:
    """(code, message) of a response that failed."""
    error = response.get("error")
    known = error if isinstance(error, dict) else {}
    return str(known.get("code") or "server_error"), str(known.get("message") or "no reason was given")[:2000]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def render_reply(reply: ChatReply) -> bytes:
    """A whole response."""
    output = [_render_part(reply, part, i) for i, part in enumerate(_joined(reply.parts))]
    response = render_response(reply.id, reply.model, reply.created_s, output)
    return msgspec.json.encode(ended(response, reply.stop or "end", reply.usage))


def _joined(parts: list[Part]) -> Iterator[Part]:
    """Text next to text is one message: a document that came in two parts is read as one."""
    said: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            said.append(part.text)
            continue
        if said:
            yield Text("".join(said))
            said = []
        yield part
    if said:
        yield Text("".join(said))


def _render_part(reply: ChatReply, part: Part, index: int) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return call_item(f"fc_{index}_{reply.id}", part.id, part.name, part.arguments, part.signature)
    if isinstance(part, Thinking):
        return reasoning_item(f"rs_{index}_{reply.id}", part.text, seal(part.signature, redacted=part.redacted))
    text = part.text if isinstance(part, Text) else ""
    refused = reply.stop == "refusal"
    shown = {"type": "refusal", "refusal": text} if refused else text_part(text)
    return message_item(f"msg_{index}_{reply.id}", [shown])
