"""The gateway's records as a Gemini request."""

import re
from typing import Any, Final

import msgspec

from lrcp.gateway.wire.chat import ChatRequest, Media, Part, Text, Thinking, Tool, ToolCall, ToolResult, Turn
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.gemini.media import render_media
from lrcp.gateway.wire.gemini.schemas import without_dialect
from lrcp.model.errors import InputError

_MAJOR: Final = re.compile(r"gemini-(\d{1,3})(?:[.\-]|$)")
_BUDGETS: Final = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}
_UNSIGNED: Final = "skip_thought_signature_validator"
"""What Google documents for calls that none of its models made, or whose signature is lost."""
_MODES: Final = {"none": "NONE", "required": "ANY", "named": "ANY"}


def render_request(request: ChatRequest, model: str) -> bytes:
    """The body for a model. Raises: InputError - Gemini cannot be asked this."""
    signed = _major(model) >= 3
    body: dict[str, Any] = {"contents": _render_turns(request.turns, signed=signed)}
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": text} for text in request.system]}
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_render_tool(tool) for tool in request.tools]}]
        calling = _render_choice(request)
        if calling:
            body["toolConfig"] = {"functionCallingConfig": calling}
    config = _render_config(request, model)
    if config:
        body["generationConfig"] = config
    return msgspec.json.encode(body)


def _major(model: str) -> int:
    found = _MAJOR.search(model)
    return int(found.group(1)) if found else 0


def _render_turns(turns: list[Turn], *, signed: bool) -> list[dict[str, Any]]:
    """Contents, neighbours of one side joined: Gemini wants the results of all calls of a turn in the next one."""
    names = {part.id: part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall)}
    contents: list[dict[str, Any]] = []
    for turn in turns:
        role = "model" if turn.role == "assistant" else "user"
        parts = [rendered for part in turn.parts if (rendered := _render_part(part, names))]
        if signed:
            _sign_first_call(parts)
        if parts and contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    return contents


def _render_part(part: Part, names: dict[str, str]) -> dict[str, Any] | None:
    """None for thoughts: they are another model's, or without them Gemini loses nothing."""
    if isinstance(part, Text):
        return {"text": part.text} if part.text else None
    if isinstance(part, Thinking):
        return None
    if isinstance(part, Media):
        return render_media(part)
    return _render_call(part) if isinstance(part, ToolCall) else _render_result(part, names)


def _render_call(call: ToolCall) -> dict[str, Any]:
    arguments = decode_json(call.arguments.encode()) if call.arguments else {}
    if not isinstance(arguments, dict):
        raise InputError(f"the arguments of the call of {call.name[:64]!r} are no JSON object, as Gemini needs")
    rendered: dict[str, Any] = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
    if call.signature:
        rendered["thoughtSignature"] = call.signature
    return rendered


def _sign_first_call(parts: list[dict[str, Any]]) -> None:
    """Gemini 3 refuses a turn whose first call bears no signature."""
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", _UNSIGNED)


def _render_result(result: ToolResult, names: dict[str, str]) -> dict[str, Any]:
    name = result.name or names.get(result.call_id, "")
    if not name:
        raise InputError(f"the tool result {result.call_id[:64]!r} answers no call of this conversation")
    text = "".join(part.text for part in result.parts if isinstance(part, Text))
    response: dict[str, Any] = {"id": result.call_id, "name": name, "response": _response_of(text, result.is_error)}
    media = [render_media(part) for part in result.parts if isinstance(part, Media)]
    if media:
        response["parts"] = media
    return {"functionResponse": response}


def _response_of(text: str, is_error: bool) -> dict[str, Any]:
    if is_error:
        return {"error": text}
    value = decode_json(text.encode()) if text.startswith("{") else None
    return value if isinstance(value, dict) else {"output": text}


def _render_tool(tool: Tool) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": tool.name}
    if tool.description:
        declared["description"] = tool.description
    if tool.parameters and not _takes_nothing(tool.parameters):
        declared["parametersJsonSchema"] = without_dialect(tool.parameters)
    return declared


def _takes_nothing(schema: dict[str, Any]) -> bool:
    """Whether it is a schema of no arguments, which Gemini says by no schema."""
    members = schema.keys() - {"$schema", "title", "additionalProperties", "required"}
    bare = members <= {"type", "properties"} and not schema.get("properties")
    return bare and not schema.get("additionalProperties")


def _render_choice(request: ChatRequest) -> dict[str, Any]:
    choice = request.tool_choice
    if choice is not None and choice.parallel is False:
        raise InputError("tools cannot be kept from being called in parallel (parallel_tool_calls) with Gemini")
    if choice is None or choice.mode == "auto":
        return {"mode": "VALIDATED"} if any(tool.strict for tool in request.tools) else {}
    calling: dict[str, Any] = {"mode": _MODES[choice.mode]}
    if choice.mode == "named":
        calling["allowedFunctionNames"] = [choice.name]
    return calling


def _render_config(request: ChatRequest, model: str) -> dict[str, Any]:
    given: dict[str, Any] = {
        "maxOutputTokens": request.max_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "stopSequences": request.stop or None,
        "seed": request.seed,
        "presencePenalty": request.presence_penalty,
        "frequencyPenalty": request.frequency_penalty,
        "thinkingConfig": _render_thinking(request, model),
    }
    if request.output is not None:
        given["responseMimeType"] = "application/json"
        if request.output.schema is not None:
            given["responseJsonSchema"] = without_dialect(request.output.schema)
    return {name: value for name, value in given.items() if value is not None}


def _render_thinking(request: ChatRequest, model: str) -> dict[str, Any] | None:
    """Gemini 3 takes levels, and cannot be kept from thinking at all; those before take budgets.

    Who gives a budget is a client of a format that shows thoughts, so it is shown them.
    """
    if request.reasoning_tokens is not None:
        return {"thinkingBudget": request.reasoning_tokens, "includeThoughts": True}
    effort = request.reasoning_effort
    if effort is None:
        return None
    if _major(model) >= 3:
        return {"thinkingLevel": "MINIMAL" if effort == "none" else effort.upper()}
    return {"thinkingBudget": _BUDGETS[effort]}
