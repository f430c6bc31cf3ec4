"""A ChatRequest as an Anthropic request."""

import base64
import binascii
import re
from typing import Any, Final

import msgspec

from lrcp.gateway.wire import chat
from lrcp.gateway.wire.format import decode_json
from lrcp.model.errors import InputError

DEFAULT_MAX_TOKENS: Final = 4096
"""Anthropic wants a bound on every answer: this one where the client gave none (beside the budget for thinking)."""
_MIN_BUDGET_TOKENS: Final = 1024
_NOT_IN_IDS: Final = re.compile(r"[^a-zA-Z0-9_-]")


def render_request(request: chat.ChatRequest, model: str) -> bytes:
    """A body of /messages. Raises: InputError - it asks for what Anthropic has no words for; names the member."""
    _refuse_unsayable(request)
    messages = _messages(request.turns)
    if not messages:
        raise InputError("messages: there is no text to answer to, and Anthropic takes no empty message")
    body = {
        "model": model,
        "max_tokens": _max_tokens(request),
        "messages": messages,
        "system": _system(request.system),
        "tools": [_tool(tool) for tool in request.tools],
        "tool_choice": _tool_choice(request),
        "thinking": _thinking(request),
        "output_config": _output_config(request),
        "stop_sequences": request.stop,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "metadata": {"user_id": request.user} if request.user else None,
        "stream": request.streams or None,
    }
    return msgspec.json.encode({name: value for name, value in body.items() if value is not None and value != []})


def _refuse_unsayable(request: chat.ChatRequest) -> None:
    if request.seed is not None:
        raise InputError("seed: Anthropic has none")
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(request, name):
            raise InputError(f"{name}: Anthropic has none")
    if request.temperature is not None and not 0 <= request.temperature <= 1:
        raise InputError("temperature: Anthropic takes 0 to 1")
    if request.output is not None and request.output.kind == "json":
        raise InputError("response format: Anthropic has none for any JSON object; give a schema")


def _max_tokens(request: chat.ChatRequest) -> int:
    """What bounds the whole answer, thinking included. Raises: InputError - the budget for thinking does not fit."""
    budget = request.reasoning_tokens or 0
    if 0 < budget < _MIN_BUDGET_TOKENS:
        raise InputError(f"reasoning budget: Anthropic takes {_MIN_BUDGET_TOKENS} tokens or more, not {budget}")
    if request.max_tokens is None:
        return DEFAULT_MAX_TOKENS + max(budget, 0)
    if budget >= request.max_tokens > 0:
        raise InputError(f"reasoning budget: {budget} tokens do not fit under max_tokens {request.max_tokens}")
    return request.max_tokens


def _system(system: list[str]) -> str | list[dict[str, str]] | None:
    texts = [text for text in system if text.strip()]
    if len(texts) < 2:
        return texts[0] if texts else None
    return [{"type": "text", "text": text} for text in texts]


def _messages(turns: list[chat.Turn]) -> list[dict[str, Any]]:
    """Turns of one side become one, empty ones none: Anthropic's sides take turns, and say something each time."""
    merged: list[tuple[str, list[chat.Part]]] = []
    for turn in turns:
        parts = [part for part in turn.parts if _says_something(part)]
        if merged and merged[-1][0] == turn.role:
            merged[-1][1].extend(parts)
        elif parts:
            merged.append((turn.role, parts))
    return [{"role": role, "content": [render_part(part) for part in _results_first(parts)]} for role, parts in merged]


def _says_something(part: chat.Part) -> bool:
    """Blank text is refused by Anthropic, and so is thinking that it has not signed."""
    if isinstance(part, chat.Text):
        return bool(part.text.strip())
    return bool(part.signature) if isinstance(part, chat.Thinking) else True


def _results_first(parts: list[chat.Part]) -> list[chat.Part]:
    """Results of tools must come before all else in the answer to their calls."""
    return sorted(parts, key=lambda part: not isinstance(part, chat.ToolResult))


