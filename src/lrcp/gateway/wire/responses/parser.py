"""A stream of responses read into the steps of an answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from lrcp.gateway.wire.chat import (
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
from lrcp.gateway.wire.responses.bodies import unseal
from lrcp.gateway.wire.responses.replies import failure_of, parse_call, stop_of, usage_of
from lrcp.gateway.wire.sse import event_data


class Parser:
    """Events in, steps out."""

    def __init__(self) -> None:
        self._calls: dict[Any, int] = {}
        self._filled: set[int] = set()
        self._refused = False

    def feed(self, event: bytes) -> Sequence[Delta]:
        data = event_data(event)
        if not data or data == b"[DONE]":
            return ()
        seen = decode_json(data)
        if not isinstance(seen, dict):
            return (StreamFailed("upstream_invalid", "the provider's stream holds an event that is not JSON"),)
        read = _READERS.get(str(seen.get("type")))
        return [*read(self, seen)] if read is not None else ()

    def _start(self, event: dict[str, Any]) -> Iterator[Delta]:
        response, created = _response_of(event), _response_of(event).get("created_at")
        yield Started(
            id=str(response.get("id") or ""),
            model=str(response.get("model") or ""),
            created_s=int(created) if isinstance(created, int | float) else 0,
        )

    def _read_text(self, event: dict[str, Any]) -> Iterator[Delta]:
        if text := _text(event, "delta"):
            yield TextDelta(text)

    def _read_refusal(self, event: dict[str, Any]) -> Iterator[Delta]:
        self._refused = True
        yield from self._read_text(event)

    def _read_thinking(self, event: dict[str, Any]) -> Iterator[Delta]:
        if text := _text(event, "delta"):
            yield ThinkingDelta(text)

    def _start_item(self, event: dict[str, Any]) -> Iterator[Delta]:
        item = _item_of(event)
        if item.get("type") == "function_call":
            index = self._calls[event.get("output_index")] = len(self._calls)
            call = parse_call(item)
            yield ToolCallStarted(index, call.id, call.name, call.signature)

    def _read_arguments(self, event: dict[str, Any]) -> Iterator[Delta]:
        index = self._calls.get(event.get("output_index"))
        if index is not None and (fragment := _text(event, "delta")):
            self._filled.add(index)
            yield ToolArgumentsDelta(index, fragment)

    def _end_item(self, event: dict[str, Any]) -> Iterator[Delta]:
        """Arguments that came whole, and what a reasoning item must be sent back with."""
        item, index = _item_of(event), self._calls.get(event.get("output_index"))
        if index is not None and index not in self._filled and (arguments := _text(item, "arguments")):
            yield ToolArgumentsDelta(index, arguments)
        if item.get("type") == "reasoning" and (signature := _text(item, "encrypted_content")):
            yield ThinkingDelta("", *unseal(signature))

    def _finish(self, event: dict[str, Any]) -> Iterator[Delta]:
        response = _response_of(event)
        usage = usage_of(response)
        if usage is not None:
            yield UsageKnown(usage)
        stop = stop_of(response)
        yield Finished("refusal" if self._refused and stop == "end" else stop)

    def _fail(self, event: dict[str, Any]) -> Iterator[Delta]:
        nested = event.get("response") if event.get("type") == "response.failed" else event
        known = nested if isinstance(nested, dict) else {}
        yield StreamFailed(*failure_of(known if known.get("error") else {"error": known}))


def _response_of(event: dict[str, Any]) -> dict[str, Any]:
    response = event.get("response")
    return response if isinstance(response, dict) else {}


def _item_of(event: dict[str, Any]) -> dict[str, Any]:
    item = event.get("item")
    return item if isinstance(item, dict) else {}


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""


_READERS: Final[dict[str, Callable[[Parser, dict[str, Any]], Iterator[Delta]]]] = {
    "response.created": Parser._start,
    "response.output_text.delta": Parser._read_text,
    "response.refusal.delta": Parser._read_refusal,
    "response.reasoning_summary_text.delta": Parser._read_thinking,
    "response.reasoning_text.delta": Parser._read_thinking,
    "response.output_item.added": Parser._start_item,
    "response.function_call_arguments.delta": Parser._read_arguments,
    "response.output_item.done": Parser._end_item,
    "response.completed": Parser._finish,
    "response.incomplete": Parser._finish,
    "response.failed": Parser._fail,
    "error": Parser._fail,
}
