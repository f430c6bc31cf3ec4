"""A ChatRequest written as a chat completions request, in the members that most servers of this format know."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from lrcp.gateway.wire.chat import ChatRequest, Media, Part, Text, Thinking, Tool, ToolCall, ToolResult, Turn
from lrcp.gateway.wire.media import audio_format, render_media_url
from lrcp.gateway.wire.openai_chat.options import effort_of, plain_text, refuse_given, render_mode
from lrcp.model.errors import InputError

FORMAT: Final = "OpenAI's chat completions format"
_SAME_NAME: Final = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "user", "stop")


def render_request(request: ChatRequest, model: str) -> bytes:
    """The body for this model. Raises: InputError - the request holds what this format cannot say."""
    refuse_given(request, ("top_k",), FORMAT)
    body: dict[str, Any] = {"model": model, "messages": [*_render_messages(request)]}
    body |= {name: value for name in _SAME_NAME if (value := getattr(request, name)) not in (None, "", [])}
    body |= _render_tools(request)
    if request.max_tokens is not None:
        body["max_completion_tokens"] = request.max_tokens
    if (effort := effort_of(request)) is not None:
        body["reasoning_effort"] = effort
    if request.output is not None:
        body["response_format"] = _render_output(request)
    if request.streams:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return msgspec.json.encode(body)


def _render_messages(request: ChatRequest) -> Iterator[dict[str, Any]]:
    for instruction in request.system:
        yield {"role": "system", "content": instruction}
    for turn in request.turns:
        yield from _SIDES[turn.role](turn)


def _render_user(turn: Turn) -> Iterator[dict[str, Any]]:
    """Results of tools are messages of their own; what is said between them keeps its place."""
    said: list[Part] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            yield from _render_said(said)
            said = []
            yield _render_result(part)
        else:
            said.append(part)
    yield from _render_said(said)


def _render_said(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    if len(parts) == 1 and isinstance(parts[0], Text):
        yield {"role": "user", "content": parts[0].text}
    elif parts:
        yield {"role": "user", "content": [_render_part(part) for part in parts]}


def _render_result(result: ToolResult) -> dict[str, Any]:
    texts = plain_text(result.parts, "the result of a tool")
    content: Any = texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]
    return {"role": "tool", "tool_call_id": result.call_id, "content": content or ""}


def _render_assistant(turn: Turn) -> Iterator[dict[str, Any]]:
    """Thinking stays behind: it is signed for, and of use to, the provider that it came from."""
    calls = [_render_call(part) for part in turn.parts if isinstance(part, ToolCall)]
    said = [part for part in turn.parts if not isinstance(part, ToolCall | Thinking)]
    texts = plain_text(said, "an assistant's message")
    content: Any = [{"type": "text", "text": text} for text in texts] if len(texts) > 1 else "".join(texts)
    message: dict[str, Any] = {"role": "assistant", "content": content or (None if calls else "")}
    yield message | ({"tool_calls": calls} if calls else {})


_SIDES: Final[dict[str, Callable[[Turn], Iterator[dict[str, Any]]]]] = {
    "user": _render_user,
    "assistant": _render_assistant,
}


def _render_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _render_part(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Media):
        return _MEDIA[part.kind](part)
    raise InputError(f"a user's message: {type(part).__name__.lower()} cannot be said here in the format of the target")


def _render_image(media: Media) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": render_media_url(media)}}


def _render_audio(media: Media) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": audio_format(media)}}


def _render_file(media: Media) -> dict[str, Any]:
    if not media.data:
        raise InputError(f"a document by address cannot be said in {FORMAT}")
    return {"type": "file", "file": {"filename": media.name or "document", "file_data": render_media_url(media)}}


_MEDIA: Final[dict[str, Callable[[Media], dict[str, Any]]]] = {
    "image": _render_image,
    "audio": _render_audio,
    "file": _render_file,
}


def _render_tools(request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if request.tools:
        body["tools"] = [{"type": "function", "function": _render_tool(tool)} for tool in request.tools]
    choice = request.tool_choice
    if choice is not None:
        body["tool_choice"] = render_mode(choice, {"type": "function", "function": {"name": choice.name}})
        if choice.parallel is not None:
            body["parallel_tool_calls"] = choice.parallel
    return body


def _render_tool(tool: Tool) -> dict[str, Any]:
    given = {"description": tool.description or None, "parameters": tool.parameters, "strict": tool.strict}
    return {"name": tool.name, **{name: value for name, value in given.items() if value is not None}}


def _render_output(request: ChatRequest) -> dict[str, Any]:
    output = request.output
    if output is None or output.kind == "json":
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": output.name or "answer", "schema": output.schema or {}}
    if output.strict is not None:
        schema["strict"] = output.strict
    return {"type": "json_schema", "json_schema": schema}
