"""Streams of chat completions to and from the steps of an answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.chat import (
    ChatRequest,
    Delta,
    Finished,
    Started,
    StreamFailed,
    TextDelta,
    ThinkingDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
    UsageKnown,
)
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.openai import error_of, render_error_event
from lrcp.gateway.wire.openai_chat.replies import (
    FINISH_OF,
    STOP_OF,
    arguments_of,
    extra_content,
    parse_usage,
    signature_of,
    thought_of,
)
from lrcp.gateway.wire.openai_chat.usage import render_usage
from lrcp.gateway.wire.sse import event_data
from lrcp.gateway.wire.transcript import text_of, tier_of

_DONE: Final = b"data: [DONE]\n\n"


class Parser:
    """Chunks in, steps out. Of several choices only the first is read: no more can be asked for in translation."""

    def __init__(self) -> None:
        self._started = False
        self._finished = False
        self._refused = False
        self._service_tier = ""
        self._calls: dict[int, int] = {}
        self._call_ids: list[str] = []

    def feed(self, event: bytes) -> Sequence[Delta]:
        data = event_data(event)
        if not data or data == b"[DONE]":
            return ()
        chunk = decode_json(data)
        if not isinstance(chunk, dict):
            return (StreamFailed("upstream_invalid", "the provider's stream holds an event that is not JSON"),)
        if chunk.get("error") is not None:
            return (StreamFailed(*error_of(data)),)
        return [*self._read(chunk)]

    def _read(self, chunk: dict[str, Any]) -> Iterator[Delta]:
        if not self._started and (chunk.get("model") or chunk.get("choices")):  # Azure's first chunk names nothing
            self._started = True
            created = chunk.get("created")
            created_s = int(created) if isinstance(created, int | float) else 0
            yield Started(id=str(chunk.get("id") or ""), model=str(chunk.get("model") or ""), created_s=created_s)
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                yield from self._read_choice(choice)
        self._service_tier = tier_of(chunk.get("service_tier")) or self._service_tier
        usage = parse_usage(chunk, self._service_tier)
        if usage is not None:
            yield UsageKnown(usage)

    def _read_choice(self, choice: dict[str, Any]) -> Iterator[Delta]:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            yield from self._read_delta(delta)
        reason = choice.get("finish_reason")
        if reason and not self._finished:
            self._finished = True
            yield Finished("refusal" if self._refused else STOP_OF.get(str(reason), "end"))

    def _read_delta(self, delta: dict[str, Any]) -> Iterator[Delta]:
        if thought := thought_of(delta):
            yield ThinkingDelta(thought)
        if text := text_of(delta.get("content")):
            yield TextDelta(text)
        if refusal := text_of(delta.get("refusal")):
            self._refused = True
            yield TextDelta(refusal)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                yield from self._read_call(call)

    def _read_call(self, call: dict[str, Any]) -> Iterator[Delta]:
        """Some servers leave the index out, or give each call 0: another id begins another call."""
        given = call.get("function")
        function: dict[str, Any] = given if isinstance(given, dict) else {}
        position, call_id = call.get("index") or 0, str(call.get("id") or "")
        known = self._calls.get(position)
        if known is None or (call_id and function.get("name") and call_id != self._call_ids[known]):
            known = self._calls[position] = len(self._call_ids)
            self._call_ids.append(call_id)
            yield ToolCallStarted(known, call_id, str(function.get("name") or ""), signature_of(call))
        if fragment := arguments_of(function):
            yield ToolArgumentsDelta(known, fragment)


class Renderer:
    """Steps in, chunks out; the usage comes last, in a chunk of its own, when it was asked for."""

    def __init__(self, request: ChatRequest) -> None:
        self._asks_usage = request.asks_usage
        self._usage: TokenUsage | None = None
        self._failed = False
        self._head: dict[str, Any] = {
            "id": "",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": request.model,
        }

    def feed(self, delta: Delta) -> bytes:
        return _RENDERERS[type(delta)](self, delta)

    def finish(self) -> bytes:
        if self._failed:
            return b""
        if self._usage is None or not self._asks_usage:
            return _DONE
        return self._render({"choices": [], "usage": render_usage(self._usage)}) + _DONE

    def _start(self, delta: Started) -> bytes:
        self._head["id"], self._head["created"] = delta.id, delta.created_s
        self._head["model"] = delta.model or self._head["model"]
        self._usage = delta.usage or self._usage
        return self._choice({"role": "assistant", "content": "", "refusal": None})

    def _add_text(self, delta: TextDelta) -> bytes:
        return self._choice({"content": delta.text})

    def _add_thinking(self, delta: ThinkingDelta) -> bytes:
        return self._choice({"reasoning_content": delta.text}) if delta.text else b""

    def _start_call(self, delta: ToolCallStarted) -> bytes:
        function = {"name": delta.name, "arguments": ""}
        call = {"index": delta.index, "id": delta.id, "type": "function", "function": function}
        return self._choice({"tool_calls": [call | extra_content(delta.signature)]})

    def _add_arguments(self, delta: ToolArgumentsDelta) -> bytes:
        return self._choice({"tool_calls": [{"index": delta.index, "function": {"arguments": delta.fragment}}]})

    def _finish(self, delta: Finished) -> bytes:
        return self._choice({}, FINISH_OF[delta.stop])

    def _know_usage(self, delta: UsageKnown) -> bytes:
        self._usage = delta.usage
        return b""

    def _fail(self, delta: StreamFailed) -> bytes:
        self._failed = True
        return render_error_event(500, delta.message, "server_error", delta.kind)

    def _choice(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        return self._render({"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})

    def _render(self, members: dict[str, Any]) -> bytes:
        return b"data: " + msgspec.json.encode(self._head | members) + b"\n\n"


_RENDERERS: Final[dict[type, Callable[[Renderer, Any], bytes]]] = {
    Started: Renderer._start,
    TextDelta: Renderer._add_text,
    ThinkingDelta: Renderer._add_thinking,
    ToolCallStarted: Renderer._start_call,
    ToolArgumentsDelta: Renderer._add_arguments,
    Finished: Renderer._finish,
    UsageKnown: Renderer._know_usage,
    StreamFailed: Renderer._fail,
}
