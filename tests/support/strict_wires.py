"""What a strict provider hears in a request and how it says its answer, in four wire formats. Written apart from the gateway's own.

A request is validated against the official client's own types first. The answer tells what was understood, so that a
test sees with its own eyes what came through: see `answer_to`.
"""

import base64
import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai.types.chat.completion_create_params as chat_params
import openai.types.responses.response_create_params as response_params
from anthropic.types import message_create_params as params
from google.genai import types as gemini_types
from pydantic import TypeAdapter

from tests.support.model_wires import USAGE, anthropic_usage, gemini_usage, openai_usage

TOOL_ARGUMENTS = {"parcel": "P-7", "exact": True}
DOCUMENT = {"city": "Paris", "days": 3}


@dataclass
class Heard:
    """One request as the provider understood it."""

    model: str
    streams: bool
    system: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    result: str = ""
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    stops: list[str] = field(default_factory=list)
    forced: bool = False


@dataclass
class Said:
    """An answer: words in pieces, or calls of tools (id, name, arguments). stop: end, length, tool or sequence."""

    pieces: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    stop: str = "end"

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def answer_to(heard: Heard) -> Said:
    """The document when one is wanted by schema; a call for each tool while there is no result; else what was heard."""
    if heard.schema is not None:
        return Said(pieces=list(_halves(json.dumps(DOCUMENT))))
    if heard.tools and not heard.result:
        calls = [(f"call_{i}", name, TOOL_ARGUMENTS) for i, name in enumerate(heard.tools)]
        return Said(calls=calls, stop="tool")
    told = f"system: {'; '.join(heard.system)} | heard: {', '.join(heard.said)}"
    told += f" | result: {heard.result}" if heard.result else ""
    stop = "length" if heard.max_tokens == 5 else "sequence" if heard.stops else "end"
    return Said(pieces=list(_halves(told)), stop=stop)


