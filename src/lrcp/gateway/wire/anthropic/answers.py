"""The shapes of Anthropic's answers and of the events of its streams: only what the gateway reads, all of it optional.

Blocks and deltas are one flat record each, whatever their type: an answer with a type from next year still decodes.
"""

from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.format import UNDECODABLE
from lrcp.gateway.wire.transcript import count_of, tier_of


class _OutputDetails(msgspec.Struct):
    thinking_tokens: int | None = None


class _CacheCreation(msgspec.Struct):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _ServerToolUse(msgspec.Struct):
    web_search_requests: int | None = None


class Usage(msgspec.Struct):
    """Anthropic's counts: input_tokens leaves out what came from the cache and what was written to it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _CacheCreation | None = None
    output_tokens_details: _OutputDetails | None = None
    server_tool_use: _ServerToolUse | None = None
    service_tier: str | None = None
    speed: str | None = None


class Block(msgspec.Struct):
    """A block of an answer's content; input is JSON as sent."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw()

    def arguments(self) -> str:
        """A tool's input as JSON text; '' where it is empty, as at the start of a streamed one."""
        text = bytes(self.input).decode("utf-8", "replace")
        return "" if text in ("{}", "null") else text


class Message(msgspec.Struct):
    """A whole answer, or the beginning of a streamed one."""

    id: str = ""
    model: str = ""
    content: list[Block] = msgspec.field(default_factory=list)
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    error: Any = None


class Delta(msgspec.Struct):
    """More of a block, or, in a message_delta, how the answer ended."""

    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Event(msgspec.Struct):
    """One event of a stream."""

    type: str = ""
    index: int = 0
    message: Message | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Usage | None = None
    error: Any = None


_decode_message: Final = msgspec.json.Decoder(Message).decode
_decode_event: Final = msgspec.json.Decoder(Event).decode


def decode_message(data: bytes) -> Message | None:
    """Read a whole answer; None when it is not of this format."""
    try:
        return _decode_message(data)
    except UNDECODABLE:
        return None


def decode_event(data: bytes) -> Event | None:
    """Read the data of an event; None when it is not of this format."""
    try:
        return _decode_event(data)
    except UNDECODABLE:
        return None


def with_usage(known: TokenUsage | None, usage: Usage, *, final: bool = True) -> TokenUsage:
    """The counts after these; what they do not say stays as it was, for those of a stream are cumulative.

    final: False for a stream's first counts, whose output_tokens are of the first piece only and say nothing.
    """
    known = known or TokenUsage()
    cached = _first(count_of(usage.cache_read_input_tokens), known.cached_input_tokens)
    written = _first(_written_tokens(usage), known.cache_write_tokens)
    plain = _first(count_of(usage.input_tokens), _plain_input(known))
    details, split, tools = usage.output_tokens_details, usage.cache_creation, usage.server_tool_use
    return TokenUsage(
        input_tokens=None if plain is None else plain + (cached or 0) + (written or 0),
        output_tokens=_first(count_of(usage.output_tokens) if final else None, known.output_tokens),
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=_first(count_of(details.thinking_tokens) if details else None, known.reasoning_tokens),
        cache_write_1h_tokens=_first(
            count_of(split.ephemeral_1h_input_tokens) if split else None, known.cache_write_1h_tokens
        ),
        web_searches=_first(count_of(tools.web_search_requests) if tools else None, known.web_searches),
        service_tier=("fast" if usage.speed == "fast" else tier_of(usage.service_tier)) or known.service_tier,
    )


def render_usage(usage: TokenUsage | None) -> dict[str, Any]:
    """Our counts as Anthropic's. Its clients need numbers: what is unknown is 0."""
    usage = usage or TokenUsage()
    rendered: dict[str, Any] = {
        "input_tokens": max(_plain_input(usage) or 0, 0),
        "cache_read_input_tokens": usage.cached_input_tokens or 0,
        "cache_creation_input_tokens": usage.cache_write_tokens or 0,
        "output_tokens": usage.output_tokens or 0,
    }
    if usage.reasoning_tokens is not None:
        rendered["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if usage.cache_write_1h_tokens is not None:
        written, hour = usage.cache_write_tokens or 0, usage.cache_write_1h_tokens
        rendered["cache_creation"] = {
            "ephemeral_5m_input_tokens": max(written - hour, 0),
            "ephemeral_1h_input_tokens": hour,
        }
    return rendered


def _written_tokens(usage: Usage) -> int | None:
    """Tokens written to the cache: the sum, or that of its two lifetimes where only those are told."""
    total, split = count_of(usage.cache_creation_input_tokens), usage.cache_creation
    if total is not None or split is None:
        return total
    return (count_of(split.ephemeral_5m_input_tokens) or 0) + (count_of(split.ephemeral_1h_input_tokens) or 0)


def _plain_input(usage: TokenUsage) -> int | None:
    if usage.input_tokens is None:
        return None
    return usage.input_tokens - (usage.cached_input_tokens or 0) - (usage.cache_write_tokens or 0)


def _first(new: int | None, old: int | None) -> int | None:
    return old if new is None else new
