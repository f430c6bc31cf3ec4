"""What Anthropic's answers said and used, gathered into a Transcript: whole replies, and streams event by event."""

from typing import Final

from lrcp.gateway.wire.anthropic.answers import Block, Delta, Event, Usage, decode_event, decode_message, with_usage
from lrcp.gateway.wire.sse import event_data
from lrcp.gateway.wire.transcript import Transcript

_CALLS: Final = ("tool_use", "server_tool_use", "mcp_tool_use")


def read_body(transcript: Transcript, body: bytes) -> None:
    """A whole reply."""
    message = decode_message(body)
    if message is not None:
        transcript.model = message.model or transcript.model
        transcript.error = message.error or transcript.error
        for block in message.content:
            _add_block(transcript, block)
        _add_end(transcript, message.stop_reason, message.usage)
    transcript.done = True


def read_count(transcript: Transcript, body: bytes) -> None:
    """A reply of count_tokens, which generated nothing and costs nothing."""
    transcript.done = True


def read_event(transcript: Transcript, event: bytes) -> bool:
    """One event of a stream. Returns: False, for no event of this format carries the usage and nothing else."""
    data = event_data(event)
    decoded = decode_event(data) if data else None
    if decoded is not None:
        _add_event(transcript, decoded)
    return False


def read_count_event(transcript: Transcript, event: bytes) -> bool:
    """Counting tokens has no streams."""
    return False


def _add_event(transcript: Transcript, event: Event) -> None:
    if event.type == "content_block_delta":
        if event.delta is not None:
            _add_delta(transcript, event.delta)
    elif event.type == "content_block_start":
        if event.content_block is not None:
            _add_block(transcript, event.content_block)
    elif event.type == "message_start":
        if event.message is not None:
            transcript.model = event.message.model or transcript.model
            _add_usage(transcript, event.message.usage, final=False)
    elif event.type == "message_delta":
        _add_end(transcript, event.delta.stop_reason if event.delta else None, event.usage)
    elif event.type == "message_stop":
        transcript.done = True
    elif event.type == "error":
        transcript.error = event.error or {"message": "the provider ended its stream with an error"}


def _add_block(transcript: Transcript, block: Block) -> None:
    if block.type in _CALLS:
        transcript.add_tool_call(0, block.name, block.arguments())
    elif block.thinking:
        transcript.add_thinking(block.thinking)
    elif block.type == "text" and block.text:
        transcript.add_text(0, block.text)


def _add_delta(transcript: Transcript, delta: Delta) -> None:
    if delta.text:
        transcript.add_text(0, delta.text)
    elif delta.partial_json:
        transcript.extend_tool_call(0, delta.partial_json)
    elif delta.thinking:
        transcript.add_thinking(delta.thinking)


def _add_end(transcript: Transcript, stop_reason: str | None, usage: Usage | None) -> None:
    if stop_reason:
        transcript.finish_reasons.append(stop_reason)
    _add_usage(transcript, usage)


def _add_usage(transcript: Transcript, usage: Usage | None, *, final: bool = True) -> None:
    """An input of 0 is no count: it is how a translated answer writes that its provider told none."""
    if usage is None:
        return
    counted = with_usage(transcript.usage, usage, final=final)
    if counted.input_tokens != 0:
        transcript.usage = counted