def render_part(part: chat.Part) -> dict[str, Any]:
    """A block of content. Raises: InputError - Anthropic has none for it."""
    if isinstance(part, chat.Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, chat.Media):
        return _media(part)
    if isinstance(part, chat.Thinking):
        if part.redacted:
            return {"type": "redacted_thinking", "data": part.signature}
        return {"type": "thinking", "thinking": part.text, "signature": part.signature}
    if isinstance(part, chat.ToolCall):
        return {"type": "tool_use", "id": _id(part.id), "name": part.name, "input": render_arguments(part)}
    content = [render_part(inner) for inner in part.parts if _says_something(inner)]
    error = {"is_error": True} if part.is_error else {}
    return {"type": "tool_result", "tool_use_id": _id(part.call_id), "content": content, **error}


def render_arguments(call: chat.ToolCall) -> msgspec.Raw:
    """The input of a call, as the bytes it came in. Raises: InputError - it is no JSON object."""
    arguments = call.arguments.strip() or "{}"
    if not isinstance(decode_json(arguments.encode()), dict):
        raise InputError(f"the arguments of the call to '{call.name}' are no JSON object, which Anthropic's must be")
    return msgspec.Raw(arguments.encode())


def _id(text: str) -> str:
    return _NOT_IN_IDS.sub("_", text)


def _media(medium: chat.Media) -> dict[str, Any]:
    if medium.kind == "audio":
        raise InputError("content: Anthropic takes no audio")
    if medium.kind == "image":
        return {"type": "image", "source": _source(medium)}
    titled = {"title": medium.name} if medium.name else {}
    return {"type": "document", "source": _document_source(medium), **titled}


def _source(medium: chat.Media) -> dict[str, str]:
    if medium.data:
        return {"type": "base64", "media_type": medium.media_type, "data": medium.data}
    if not medium.url.startswith(("https://", "http://")):
        raise InputError(f"content: Anthropic takes a {medium.kind} in base64 or by http(s) address only")
    return {"type": "url", "url": medium.url}


def _document_source(medium: chat.Media) -> dict[str, str]:
    media_type = medium.media_type.partition(";")[0].strip()
    if media_type in ("", "application/pdf"):
        return _source(msgspec.structs.replace(medium, media_type="application/pdf"))
    if media_type.startswith("text/") and medium.data:
        return {"type": "text", "media_type": "text/plain", "data": _text_of(medium)}
    raise InputError(f"content: Anthropic takes documents in PDF or plain text, not {media_type}")


def _text_of(medium: chat.Media) -> str:
    try:
        return base64.b64decode(medium.data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InputError(f"content: a text document is not UTF-8 in base64: {error}") from error


def _tool(tool: chat.Tool) -> dict[str, Any]:
    rendered: dict[str, Any] = {"name": tool.name, "input_schema": {"type": "object", **(tool.parameters or {})}}
    if tool.description:
        rendered["description"] = tool.description
    if tool.strict is not None:
        rendered["strict"] = tool.strict
    return rendered


def _tool_choice(request: chat.ChatRequest) -> dict[str, Any] | None:
    choice = request.tool_choice
    if choice is None or (not request.tools and choice.mode in ("auto", "none")):
        return None
    rendered: dict[str, Any] = {"type": {"named": "tool", "required": "any"}.get(choice.mode, choice.mode)}
    if choice.mode == "named":
        rendered["name"] = choice.name
    if choice.parallel is not None and choice.mode != "none":
        rendered["disable_parallel_tool_use"] = not choice.parallel
    return rendered


def _thinking(request: chat.ChatRequest) -> dict[str, Any] | None:
    budget = request.reasoning_tokens
    if request.reasoning_effort == "none" or budget == 0:
        return {"type": "disabled"}
    if budget is None:
        return None
    return {"type": "enabled", "budget_tokens": budget} if budget > 0 else {"type": "adaptive"}


def _output_config(request: chat.ChatRequest) -> dict[str, Any] | None:
    effort, output = request.reasoning_effort, request.output
    config: dict[str, Any] = {}
    if effort is not None and effort != "none":
        config["effort"] = "low" if effort == "minimal" else effort
    if output is not None:
        config["format"] = {"type": "json_schema", "schema": output.schema or {"type": "object"}}
    return config or None
