"""SpanBuffer: encoded spans that wait to be sent, bounded in number and bytes; when full the oldest give way, counted."""

from collections import deque


class SpanBuffer:
    """First in, first out. max_spans and max_bytes bound what waits; dropped counts what had to give way."""

    def __init__(self, max_spans: int, max_bytes: int) -> None:
        self.dropped = 0
        self.size_bytes = 0
        self._max_spans = max_spans
        self._max_bytes = max_bytes
        self._spans: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, span: bytes) -> None:
        """Keep a span; one that is over the bound by itself is dropped."""
        self._spans.append(span)
        self.size_bytes += len(span)
        while len(self._spans) > self._max_spans or self.size_bytes > self._max_bytes:
            self.size_bytes -= len(self._spans.popleft())
            self.dropped += 1

    def take(self, max_spans: int, max_bytes: int) -> list[bytes]:
        """Remove the oldest, at least one if there is any, as many as fit."""
        taken: list[bytes] = []
        size = 0
        while self._spans and len(taken) < max_spans and (not taken or size + len(self._spans[0]) <= max_bytes):
            taken.append(self._spans.popleft())
            size += len(taken[-1])
        self.size_bytes -= size
        return taken
