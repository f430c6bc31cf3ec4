"""From an answer to an entry and back: what of a reply is kept, whether it is whole, and how it is given again."""

from collections.abc import AsyncGenerator
from typing import Final

from lrcp.gateway.cache.store import Entry
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript

_PIECE_BYTES: Final = 16 * 1024
"""Events of a kept stream are given again in pieces of about this size, each of whole events."""

_TAIL_EVENTS: Final = 12
_MAX_TEXT_CHARS: Final = 4_000
_BAD_ENDS: Final = frozenset({"error", "failed", "cancelled", "incomplete"})
_OF_THE_MOMENT: Final = (b"x-ratelimit", b"anthropic-ratelimit", b"retry-after", b"openai-processing-ms", b"age")
"""Headers that are about one call at its time, not about the answer."""


def kept_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers that go with an answer whenever it is given."""
    return [row for row in headers if not row[0].startswith(_OF_THE_MOMENT)]


def reply_of(entry: Entry) -> Reply:
    """The answer once more: the same bytes, as a stream if it was one."""
    if entry.streams:
        return Reply(200, list(entry.headers), stream=replay_stream(entry.pieces))
    return Reply(200, list(entry.headers), entry.pieces[0])


def replay_stream(pieces: tuple[bytes, ...]) -> Stream:
    """A stream of these pieces."""
    return Stream(_give(pieces))


async def read_whole(stream: Stream, max_bytes: int) -> bytes:
    """All of a stream, which is closed after it. Raises: UpstreamError - it is over max_bytes, or broke."""
    pieces, size = [], 0
    try:
        async for piece in stream:
            pieces.append(piece)
            size += len(piece)
            if size > max_bytes:
                raise UpstreamError(f"the answer is over {max_bytes} bytes", code="reply_too_large")
    finally:
        await stream.aclose()
    return b"".join(pieces)


async def _give(pieces: tuple[bytes, ...]) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece


def group_events(events: list[bytes]) -> tuple[bytes, ...]:
    """Whole events, joined to pieces of about _PIECE_BYTES."""
    pieces, group, size = [], [], 0
    for event in events:
        group.append(event)
        size += len(event)
        if size >= _PIECE_BYTES:
            pieces.append(b"".join(group))
            group, size = [], 0
    if group:
        pieces.append(b"".join(group))
    return tuple(pieces)


def split_events(body: bytes) -> list[bytes]:
    """A whole stream's events, with the last even where its blank line is missing."""
    splitter = EventSplitter(len(body) + 1)
    events = splitter.feed(body)
    rest = splitter.take_rest()
    return [*events, rest] if rest else events


def read_answer(format: Format, body: bytes) -> Transcript:
    """What a whole reply says."""
    transcript = Transcript(_MAX_TEXT_CHARS)
    format.read_body(transcript, body)
    return transcript


def read_events(format: Format, events: list[bytes], *, all_of_it: bool) -> Transcript:
    """What a stream says; of its end only, unless all_of_it."""
    transcript = Transcript(_MAX_TEXT_CHARS)
    for event in events if all_of_it else events[-_TAIL_EVENTS:]:
        format.read_event(transcript, event)
    return transcript


def is_whole(transcript: Transcript, *, streams: bool) -> bool:
    """Whether an answer came to a good end. A whole reply without a reason to end (embeddings) is one."""
    if transcript.error is not None or not _BAD_ENDS.isdisjoint(transcript.finish_reasons):
        return False
    return transcript.complete or not streams
