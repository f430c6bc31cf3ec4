"""The beginning of an answer, looked at before it is handed on: as long as no token has gone, another try is possible."""

import asyncio
from typing import Any, Final

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.wire.format import UNDECODABLE, Format
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript

MAX_HELD_EVENTS: Final = 16
"""More than any format has before its first token: what comes then is an answer of a kind that is not understood here."""
MAX_HELD_PIECES: Final = 256
"""Comments that keep a connection alive are no events; a stream of nothing else is handed on as it is in the end."""

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
    beginning = _Beginning(format, max_event_bytes)
    try:
        async with asyncio.timeout(max(0.0, first_token_s - spent_s)):
            async for piece in stream:
                if beginning.add(piece):
                    break
            else:
                beginning.end()
    except TimeoutError as error:
        message = f"the provider sent no token of its answer within {first_token_s:g} s"
        raise UpstreamError(message, code="upstream_timeout", status=504) from error
    stream.put_back(beginning.pieces)
    error_in_stream = beginning.transcript.error
    return 200 if error_in_stream is None else _status_of_event(error_in_stream)


class _Beginning:
    """What came of a stream so far."""

    __slots__ = ("_bytes_left", "_events", "_format", "_splitter", "pieces", "transcript")

    def __init__(self, format: Format, max_bytes: int) -> None:
        self.transcript = Transcript(0)
        self.pieces: list[bytes] = []
        self._format = format
        self._splitter = EventSplitter(max_bytes)
        self._bytes_left = max_bytes
        self._events = 0

    def add(self, piece: bytes) -> bool:
        """Returns: whether this is the end of the beginning. Raises: UpstreamError - an event without end."""
        self.pieces.append(piece)
        self._bytes_left -= len(piece)
        self._read(self._splitter.feed(piece))
        full = self._events >= MAX_HELD_EVENTS or len(self.pieces) >= MAX_HELD_PIECES or self._bytes_left <= 0
        return full or self._answers()

    def end(self) -> None:
        """The stream has ended; its last event may lack the blank line after it. Raises: UpstreamError - with no answer."""
        rest = self._splitter.take_rest()
        if rest:
            self._read([rest])
        if not self._answers():
            raise UpstreamError("the provider's stream ended before its first token", code="upstream_cut")

    def _read(self, events: list[bytes]) -> None:
        for event in events:
            self._format.read_event(self.transcript, event)
            self._events += not event.startswith(b":")

    def _answers(self) -> bool:
        return self.transcript.started or self.transcript.complete


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
