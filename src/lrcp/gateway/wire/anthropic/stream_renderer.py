"""Steps of an answer as the events of an Anthropic stream.

Anthropic writes one block after another, so a tool call waits while the arguments of the one before it are incomplete;
and it ends with one message_delta that tells both why and how much, so the end waits for finish().
"""

from collections.abc import Callable
from typing import Any, Final

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.answers import render_usage
from lrcp.gateway.wire.anthropic.errors import render_event, render_failure
from lrcp.gateway.wire.anthropic.replies import reason_of, render_head
from lrcp.gateway.wire.format import decode_json

_TEXT: Final = {"type": "text", "text": ""}
_THINKING: Final = {"type": "thinking", "thinking": "", "signature": ""}


class StreamRenderer:
    """For one stream."""

    def __init__(self, request: chat.ChatRequest) -> None:
        self._started = self._failed = False
        self._model = request.model
        self._usage: TokenUsage | None = None
        self._finished: chat.Finished | None = None
        self._next_block = 0
        self._open = ""
        self._call: chat.ToolCallStarted | None = None
        self._arguments = ""
        self._waiting: dict[int, list[chat.Delta]] = {}

    def feed(self, delta: chat.Delta) -> bytes:
        """The events of a step; b'' where it has none yet."""
        if self._failed:
            return b""
        write = _WRITE[type(delta)]
        head = b"" if self._started or isinstance(delta, chat.Started | chat.StreamFailed) else self._head("")
        return head + write(self, delta)

    def finish(self) -> bytes:
        """The end; an error where the answer never came to one."""
        if self._failed:
            return b""
        if self._finished is None:
            return self._fail(chat.StreamFailed("api_error", "the provider's answer broke off before its end"))
        events = self._close_all()
        ended = {"stop_reason": reason_of(self._finished.stop), "stop_sequence": self._finished.stop_sequence or None}
        delta = {"type": "message_delta", "delta": ended, "usage": render_usage(self._usage)}
        return events + render_event("message_delta", delta) + render_event("message_stop", {"type": "message_stop"})

    def _start(self, delta: chat.Started) -> bytes:
        if self._started:
            return b""
        self._usage = delta.usage or self._usage
        self._model = delta.model or self._model
        return self._head(delta.id)

    def _head(self, id: str) -> bytes:
        self._started = True
        message = render_head(id, self._model)
        message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": render_usage(self._usage)}
        return render_event("message_start", {"type": "message_start", "message": message})

    def _text(self, delta: chat.TextDelta) -> bytes:
        if not delta.text:
            return b""
        return self._within("text", _TEXT) + self._delta({"type": "text_delta", "text": delta.text})

    def _think(self, delta: chat.ThinkingDelta) -> bytes:
        """A signature ends its thought: what comes after it is another one."""
        if delta.redacted:
            block = {"type": "redacted_thinking", "data": delta.signature}
            return self._close_all() + self._open_block("redacted", block) + self._close()
        if not delta.text and not delta.signature:
            return b""
        events = self._within("thinking", _THINKING)
        if delta.text:
            events += self._delta({"type": "thinking_delta", "thinking": delta.text})
        if delta.signature:
            events += self._delta({"type": "signature_delta", "signature": delta.signature}) + self._close()
        return events

    def _start_call(self, delta: chat.ToolCallStarted) -> bytes:
        if self._call is not None and (self._waiting or not _is_whole(self._arguments)):
            self._waiting[delta.index] = [delta]
            return b""
        events = self._close()
        self._call, self._arguments = delta, ""
        block = {"type": "tool_use", "id": delta.id, "name": delta.name, "input": {}}
        return events + self._open_block("tool_use", block)

    def _add_arguments(self, delta: chat.ToolArgumentsDelta) -> bytes:
        if delta.index in self._waiting:
            self._waiting[delta.index].append(delta)
            return b""
        if self._call is None or self._call.index != delta.index:
            return self._fail(chat.StreamFailed("api_error", "the provider went on with a tool call that was over"))
        if not delta.fragment:
            return b""
        self._arguments += delta.fragment
        return self._delta({"type": "input_json_delta", "partial_json": delta.fragment})

    def _finish(self, delta: chat.Finished) -> bytes:
        self._finished = delta
        return self._close_all()

    def _know_usage(self, delta: chat.UsageKnown) -> bytes:
        self._usage = delta.usage
        return b""

    def _fail(self, delta: chat.StreamFailed) -> bytes:
        self._failed = True
        return render_failure(delta.kind, delta.message)

    def _within(self, kind: str, block: dict[str, Any]) -> bytes:
        """What it takes to be within a block of this kind."""
        return b"" if self._open == kind else self._close_all() + self._open_block(kind, block)

    def _open_block(self, kind: str, block: dict[str, Any]) -> bytes:
        self._open = kind
        start = {"type": "content_block_start", "index": self._next_block, "content_block": block}
        self._next_block += 1
        return render_event("content_block_start", start)

    def _delta(self, delta: dict[str, str]) -> bytes:
        event = {"type": "content_block_delta", "index": self._next_block - 1, "delta": delta}
        return render_event("content_block_delta", event)

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open, self._call = "", None
        return render_event("content_block_stop", {"type": "content_block_stop", "index": self._next_block - 1})

    def _close_all(self) -> bytes:
        """Close the open block, and write the calls that waited for it, whole."""
        events = self._close()
        waiting, self._waiting = self._waiting, {}
        for steps in waiting.values():
            for step in steps:
                events += self.feed(step)
            events += self._close()
        return events


def _is_whole(arguments: str) -> bool:
    return isinstance(decode_json(arguments.encode()), dict)


_WRITE: Final[dict[type[chat.Delta], Callable[[StreamRenderer, Any], bytes]]] = {
    chat.Started: StreamRenderer._start,
    chat.TextDelta: StreamRenderer._text,
    chat.ThinkingDelta: StreamRenderer._think,
    chat.ToolCallStarted: StreamRenderer._start_call,
    chat.ToolArgumentsDelta: StreamRenderer._add_arguments,
    chat.Finished: StreamRenderer._finish,
    chat.UsageKnown: StreamRenderer._know_usage,
    chat.StreamFailed: StreamRenderer._fail,
}
