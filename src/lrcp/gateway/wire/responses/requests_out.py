"""A ChatRequest written as a responses request, which OpenAI is asked not to keep."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from lrcp.gateway.wire.chat import ChatRequest, Media, Part, Text, Thinking, Tool, ToolCall, ToolResult, Turn
from lrcp.gateway.wire.media import render_media_url
from lrcp.gateway.wire.openai_chat.options import effort_of, plain_text, refuse_given, render_mode
from lrcp.model.errors import InputError

FORMAT: Final = "OpenAI's responses format"
_UNSAYABLE: Final = ("top_k", "stop", "seed", "presence_penalty", "frequency_penalty")


def render_request(request: ChatRequest, model: str) -> bytes:
    """The body for this model. Raises: InputError - the request holds what this format cannot say."""
    refuse_given(request, _UNSAYABLE, FORMAT)
    body: dict[str, Any] = {"model": model, "input": [*_render_input(request)], "store": False}
    if request.system:
        body["instructions"] = request.system[0]
    body |= {name: value for name in ("temperature", "top_p") if (value := getattr(request, name)) is not None}
    body |= {"user": request.user} if request.user else {}
    body |= _render_tools(request)
    if request.max_tokens is not None:
        body["max_output_tokens"] = request.max_tokens
    if (effort := effort_of(request)) is not None:
        body["reasoning"] = {"effort": effort}
    if request.output is not None:
        body["text"] = {"format": _render_output(request)}
    return msgspec.json.encode(body | ({"stream": True} if request.streams else {}))


def _render_input(request: ChatRequest) -> Iterator[dict[str, Any]]:
    """The first instruction is the body's own member; there is one only."""
    for instruction in request.system[1:]:
        yield {"type": "message", "role": "system", "content": instruction}
    for turn in request.turns:
        yield from _SIDES[turn.role](turn)


def _render_user(turn: Turn) -> Iterator[dict[str, Any]]:
    said: list[Text | Media] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            yield from _render_said(said)
            said = []
            yield {"type": "function_call_output", "call_id": part.call_id, "output": _render_output_of(part)}
        elif isinstance(part, Text | Media):
            said.append(part)
        else:
            what = type(part).__name__.lower()
            raise InputError(f"a user's message: {what} cannot be said here in the format of the target")
    yield from _render_said(said)


def _render_said(parts: Sequence[Text | Media]) -> Iterator[dict[str, Any]]:
    if parts:
        yield {"type": "message", "role": "user", "content": [_render_part(part) for part in parts]}


def _render_output_of(result: ToolResult) -> Any:
    if len(result.parts) == 1 and isinstance(result.parts[0], Text):
        return result.parts[0].text
    return [_render_part(part) for part in result.parts]


def _render_assistant(turn: Turn) -> Iterator[dict[str, Any]]:
    """In the order said. Thinking stays behind: it is signed for, and of use to, the provider that it came from."""
    for part in turn.parts:
        if isinstance(part, ToolCall):
            yield {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}
        elif not isinstance(part, Thinking):
            (text,) = plain_text([part], "an assistant's message")
            yield {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


_SIDES: Final[dict[str, Callable[[Turn], Iterator[dict[str, Any]]]]] = {
    "user": _render_user,
    "assistant": _render_assistant,
}


def _render_part(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, Media) and part.kind == "image":
        return {"type": "input_image", "image_url": render_media_url(part), "detail": "auto"}
    if isinstance(part, Media) and part.kind == "file":
        return _render_file(part)
    what = part.kind if isinstance(part, Media) else type(part).__name__.lower()
    raise InputError(f"{what} cannot be said in {FORMAT}")


def _render_file(media: Media) -> dict[str, Any]:
    if not media.data:
        return {"type": "input_file", "file_url": media.url}
    return {"type": "input_file", "filename": media.name or "document", "file_data": render_media_url(media)}


def _render_tools(request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if request.tools:
        body["tools"] = [_render_tool(tool) for tool in request.tools]
    choice = request.tool_choice
    if choice is not None:
        body["tool_choice"] = render_mode(choice, {"type": "function", "name": choice.name})
        if choice.parallel is not None:
            body["parallel_tool_calls"] = choice.parallel
    return body


def _render_tool(tool: Tool) -> dict[str, Any]:
    """strict is said, since here, unlike in the other formats, it is on where it is not."""
    described = {"description": tool.description} if tool.description else {}
    parameters = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    return {"type": "function", "name": tool.name, **described, "parameters": parameters, "strict": bool(tool.strict)}


def _render_output(request: ChatRequest) -> dict[str, Any]:
    output = request.output
    if output is None or output.kind == "json":
        return {"type": "json_object"}
    strict = {} if output.strict is None else {"strict": output.strict}
    return {"type": "json_schema", "name": output.name or "answer", "schema": output.schema or {}, **strict}
