"""The events of an Anthropic stream as steps of an answer."""

from collections.abc import Callable
from typing import Final

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.answers import Block, Event, decode_event, with_usage
from lrcp.gateway.wire.anthropic.replies import stop_of
from lrcp.gateway.wire.sse import event_data

_NOTHING: Final[list[chat.Delta]] = []


class StreamParser:
    """For one stream."""

    def __init__(self) -> None:
        self._usage: TokenUsage | None = None
        self._calls: dict[int, int] = {}
        self._bare_calls: set[int] = set()

    def feed(self, event: bytes) -> list[chat.Delta]:
        """The steps that an event is. One that is not understood is the provider's failure: a piece would be missing."""
        data = event_data(event)
        if not data:
            return _NOTHING
        decoded = decode_event(data)
        if decoded is None:
            return [chat.StreamFailed("api_error", "the provider sent an event that is not of Anthropic's format")]
        read = _READ.get(decoded.type)
        return read(self, decoded) if read else _NOTHING

    def _start(self, event: Event) -> list[chat.Delta]:
        message = event.message
        if message is None:
            return _NOTHING
        if message.usage is not None:
            self._usage = with_usage(None, message.usage, final=False)
        return [chat.Started(message.id, message.model, self._usage)]

    def _start_block(self, event: Event) -> list[chat.Delta]:
        block = event.content_block
        if block is None:
            return _NOTHING
        if block.type == "tool_use":
            return self._start_call(event.index, block)
        if block.type == "redacted_thinking":
            return [chat.ThinkingDelta("", block.data, redacted=True)]
        if block.type == "thinking":
            return [chat.ThinkingDelta(block.thinking, block.signature)] if block.thinking else _NOTHING
        if block.type == "text":
            return [chat.TextDelta(block.text)] if block.text else _NOTHING
        return [chat.StreamFailed("api_error", f"the provider's reply has a block of type {block.type!r}")]

    def _start_call(self, index: int, block: Block) -> list[chat.Delta]:
        call = self._calls[index] = len(self._calls)
        started = chat.ToolCallStarted(call, block.id, block.name)
        if arguments := block.arguments():
            return [started, chat.ToolArgumentsDelta(call, arguments)]
        self._bare_calls.add(index)
        return [started]

    def _add(self, event: Event) -> list[chat.Delta]:
        delta = event.delta
        if delta is None:
            return _NOTHING
        if delta.text:
            return [chat.TextDelta(delta.text)]
        if delta.partial_json:
            self._bare_calls.discard(event.index)
            return [chat.ToolArgumentsDelta(self._calls.get(event.index, 0), delta.partial_json)]
        if delta.thinking or delta.signature:
            return [chat.ThinkingDelta(delta.thinking, delta.signature)]
        return _NOTHING

    def _stop_block(self, event: Event) -> list[chat.Delta]:
        """A call without arguments says nothing of them; elsewhere they are an empty object."""
        if event.index not in self._bare_calls:
            return _NOTHING
        self._bare_calls.discard(event.index)
        return [chat.ToolArgumentsDelta(self._calls[event.index], "{}")]

    def _end(self, event: Event) -> list[chat.Delta]:
        steps: list[chat.Delta] = []
        if event.usage is not None:
            self._usage = with_usage(self._usage, event.usage)
            steps.append(chat.UsageKnown(self._usage))
        if event.delta is not None and event.delta.stop_reason:
            steps.append(chat.Finished(stop_of(event.delta.stop_reason), event.delta.stop_sequence or ""))
        return steps

    def _fail(self, event: Event) -> list[chat.Delta]:
        error = event.error if isinstance(event.error, dict) else {}
        message = str(error.get("message") or "the provider ended its stream with an error")
        return [chat.StreamFailed(str(error.get("type") or "api_error"), message)]


_READ: Final[dict[str, Callable[[StreamParser, Event], list[chat.Delta]]]] = {
    "message_start": StreamParser._start,
    "content_block_start": StreamParser._start_block,
    "content_block_delta": StreamParser._add,
    "content_block_stop": StreamParser._stop_block,
    "message_delta": StreamParser._end,
    "error": StreamParser._fail,
}
