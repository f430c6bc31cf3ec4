"""The beginning of an answer, looked at before it is handed on: as long as no token has gone, another try is possible."""

import asyncio
from typing import Any, Final

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.wire.format import UNDECODABLE, Format
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript

_MAX_HELD_PIECES: Final = 256
"""Of a provider that sends so many pieces without a word of its answer, the beginning is handed on as it is."""

_STATUS_OF_KIND: Final = {
    "invalid_request_error": 400,
    "INVALID_ARGUMENT": 400,
    "authentication_error": 401,
    "insufficient_quota": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "overloaded_error": 529,
}
_raw: Final = msgspec.json.Decoder(msgspec.Raw)


async def await_first_token(
    stream: Stream, format: Format, *, first_token_s: float, spent_s: float, max_event_bytes: int
) -> int:
    """Wait until a stream has begun to answer; what came so far is put back, to be read again.

    Args: first_token_s: that long the first token may take, of which spent_s went by before there was a stream.
    Returns: 200, or the status that an error event in place of the first token stands for.
    Raises: UpstreamError - it broke, ended or took too long before its first token.
    """
    splitter, transcript, held = EventSplitter(max_event_bytes), Transcript(0), []
    try:
        async with asyncio.timeout(max(0.0, first_token_s - spent_s)):
            async for piece in stream:
                held.append(piece)
                _read(format, transcript, splitter.feed(piece))
                if transcript.started or transcript.complete or len(held) >= _MAX_HELD_PIECES:
                    break
            else:
                _require_answer(format, transcript, splitter.take_rest())
    except TimeoutError as error:
        message = f"the provider sent no token of its answer within {first_token_s:g} s"
        raise UpstreamError(message, code="upstream_timeout", status=504) from error
    stream.put_back(held)
    return 200 if transcript.error is None else _status_of_event(transcript.error)


def _read(format: Format, transcript: Transcript, events: list[bytes]) -> None:
    for event in events:
        format.read_event(transcript, event)


def _require_answer(format: Format, transcript: Transcript, rest: bytes) -> None:
    """For a stream that has ended: its last event may lack the blank line after it."""
    if rest:
        _read(format, transcript, [rest])
    if not (transcript.started or transcript.complete):
        raise UpstreamError("the provider's stream ended before its first token", code="upstream_cut")


def _status_of_event(error: Any) -> int:
    """The status that an error would have had outside a stream; 500 when it does not say."""
    if not isinstance(error, dict):
        return 500
    for given in (error.get("type"), error.get("status"), error.get("code")):
        if isinstance(given, int) and 400 <= given <= 599:
            return given
        if isinstance(given, str) and given in _STATUS_OF_KIND:
            return _STATUS_OF_KIND[given]
    return 500


def require_json(reply: Reply, provider: str) -> None:
    """Hold a whole answer to what every format here is. Raises: UpstreamError - it is no JSON: cut short, or a web page."""
    try:
        _raw.decode(reply.body)
    except UNDECODABLE as error:
        kind = next((value for name, value in reply.headers if name == b"content-type"), b"no content type")
        said = kind[:60].decode("latin-1")
        message = f"provider '{provider}' answered with {len(reply.body)} bytes ({said}) that are not JSON"
        raise UpstreamError(message, code="upstream_not_json") from error
