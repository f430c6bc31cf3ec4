"""A Gemini request as the gateway's records."""

from typing import Any, Final, Literal, get_args

import msgspec

from lrcp.gateway.wire.chat import (
    ChatRequest,
    Media,
    OutputFormat,
    Part,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from lrcp.gateway.wire.format import ModelCall
from lrcp.gateway.wire.gemini import requests as wire
from lrcp.gateway.wire.gemini.media import parse_media
from lrcp.gateway.wire.gemini.schemas import to_json_schema
from lrcp.model.errors import InputError

Effort = Literal["minimal", "low", "medium", "high"]
_EFFORTS: Final[tuple[Effort, ...]] = get_args(Effort)
_ROLES: Final = ("", "user", "model", "function", "tool")
_LENIENT: Final = frozenset(
    {"", "OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_MEDIUM_AND_ABOVE"}
)
"""Thresholds that ask for no more than a provider does by itself; a stricter one would be lost."""


def parse_request(body: bytes, call: ModelCall) -> ChatRequest:
    """Raises: InputError - the request asks for what no other format can say."""
    request = wire.decode_request(body)
    for setting in request.safety_settings:
        if setting.threshold not in _LENIENT:
            raise InputError(f"safetySettings: {setting.threshold[:50]} cannot be asked of another provider")
    config = request.generation_config or wire.GenerationConfig()
    _refuse_unsaid(config)
    tools, choice = _parse_tools(request)
    effort, budget = _parse_thinking(config.thinking_config)
    return ChatRequest(
        model=call.model,
        turns=_TurnParser().parse(request.contents),
        system=_parse_system(request.system_instruction),
        tools=tools,
        tool_choice=choice,
        output=_parse_output(config),
        max_tokens=config.max_output_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else int(config.top_k),
        stop=config.stop_sequences,
        seed=config.seed,
        presence_penalty=config.presence_penalty,
        frequency_penalty=config.frequency_penalty,
        reasoning_effort=effort,
        reasoning_tokens=budget,
        streams=call.streams,
    )


def _refuse_unsaid(config: wire.GenerationConfig) -> None:
    if config.candidate_count > 1:
        raise InputError("generationConfig.candidateCount: only one candidate can be asked of another provider")
    if config.response_logprobs:
        raise InputError("generationConfig.responseLogprobs cannot be asked of another provider")
    if any(modality.upper() != "TEXT" for modality in config.response_modalities):
        raise InputError("generationConfig.responseModalities: only TEXT can be asked of another provider")


def _parse_system(content: wire.Content | None) -> list[str]:
    texts = []
    for part in content.parts if content else ():
        if part.text is None:
            raise InputError("systemInstruction: only text can be translated")
        texts.append(part.text)
    return texts


class _TurnParser:
    """Contents in order. Calls without an id get one by their place, so that the same request reads the same each time."""

    def __init__(self) -> None:
        self._calls = 0
        self._open: list[ToolCall] = []

    def parse(self, contents: list[wire.Content]) -> list[Turn]:
        turns = []
        for content in contents:
            if content.role not in _ROLES:
                raise InputError(f"contents: the role {content.role[:50]!r} is unknown")
            parts = [self._parse_part(part) for part in content.parts]
            turns.append(Turn("assistant" if content.role == "model" else "user", parts))
        return turns

    def _parse_part(self, part: wire.Part) -> Part:
        if part.function_call is not None:
            return self._parse_call(part.function_call, part.thought_signature)
        if part.function_response is not None:
            return self._parse_result(part.function_response)
        media = parse_media(part.inline_data, part.file_data)
        if media is not None:
            return media
        text = part.text or ""
        return Thinking(text, part.thought_signature) if part.thought else Text(text)

    def _parse_call(self, call: wire.FunctionCall, signature: str) -> ToolCall:
        made = ToolCall(
            id=call.id or f"call_{self._calls}",
            name=call.name,
            arguments=msgspec.json.encode(call.args).decode(),
            signature=signature,
        )
        self._calls += 1
        self._open.append(made)
        return made

    def _parse_result(self, response: wire.FunctionResponse) -> ToolResult:
        """A result without an id belongs to the first open call of its name."""
        named = (call for call in self._open if (call.id == response.id if response.id else call.name == response.name))
        call = next(named, None)
        if call is not None:
            self._open.remove(call)
        elif not response.id:
            raise InputError(f"contents: functionResponse {response.name[:64]!r} answers no functionCall")
        text, is_error = _parse_result_text(response.response)
        parts: list[Text | Media] = [Text(text)] if text or not response.parts else []
        parts += [media for part in response.parts if (media := parse_media(part.inline_data, part.file_data))]
        return ToolResult(response.id or (call.id if call else ""), parts, name=response.name, is_error=is_error)


def _parse_result_text(response: dict[str, Any]) -> tuple[str, bool]:
    """Gemini's results are objects; `output` alone, or `error` alone, is the text of one."""
    if len(response) == 1:
        ((name, value),) = response.items()
        if name in ("output", "error"):
            return value if isinstance(value, str) else msgspec.json.encode(value).decode(), name == "error"
    return (msgspec.json.encode(response).decode() if response else ""), False


def _parse_tools(request: wire.Request) -> tuple[list[Tool], ToolChoice | None]:
    tools = [_parse_tool(declared) for tool in request.tools for declared in tool.function_declarations]
    config = request.tool_config.function_calling_config if request.tool_config else None
    if config is None:
        return tools, None
    allowed = config.allowed_function_names
    if config.mode == "NONE":
        return tools, ToolChoice("none")
    if allowed:
        tools = [tool for tool in tools if tool.name in allowed]
    if config.mode != "ANY":
        return tools, ToolChoice("auto")
    return tools, ToolChoice("named", allowed[0]) if len(allowed) == 1 else ToolChoice("required")


def _parse_tool(declared: wire.Declaration) -> Tool:
    parameters = declared.parameters_json_schema
    if parameters is None and declared.parameters is not None:
        parameters = to_json_schema(declared.parameters)
    return Tool(declared.name, declared.description, parameters)


def _parse_output(config: wire.GenerationConfig) -> OutputFormat | None:
    if config.response_mime_type in ("", "text/plain"):
        return None
    if config.response_mime_type != "application/json":
        raise InputError(f"generationConfig.responseMimeType: {config.response_mime_type[:50]!r} cannot be translated")
    schema = config.response_json_schema
    if schema is None and config.response_schema is not None:
        schema = to_json_schema(config.response_schema)
    return OutputFormat("json") if schema is None else OutputFormat("schema", name="response", schema=schema)


def _parse_thinking(config: wire.ThinkingConfig | None) -> tuple[Literal["none"] | Effort | None, int | None]:
    """(effort, budget of tokens). A budget of -1 leaves it to the model; XHIGH is the most that others know."""
    if config is None:
        return None, None
    if config.thinking_budget is not None:
        budget = config.thinking_budget
        return ("none", None) if budget == 0 else (None, budget if budget > 0 else None)
    level = config.thinking_level.lower()
    if level == "xhigh":
        return "high", None
    return next((effort for effort in _EFFORTS if effort == level), None), None
