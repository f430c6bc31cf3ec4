"""The steps of an answer written as a stream of responses: every item is opened, filled and closed by its own events."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.chat import (
    ChatRequest,
    Delta,
    Finished,
    Started,
    StopReason,
    StreamFailed,
    TextDelta,
    ThinkingDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
    UsageKnown,
)
from lrcp.gateway.wire.openai import render_error
from lrcp.gateway.wire.responses.bodies import (
    call_item,
    ended,
    message_item,
    reasoning_item,
    render_response,
    seal,
    text_part,
)


class _Item(msgspec.Struct):
    """An item of the output that is being written; text is its words, reasoning or arguments so far."""

    kind: str
    index: int
    id: str
    pieces: list[str] = []
    call_id: str = ""
    name: str = ""
    signature: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def body(self, status: str) -> dict[str, Any]:
        """The item as it is now."""
        if self.kind == "message":
            return message_item(self.id, [text_part(self.text)] if status == "completed" else [], status)
        if self.kind == "reasoning":
            return reasoning_item(self.id, self.text, self.signature, status)
        return call_item(self.id, self.call_id, self.name, self.text, self.signature, status)


class Renderer:
    """Steps in, events out. A call of a tool stays open to the end, since pieces of several may come by turns."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._sequence = 0
        self._response: dict[str, Any] = {}
        self._items: list[_Item] = []
        self._done: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, _Item] = {}
        self._open: _Item | None = None
        self._usage: TokenUsage | None = None
        self._stop: StopReason = "end"
        self._failed = False

    def feed(self, delta: Delta) -> bytes:
        return _RENDERERS[type(delta)](self, delta)

    def finish(self) -> bytes:
        if self._failed:
            return b""
        closing = self._close_items()
        response = ended(self._response | {"output": self._output()}, self._stop, self._usage)
        return closing + self._event(f"response.{response['status']}", response=response)

    def _output(self) -> list[dict[str, Any]]:
        return [self._done[index] for index in sorted(self._done)]

    def _start(self, delta: Started) -> bytes:
        self._usage = delta.usage or self._usage
        model = delta.model or self._request.model
        self._response = render_response(delta.id, model, delta.created_s, [], self._request)
        created = self._event("response.created", response=self._response)
        return created + self._event("response.in_progress", response=self._response)

    def _add_text(self, delta: TextDelta) -> bytes:
        item, opening = self._item_for("message", "msg")
        item.pieces.append(delta.text)
        where = self._where(item, content_index=0)
        return opening + self._event("response.output_text.delta", **where, delta=delta.text, logprobs=[])

    def _add_thinking(self, delta: ThinkingDelta) -> bytes:
        ended = delta.redacted or (self._open is not None and bool(self._open.signature))
        closing = self._close_open() if ended else b""  # a signature closes a thought; what is redacted is whole
        item, opening = self._item_for("reasoning", "rs")
        opening = closing + opening
        item.signature += seal(delta.signature, redacted=delta.redacted)
        if delta.redacted:
            return opening + self._close_open()
        if not delta.text:
            return opening
        if not item.pieces:
            part = {"type": "summary_text", "text": ""}
            where = self._where(item, summary_index=0)
            opening += self._event("response.reasoning_summary_part.added", **where, part=part)
        item.pieces.append(delta.text)
        where = self._where(item, summary_index=0)
        return opening + self._event("response.reasoning_summary_text.delta", **where, delta=delta.text)

    def _start_call(self, delta: ToolCallStarted) -> bytes:
        closing = self._close_open()
        item = self._new_item("function_call", "fc")
        item.call_id, item.name, item.signature = delta.id, delta.name, delta.signature
        self._calls[delta.index] = item
        return closing + self._added(item)

    def _add_arguments(self, delta: ToolArgumentsDelta) -> bytes:
        item = self._calls[delta.index]
        item.pieces.append(delta.fragment)
        return self._event("response.function_call_arguments.delta", **self._where(item), delta=delta.fragment)

    def _finish(self, delta: Finished) -> bytes:
        self._stop = "filter" if delta.stop == "refusal" else delta.stop
        return self._close_items()

    def _know_usage(self, delta: UsageKnown) -> bytes:
        self._usage = delta.usage
        return b""

    def _fail(self, delta: StreamFailed) -> bytes:
        self._failed = True
        error = msgspec.json.decode(render_error(500, delta.message, "server_error", delta.kind))["error"]
        return self._event("error", code=delta.kind, message=delta.message, param=None, error=error)

    def _item_for(self, kind: str, prefix: str) -> tuple[_Item, bytes]:
        """The open item when it is of this kind, else a new one; with the events that this needs."""
        if self._open is not None and self._open.kind == kind:
            return self._open, b""
        closing = self._close_open()
        self._open = item = self._new_item(kind, prefix)
        opening = closing + self._added(item)
        if kind == "message":
            where = self._where(item, content_index=0)
            opening += self._event("response.content_part.added", **where, part=text_part(""))
        return item, opening

    def _new_item(self, kind: str, prefix: str) -> _Item:
        index = len(self._items)
        item = _Item(kind, index, f"{prefix}_{index}_{self._response.get('id', '')}", pieces=[])
        self._items.append(item)
        return item

    def _added(self, item: _Item) -> bytes:
        return self._event("response.output_item.added", output_index=item.index, item=item.body("in_progress"))

    def _close_open(self) -> bytes:
        item, self._open = self._open, None
        return self._close(item) if item is not None else b""

    def _close_items(self) -> bytes:
        closing = self._close_open()
        calls, self._calls = self._calls, {}
        return closing + b"".join(self._close(item) for item in calls.values())

    def _close(self, item: _Item) -> bytes:
        ends = _ENDINGS[item.kind](self, item)
        body = self._done[item.index] = item.body("completed")
        return ends + self._event("response.output_item.done", output_index=item.index, item=body)

    def _end_message(self, item: _Item) -> bytes:
        where, text = self._where(item, content_index=0), item.text
        done = self._event("response.output_text.done", **where, text=text, logprobs=[])
        return done + self._event("response.content_part.done", **where, part=text_part(text))

    def _end_reasoning(self, item: _Item) -> bytes:
        if not item.pieces:
            return b""
        where, text = self._where(item, summary_index=0), item.text
        part = {"type": "summary_text", "text": text}
        done = self._event("response.reasoning_summary_text.done", **where, text=text)
        return done + self._event("response.reasoning_summary_part.done", **where, part=part)

    def _end_call(self, item: _Item) -> bytes:
        item.pieces = [item.text or "{}"]
        done = "response.function_call_arguments.done"
        return self._event(done, **self._where(item), name=item.name, arguments=item.text)

    def _where(self, item: _Item, **positions: int) -> dict[str, Any]:
        return {"item_id": item.id, "output_index": item.index, **positions}

    def _event(self, kind: str, **members: Any) -> bytes:
        event = {"type": kind, "sequence_number": self._sequence, **members}
        self._sequence += 1
        return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


_ENDINGS: Final[dict[str, Callable[[Renderer, _Item], bytes]]] = {
    "message": Renderer._end_message,
    "reasoning": Renderer._end_reasoning,
    "function_call": Renderer._end_call,
}
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
