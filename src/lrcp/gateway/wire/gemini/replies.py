"""Gemini's whole replies, to and from the gateway's records."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import ChatReply, Media, Part, StopReason, Text, Thinking, ToolCall, ToolResult
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.gemini import answers as wire
from lrcp.gateway.wire.gemini.media import parse_blob, render_media
from lrcp.gateway.wire.gemini.outcome import blocked, reason_of, render_usage, stop_of
from lrcp.model.errors import InputError


def parse_reply(body: bytes) -> ChatReply:
    """The first candidate, and what it used. Raises: UpstreamError - it is no reply of Gemini."""
    answer = wire.decode_answer(body)
    if answer is None or not (answer.candidates or blocked(answer)):
        raise UpstreamError("the provider's answer is no reply of generateContent", code="invalid_reply")
    candidate = (answer.candidates or [wire.Candidate()])[0]
    parts = PartParser(answer.response_id or "").parse(wire.parts_of(candidate))
    calls = any(isinstance(part, ToolCall) for part in parts)
    stop: StopReason | None = "filter" if blocked(answer) else None
    if candidate.finish_reason:
        stop = stop_of(candidate.finish_reason, calls=calls)
    return ChatReply(
        id=answer.response_id or "",
        model=answer.model_version or "",
        parts=parts,
        stop=stop,
        usage=wire.token_usage(answer.usage_metadata) if answer.usage_metadata else None,
        created_s=created_s(answer.create_time),
    )


class PartParser:
    """Parts of one answer, in order. Calls without an id get one that is unique among answers, by the answer's own."""

    def __init__(self, response_id: str) -> None:
        self._response_id = response_id
        self._calls = 0

    def parse(self, parts: list[wire.Part]) -> list[Part]:
        """What a part says beyond the records, such as code that Google ran, was not asked for and is left out."""
        return [parsed for part in parts if (parsed := self._parse(part)) is not None]

    def _parse(self, part: wire.Part) -> Part | None:
        if part.function_call is not None:
            return self._parse_call(part.function_call, part.thought_signature or "")
        if part.inline_data is not None:
            return parse_blob(part.inline_data.mime_type or "", part.inline_data.data or "")
        if not part.text:
            return None
        return Thinking(part.text, part.thought_signature or "") if part.thought else Text(part.text)

    def _parse_call(self, call: wire.FunctionCall, signature: str) -> ToolCall:
        number, self._calls = self._calls, self._calls + 1
        own_id = f"call_{self._response_id}_{number}" if self._response_id else f"call_{number}"
        return ToolCall(
            id=call.id or own_id,
            name=call.name or "",
            arguments=msgspec.json.encode(call.args or {}).decode(),
            signature=signature,
        )


def render_reply(reply: ChatReply) -> bytes:
    """The body of a reply. Raises: UpstreamError - the answer holds a medium of a type that it does not tell."""
    parts = [rendered for part in reply.parts if (rendered := render_part(part)) is not None]
    reason = reason_of(reply.stop, malformed=len(parts) < len(reply.parts))
    return msgspec.json.encode(render_answer(reply.id, reply.model, parts, reason, reply.created_s, reply.usage))


def render_answer(
    response_id: str,
    model: str,
    parts: list[dict[str, Any]],
    reason: str = "",
    created: int = 0,
    usage: TokenUsage | None = None,
) -> dict[str, Any]:
    """A reply, or a chunk of a stream where reason is ''."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    answer: dict[str, Any] = {"candidates": [candidate], "modelVersion": model, "responseId": response_id}
    if created:
        answer["createTime"] = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if usage is not None:
        answer["usageMetadata"] = render_usage(usage)
    return answer


def render_part(part: Part) -> dict[str, Any] | None:
    """A part of an answer; None for a call whose arguments are no JSON object: Gemini has no form for it."""
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, Thinking):
        return {"text": part.text, "thought": True}
    if isinstance(part, Media):
        return _render_media(part)
    return None if isinstance(part, ToolResult) else render_call(part)


def _render_media(media: Media) -> dict[str, Any]:
    try:
        return render_media(media)
    except InputError as error:
        raise UpstreamError(str(error), code="untranslatable_reply") from error


def render_call(call: ToolCall) -> dict[str, Any] | None:
    """A call; None as for render_part."""
    arguments = decode_json(call.arguments.encode()) if call.arguments else {}
    if not isinstance(arguments, dict):
        return None
    rendered: dict[str, Any] = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
    if call.signature:
        rendered["thoughtSignature"] = call.signature
    return rendered


def created_s(time: str | None) -> int:
    """Unix seconds of an RFC 3339 time; 0 when it is none."""
    try:
        return int(datetime.fromisoformat(time).timestamp()) if time else 0
    except (ValueError, OverflowError):
        return 0
