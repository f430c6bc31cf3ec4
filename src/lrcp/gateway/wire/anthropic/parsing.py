"""An Anthropic request as a ChatRequest."""

import base64
from typing import Final, Literal

import msgspec

from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic import requests as wire
from lrcp.gateway.wire.format import UNDECODABLE, ModelCall
from lrcp.model.errors import InputError

_decode: Final = msgspec.json.Decoder(wire.Request).decode
_Effort = Literal["none", "minimal", "low", "medium", "high"]
_EFFORT_OF: Final[dict[str, _Effort]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
_Content = wire.TextBlock | wire.ImageBlock | wire.DocumentBlock


def parse_request(body: bytes, call: ModelCall) -> chat.ChatRequest:
    """Read a body of /messages. Raises: InputError - it holds what cannot be translated; names the member."""
    try:
        request = _decode(body)
    except UNDECODABLE as error:
        raise InputError(f"this request cannot be translated from Anthropic's format: {error}") from error
    leading, messages = _split_system(request.messages)
    effort, budget = _reasoning(request)
    return chat.ChatRequest(
        model=call.model,
        turns=[_turn(message) for message in messages],
        system=[*_system(request.system), *leading],
        tools=[_tool(tool) for tool in request.tools or ()],
        tool_choice=_tool_choice(request.tool_choice),
        output=_output(request),
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop=request.stop_sequences or [],
        reasoning_effort=effort,
        reasoning_tokens=budget,
        user=(request.metadata.user_id if request.metadata else None) or "",
        streams=call.streams,
    )


def _system(system: str | list[wire.TextBlock] | None) -> list[str]:
    if isinstance(system, str):
        return [system] if system else []
    return [block.text for block in system or () if block.text]


def _split_system(messages: list[wire.Message]) -> tuple[list[str], list[wire.Message]]:
    """The system messages that come first, and the rest; later ones have no place in the records."""
    count = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    if any(message.role == "system" for message in messages[count:]):
        raise InputError("messages: a system message after the first turn cannot be translated")
    texts = [text for message in messages[:count] for text in _system_texts(message)]
    return texts, messages[count:]


def _system_texts(message: wire.Message) -> list[str]:
    content = message.content
    if isinstance(content, str):
        return _system(content)
    texts = [block for block in content if isinstance(block, wire.TextBlock)]
    if len(texts) < len(content):
        raise InputError("messages: a system message may hold only text")
    return _system(texts)


def _turn(message: wire.Message) -> chat.Turn:
    return chat.Turn(role="assistant" if message.role == "assistant" else "user", parts=_parts(message.content))


def _parts(content: str | list[wire.Block]) -> list[chat.Part]:
    if isinstance(content, str):
        return [chat.Text(content)] if content else []
    return [_part(block) for block in content]


def _part(block: wire.Block) -> chat.Part:
    if isinstance(block, wire.ThinkingBlock):
        return chat.Thinking(block.thinking, block.signature)
    if isinstance(block, wire.RedactedThinkingBlock):
        return chat.Thinking("", block.data, redacted=True)
    if isinstance(block, wire.ToolUseBlock):
        return chat.ToolCall(block.id, block.name, _arguments(block))
    if isinstance(block, wire.ToolResultBlock):
        return _tool_result(block)
    return _content(block)


def _content(block: _Content) -> chat.Text | chat.Media:
    if isinstance(block, wire.TextBlock):
        return chat.Text(block.text)
    if isinstance(block, wire.ImageBlock):
        return _media("image", block.source, "", "")
    if block.citations is not None and block.citations.enabled:
        raise InputError("document.citations: citations cannot be translated")
    return _media("file", block.source, block.title or "", "application/pdf")


def _media(
    kind: str, source: wire.Base64Source | wire.UrlSource | wire.TextSource, name: str, url_type: str
) -> chat.Media:
    medium = chat.Media(kind="image" if kind == "image" else "file", name=name)
    if isinstance(source, wire.UrlSource):
        medium.media_type, medium.url = url_type, source.url
    elif isinstance(source, wire.TextSource):
        medium.media_type, medium.data = source.media_type, base64.b64encode(source.data.encode()).decode()
    else:
        medium.media_type, medium.data = source.media_type, source.data
    return medium


def _arguments(block: wire.ToolUseBlock) -> str:
    try:
        arguments = bytes(block.input).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"tool_use.input: {error}") from error
    if not arguments.startswith("{"):
        raise InputError("tool_use.input: must be an object")
    return arguments


def _tool_result(block: wire.ToolResultBlock) -> chat.ToolResult:
    content = block.content or ()
    parts: list[chat.Text | chat.Media] = (
        [chat.Text(content)] if isinstance(content, str) else [_content(part) for part in content]
    )
    return chat.ToolResult(call_id=block.tool_use_id, parts=parts, is_error=bool(block.is_error))


def _tool(tool: wire.Tool) -> chat.Tool:
    if tool.defer_loading:
        raise InputError("tools.defer_loading: a tool that is loaded later cannot be translated")
    return chat.Tool(tool.name, tool.description or "", tool.input_schema, tool.strict)


def _tool_choice(
    choice: wire.AutoChoice | wire.AnyChoice | wire.NamedChoice | wire.NoChoice | None,
) -> chat.ToolChoice | None:
    if choice is None:
        return None
    alone = choice.disable_parallel_tool_use
    parallel = None if alone is None else not alone
    if isinstance(choice, wire.NamedChoice):
        return chat.ToolChoice("named", choice.name, parallel)
    if isinstance(choice, wire.AnyChoice):
        return chat.ToolChoice("required", parallel=parallel)
    return chat.ToolChoice("none" if isinstance(choice, wire.NoChoice) else "auto", parallel=parallel)


def _output(request: wire.Request) -> chat.OutputFormat | None:
    config = request.output_config
    given = (config.format if config else None) or request.output_format
    # Anthropic keeps to a schema always, which is what others call strict.
    return None if given is None else chat.OutputFormat("schema", schema=given.schema, strict=True)


def _reasoning(request: wire.Request) -> tuple[_Effort | None, int | None]:
    """(effort, budget in tokens). Effort above high has no name elsewhere: high is the most that others know."""
    if isinstance(request.thinking, wire.ThinkingDisabled):
        return "none", None
    budget = request.thinking.budget_tokens if isinstance(request.thinking, wire.ThinkingEnabled) else None
    effort = request.output_config.effort if request.output_config else None
    return (_EFFORT_OF[effort] if effort else None), budget