def _halves(text: str) -> Iterator[str]:
    middle = len(text) // 2
    yield from (text[:middle], text[middle:])


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Kept, for what it validates later leans on it."""
    return TypeAdapter(kind)


def _validate(kind: Any, value: Any) -> None:
    """Hold a body to a type of an official client, to its last part. Raises: ValueError."""
    _exhaust(_adapter(kind).validate_python(value))


def _exhaust(value: Any) -> None:
    """pydantic looks at what is an Iterable only when somebody takes it."""
    if isinstance(value, dict):
        for member in value.values():
            _exhaust(member)
    elif not isinstance(value, str | bytes | int | float | None) and hasattr(value, "__iter__"):
        for item in value:
            _exhaust(item)


def _known(body: dict[str, Any], *kinds: Any) -> None:
    names = {name for kind in kinds for name in kind.__annotations__}
    unknown = body.keys() - names
    if unknown:
        raise ValueError(f"unknown members: {sorted(unknown)}")


def _media(kind: str, data: str) -> str:
    return f"<{kind}, {len(base64.b64decode(data, validate=True))} bytes>"


def _url(url: str) -> str:
    if not url.startswith("data:"):
        return f"<{url}>"
    head, _, data = url[5:].partition(";base64,")
    return _media(head, data)


# OpenAI's chat completions


def hear_chat(body: dict[str, Any]) -> Heard:
    base = chat_params.CompletionCreateParamsBase
    whole, streaming = chat_params.CompletionCreateParamsNonStreaming, chat_params.CompletionCreateParamsStreaming
    _known(body, base, streaming)
    _validate(streaming if body.get("stream") else whole, body)
    heard = Heard(body["model"], bool(body.get("stream")), max_tokens=body.get("max_completion_tokens"))
    for message in body["messages"]:
        _hear_message(heard, message)
    heard.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
    heard.forced = isinstance(body.get("tool_choice"), dict)
    stop = body.get("stop") or []
    heard.stops = [stop] if isinstance(stop, str) else stop
    wanted = body.get("response_format") or {}
    heard.schema = wanted["json_schema"]["schema"] if wanted.get("type") == "json_schema" else None
    return heard


def _hear_message(heard: Heard, message: dict[str, Any]) -> None:
    content = message.get("content") or []
    parts: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = [str(part["text"]) if part["type"] == "text" else _url(part["image_url"]["url"]) for part in parts]
    if message["role"] == "system":
        heard.system += texts
    elif message["role"] == "tool":
        heard.result = f"{message['tool_call_id']} -> {texts[0]}"
    elif message["role"] == "user":
        heard.said += texts
    else:
        heard.said += [f"you: {text}" for text in texts]


_CHAT_STOPS = {"end": "stop", "length": "length", "tool": "tool_calls", "sequence": "stop"}


def say_chat(heard: Heard, said: Said) -> dict[str, Any]:
    calls = [_chat_call(*call) for call in said.calls]
    message = {"role": "assistant", "content": said.text or None, "refusal": None} | (
        {"tool_calls": calls} if calls else {}
    )
    choice = {"index": 0, "message": message, "finish_reason": _CHAT_STOPS[said.stop], "logprobs": None}
    head = {"id": "chatcmpl-7", "object": "chat.completion", "created": 1_760_000_000, "model": heard.model}
    return head | {"choices": [choice], "usage": openai_usage()}


def _chat_call(call_id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def stream_chat(heard: Heard, said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    head = {"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": heard.model}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in said.pieces]
    for i, call in enumerate(said.calls):
        whole = _chat_call(*call)
        pieces = list(_halves(whole["function"]["arguments"]))
        opened = {**whole, "index": i, "function": {"name": call[1], "arguments": ""}}
        deltas.append({"tool_calls": [opened]})
        deltas += [{"tool_calls": [{"index": i, "function": {"arguments": piece}}]} for piece in pieces]
    for delta in deltas:
        yield "", head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield "", head | {"choices": [{"index": 0, "delta": {}, "finish_reason": _CHAT_STOPS[said.stop]}]}
    yield "", head | {"choices": [], "usage": openai_usage()}


# OpenAI's responses


def hear_response(body: dict[str, Any]) -> Heard:
    base = response_params.ResponseCreateParamsBase
    whole, streaming = (
        response_params.ResponseCreateParamsNonStreaming,
        response_params.ResponseCreateParamsStreaming,
    )
    _known(body, base, streaming)
    _validate(streaming if body.get("stream") else whole, body)
    heard = Heard(body["model"], bool(body.get("stream")), max_tokens=body.get("max_output_tokens"))
    heard.system = [body["instructions"]] if body.get("instructions") else []
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        _hear_item(heard, item)
    heard.tools = [tool["name"] for tool in body.get("tools", [])]
    heard.forced = isinstance(body.get("tool_choice"), dict)
    wanted = (body.get("text") or {}).get("format") or {}
    heard.schema = wanted["schema"] if wanted.get("type") == "json_schema" else None
    return heard


def _hear_item(heard: Heard, item: dict[str, Any]) -> None:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        heard.result = f"{item['call_id']} -> {item['output']}"
    if kind != "message":
        return
    content = item["content"]
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    texts = [_url(part["image_url"]) if part["type"] == "input_image" else part["text"] for part in parts]
    if item["role"] == "system":
        heard.system += texts
    else:
        heard.said += texts if item["role"] == "user" else [f"you: {text}" for text in texts]


def response_usage() -> dict[str, Any]:
    return {
        "input_tokens": USAGE.input,
        "input_tokens_details": {"cached_tokens": USAGE.cached, "cache_write_tokens": 0},
        "output_tokens": USAGE.output,
        "output_tokens_details": {"reasoning_tokens": USAGE.reasoning},
        "total_tokens": USAGE.input + USAGE.output,
    }


def say_response(heard: Heard, said: Said) -> dict[str, Any]:
    part = {"type": "output_text", "text": said.text, "annotations": []}
    message = {"id": "msg_7", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    calls = [
        {
            "id": f"fc_{i}",
            "type": "function_call",
            "call_id": call_id,
            "name": name,
            "arguments": json.dumps(arguments),
            "status": "completed",
        }
        for i, (call_id, name, arguments) in enumerate(said.calls)
    ]
    cut = said.stop == "length"
    return {
        "id": "resp_7",
        "object": "response",
        "created_at": 1_760_000_000,
        "model": heard.model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [*([message] if said.pieces else []), *calls],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": response_usage(),
    }


def stream_response(heard: Heard, said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, (kind, members) in enumerate(_response_events(heard, said)):
        yield kind, {"type": kind, "sequence_number": number, **members}


def _response_events(heard: Heard, said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    whole = say_response(heard, said)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield "response.created", {"response": begun}
    for index, item in enumerate(whole["output"]):
        where = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            yield "response.output_item.added", {"output_index": index, "item": {**item, "content": []}}
            part = {"type": "output_text", "text": "", "annotations": []}
            yield "response.content_part.added", {**where, "content_index": 0, "part": part}
            for piece in said.pieces:
                yield "response.output_text.delta", {**where, "content_index": 0, "delta": piece, "logprobs": []}
        else:
            yield "response.output_item.added", {"output_index": index, "item": {**item, "arguments": ""}}
            for piece in _halves(item["arguments"]):
                yield "response.function_call_arguments.delta", {**where, "delta": piece}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{whole['status']}", {"response": whole}


# Anthropic's messages


def hear_messages(body: dict[str, Any]) -> Heard:
    _known(body, params.MessageCreateParamsBase, params.MessageCreateParamsStreaming)
    streams = bool(body.get("stream"))
    _validate(params.MessageCreateParamsStreaming if streams else params.MessageCreateParamsNonStreaming, body)
    if body["messages"][0]["role"] != "user":
        raise ValueError("messages: the first one must be the user's")
    heard = Heard(body["model"], streams, max_tokens=body["max_tokens"])
    system = body.get("system") or []
    heard.system = [system] if isinstance(system, str) else [part["text"] for part in system]
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            _hear_block(heard, message["role"], part)
    heard.tools = [tool["name"] for tool in body.get("tools", [])]
    heard.forced = (body.get("tool_choice") or {}).get("type") == "tool"
    heard.stops = body.get("stop_sequences") or []
    wanted = (body.get("output_config") or {}).get("format") or {}
    heard.schema = wanted.get("schema")
    return heard


def _hear_block(heard: Heard, role: str, part: dict[str, Any]) -> None:
    if part["type"] == "text":
        heard.said.append(part["text"] if role == "user" else f"you: {part['text']}")
    elif part["type"] == "image":
        source = part["source"]
        by_data = source["type"] == "base64"
        heard.said.append(_media(source["media_type"], source["data"]) if by_data else f"<{source['url']}>")
    elif part["type"] == "tool_result":
        content = part["content"]
        heard.result = f"{part['tool_use_id']} -> {content if isinstance(content, str) else content[0]['text']}"


_MESSAGE_STOPS = {"end": "end_turn", "length": "max_tokens", "tool": "tool_use", "sequence": "stop_sequence"}


def say_messages(heard: Heard, said: Said) -> dict[str, Any]:
    text = [{"type": "text", "text": said.text}] if said.pieces else []
    calls = [{"type": "tool_use", "id": i, "name": name, "input": given} for i, name, given in said.calls]
    return {
        "id": "msg_7",
        "type": "message",
        "role": "assistant",
        "model": heard.model,
        "content": [*text, *calls],
        "stop_reason": _MESSAGE_STOPS[said.stop],
        "stop_sequence": heard.stops[0] if said.stop == "sequence" else None,
        "usage": anthropic_usage(),
    }


def stream_messages(heard: Heard, said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in _message_events(heard, said):
        yield event["type"], event


def _message_events(heard: Heard, said: Said) -> Iterator[dict[str, Any]]:
    whole = say_messages(heard, said)
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**anthropic_usage(), "output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            opened = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in said.pieces]
        else:
            opened = {**block, "input": {}}
            pieces = _halves(json.dumps(block["input"]))
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield {"type": "content_block_start", "index": index, "content_block": opened}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {name: whole[name] for name in ("stop_reason", "stop_sequence")}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": USAGE.output}}
    yield {"type": "message_stop"}


# Gemini's generateContent


_GEMINI_MEMBERS = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"}


def hear_gemini(body: dict[str, Any], model: str, streams: bool) -> Heard:
    if unknown := body.keys() - _GEMINI_MEMBERS:
        raise ValueError(f"unknown members: {sorted(unknown)}")
    contents = [gemini_types.Content.model_validate(content) for content in body["contents"]]
    config = gemini_types.GenerationConfig.model_validate(body.get("generationConfig") or {})
    system = gemini_types.Content.model_validate(body.get("systemInstruction") or {})
    tools = [gemini_types.Tool.model_validate(tool) for tool in body.get("tools", [])]
    forced = gemini_types.ToolConfig.model_validate(body.get("toolConfig") or {})
    heard = Heard(model, streams, max_tokens=config.max_output_tokens, stops=config.stop_sequences or [])
    heard.system = [part.text or "" for part in system.parts or []]
    for content in contents:
        for part in content.parts or []:
            _hear_part(heard, content.role or "user", part)
    heard.tools = [one.name or "" for tool in tools for one in tool.function_declarations or []]
    calling = forced.function_calling_config
    heard.forced = calling is not None and bool(calling.allowed_function_names)
    generation = body.get("generationConfig") or {}
    heard.schema = generation.get("responseJsonSchema") or generation.get("responseSchema")
    return heard


def _hear_part(heard: Heard, role: str, part: gemini_types.Part) -> None:
    if part.text is not None:
        heard.said.append(part.text if role == "user" else f"you: {part.text}")
    elif part.inline_data is not None:
        data = part.inline_data.data or b""
        heard.said.append(f"<{part.inline_data.mime_type}, {len(data)} bytes>")
    elif part.file_data is not None:
        heard.said.append(f"<{part.file_data.file_uri}>")
    elif part.function_response is not None:
        given = part.function_response.response or {}
        heard.result = f"{part.function_response.name} -> {next(iter(given.values()))}"


def say_gemini(heard: Heard, said: Said) -> dict[str, Any]:
    return {**_gemini_piece(heard, _gemini_parts(said), said), "usageMetadata": gemini_usage()}


def stream_gemini(heard: Heard, said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    *parts, last = _gemini_parts(said)
    for part in parts:
        yield "", _gemini_piece(heard, [part], None)
    yield "", {**_gemini_piece(heard, [last], said), "usageMetadata": gemini_usage()}


def _gemini_parts(said: Said) -> list[dict[str, Any]]:
    calls = [{"functionCall": {"name": name, "args": given, "id": i}} for i, name, given in said.calls]
    return [*({"text": piece} for piece in said.pieces), *calls]


def _gemini_piece(heard: Heard, parts: list[dict[str, Any]], said: Said | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
    if said is not None:
        candidate["finishReason"] = "MAX_TOKENS" if said.stop == "length" else "STOP"
    return {"candidates": [candidate], "modelVersion": heard.model, "responseId": "gemini-7"}
