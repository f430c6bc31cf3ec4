"""What a span's events say: exceptions, messages, the first token; the rest is kept as a tag."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.evaluations import EVENT as EVALUATION_EVENT
from lrcp.ingest.receivers.otlp.messages import Message, messages_of
from lrcp.ingest.receivers.otlp.values import as_text, json_text, plain

_MAX_TTFT_NS: Final = 24 * 3600 * 1_000_000_000

_DETAILS: Final = "gen_ai.client.inference.operation.details"
_FIRST_TOKEN_EVENTS: Final = frozenset(
    {"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"}
)
_ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


class SpanEvents(msgspec.Struct):
    """The events of one span, read. details are attributes to be read as if they were the span's own."""

    exception_type: str = ""
    exception_message: str = ""
    stack: str = ""
    asked: list[Message] = []
    answered: list[Message] = []
    finish_reason: str = ""
    details: dict[str, Any] = {}
    first_token_at_ns: int = 0
    evaluations: list[tuple[int, dict[str, Any]]] = []  # (Unix nanoseconds, attributes)
    others: list[dict[str, Any]] = []

    def first_token_ns(self, start_ns: int) -> int | None:
        """Time from the span's start to the first token, None when no event tells."""
        took_ns = self.first_token_at_ns - start_ns
        return took_ns if self.first_token_at_ns and 0 <= took_ns <= _MAX_TTFT_NS else None


NO_EVENTS: Final = SpanEvents()


def read_events(events: Iterable[Any]) -> SpanEvents:
    """Event messages (protobuf or JSON twins), in their order."""
    read = SpanEvents()
    for event in events:
        attributes = {pair.key: plain(pair.value) for pair in event.attributes}
        _HANDLERS.get(event.name, _other)(read, event, attributes)
    return read


def _exception(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    # The last one is the one that ended the span; earlier ones may have been handled.
    read.exception_type = as_text(attributes.get("exception.type"))
    read.exception_message = as_text(attributes.get("exception.message"))
    read.stack = as_text(attributes.get("exception.stacktrace"))


def _details(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    read.details.update(attributes)


def _asked(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    role = _ROLES[event.name]
    body = attributes.get("gen_ai.event.content")
    read.asked.extend(messages_of(body if body is not None else [{"role": role, **attributes}], role))


def _choice(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    body = attributes.get("gen_ai.event.content", attributes.get("message"))
    read.answered.extend(messages_of(body if body is not None else [attributes], "assistant"))
    read.finish_reason = read.finish_reason or as_text(attributes.get("finish_reason"))


def _prompt(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    read.asked.extend(messages_of(attributes.get("gen_ai.prompt"), "user"))


def _completion(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    read.answered.extend(messages_of(attributes.get("gen_ai.completion"), "assistant"))


def _first_token(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    if not read.first_token_at_ns:
        read.first_token_at_ns = event.time_unix_nano


def _evaluation(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    read.evaluations.append((event.time_unix_nano, attributes))


def _other(read: SpanEvents, event: Any, attributes: dict[str, Any]) -> None:
    read.others.append({"name": event.name, "time_unix_nano": str(event.time_unix_nano), "attributes": attributes})


_HANDLERS: Final[dict[str, Callable[[SpanEvents, Any, dict[str, Any]], None]]] = {
    "exception": _exception,
    _DETAILS: _details,
    EVALUATION_EVENT: _evaluation,
    "gen_ai.choice": _choice,
    "gen_ai.content.prompt": _prompt,
    "gen_ai.content.completion": _completion,
    **dict.fromkeys(_ROLES, _asked),
    **dict.fromkeys(_FIRST_TOKEN_EVENTS, _first_token),
}


def links_text(links: Iterable[Any]) -> str:
    """Links to other spans as JSON text."""
    return json_text(
        [
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": {pair.key: plain(pair.value) for pair in link.attributes},
            }
            for link in links
        ]
    )
