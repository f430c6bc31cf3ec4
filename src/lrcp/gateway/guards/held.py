"""A stream on its way past guards: events wait here until their texts are judged, and go on with the places redacted.

The texts of a stream come in pieces. Those of one channel are judged as one text; a channel ends with the stream, or
once its speaker goes on with another one. With a bounded reach a place is decided as soon as so many characters follow;
without, at the end. Events keep their order, and every byte but those of redacted texts.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.guards.port import GuardText
from lrcp.gateway.guards.rewriting import Edit, rewrite_json
from lrcp.gateway.guards.walk import Channel, Path, event_texts
from lrcp.gateway.wire.format import decode_json
from lrcp.gateway.wire.sse import event_data

Place = tuple[int, int, str]
FindPlaces = Callable[[GuardText], Sequence[Place]]
"""The places of a text that are to be redacted, from its start on, in order and without overlaps."""

MAX_HELD_BYTES: Final = 4 * 1024 * 1024
_ROLE: Final = "assistant"


class OverheldError(Exception):
    """More waits than may."""


class _Text:
    """One channel. base is where what is kept of it begins, decided how far it is judged, both in characters of the whole."""

    __slots__ = ("base", "decided", "ended", "kept", "places")

    def __init__(self) -> None:
        self.kept = ""
        self.base = self.decided = 0
        self.ended = False
        self.places: deque[Place] = deque()

    @property
    def end(self) -> int:
        return self.base + len(self.kept)

    def decide(self, find: FindPlaces, reach: int | None) -> None:
        """Judge what can be."""
        limit = self.end if self.ended else self.end - reach if reach is not None else 0
        if limit <= self.decided:
            return
        for start, end, replacement in find(GuardText(_ROLE, self.kept, self.decided - self.base)):
            if self.base + start < limit:
                self.places.append((self.base + start, self.base + end, replacement))
                limit = max(limit, self.base + end)
        self.decided = limit
        cut = max(0, self.decided - self.base - 1)
        self.kept, self.base = self.kept[cut:], self.base + cut


class _Piece(msgspec.Struct):
    """A part of a text, from start to end, and where in the event it is."""

    text: _Text
    start: int
    end: int
    path: Path


class _Event(msgspec.Struct):
    raw: bytes
    pieces: list[_Piece]


class HeldStream:
    """find is asked with new text each time. Feed events, and take those that may go on."""

    def __init__(self, format: str, find: FindPlaces, reach: int | None, max_bytes: int = MAX_HELD_BYTES) -> None:
        self._format = format
        self._find = find
        self._reach = reach
        self._max_bytes = max_bytes
        self._bytes = 0
        self._events: deque[_Event] = deque()
        self._open: dict[Channel, _Text] = {}

    def feed(self, events: Sequence[bytes]) -> None:
        """Raises: OverheldError."""
        for raw in events:
            self._events.append(_Event(raw, self._take_pieces(raw)))
            self._bytes += len(raw)
        for text in self._open.values():
            text.decide(self._find, self._reach)
        if self._bytes > self._max_bytes and not self._is_decided(self._events[0]):
            raise OverheldError

    def end(self) -> None:
        """No more comes."""
        for channel in tuple(self._open):
            self._end(channel)

    def take(self) -> bytes:
        """The events that are judged, from the first on. Raises: ValueError - a place cannot be found again."""
        ready = []
        while self._events and self._is_decided(self._events[0]):
            event = self._events.popleft()
            self._bytes -= len(event.raw)
            ready.append(_render(event))
        return b"".join(ready)

    def give_up(self) -> bytes:
        """All that waits, as it came."""
        raw = b"".join(event.raw for event in self._events)
        self._events.clear()
        self._bytes = 0
        return raw

    @property
    def texts(self) -> list[str]:
        """Those that are not judged yet."""
        return [text.kept[text.decided - text.base :] for text in self._open.values()]

    def _is_decided(self, event: _Event) -> bool:
        return all(piece.end <= piece.text.decided for piece in event.pieces)

    def _take_pieces(self, raw: bytes) -> list[_Piece]:
        data = event_data(raw)
        pieces: list[_Piece] = []
        for found in event_texts(self._format, decode_json(data)) if data else ():
            for other in [other for other in self._open if other[0] == found.channel[0] and other != found.channel]:
                self._end(other)
            text = self._open.setdefault(found.channel, _Text())
            pieces.append(_Piece(text, text.end, text.end + len(found.text), found.path))
            text.kept += found.text
            if "whole" in found.channel:
                self._end(found.channel)
        return pieces

    def _end(self, channel: Channel) -> None:
        text = self._open.pop(channel)
        text.ended = True
        text.decide(self._find, self._reach)


def _render(event: _Event) -> bytes:
    edits: dict[Path, list[Edit]] = {}
    for piece in event.pieces:
        found = _edits_of(piece)
        if found:
            edits[piece.path] = found
    return rewrite_event(event.raw, edits) if edits else event.raw


def _edits_of(piece: _Piece) -> list[Edit]:
    """What is put for a place that several events share goes into the first of them."""
    places = piece.text.places
    while places and places[0][1] <= piece.start:
        places.popleft()
    return [
        (max(start, piece.start) - piece.start, min(end, piece.end) - piece.start, what if start >= piece.start else "")
        for start, end, what in places
        if start < piece.end
    ]


def rewrite_event(event: bytes, edits: Mapping[Path, Sequence[Edit]]) -> bytes:
    """An event with other words in its data."""
    data = event_data(event)
    begin = event.find(data)
    if begin >= 0:
        return event[:begin] + rewrite_json(data, edits) + event[begin + len(data) :]
    others = [line for line in event.splitlines() if line and not line.startswith(b"data:")]
    return b"\n".join([*others, b"data: " + rewrite_json(data, edits).replace(b"\n", b" "), b"", b""])
