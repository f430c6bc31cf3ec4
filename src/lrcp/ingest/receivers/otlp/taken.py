"""What a decoder took of a request, and what it refused."""

from collections.abc import Callable

import msgspec

from lrcp.ingest.receivers.otlp.deltas import Undo
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError


class RefusedError(InputError):
    """One record makes no sense; the others of its request go on."""


class Refusals:
    """Counts the records of a request that are refused, and keeps the first reasons."""

    _MAX_REASONS = 3

    def __init__(self) -> None:
        self.count = 0
        self._reasons: list[str] = []

    def add(self, reason: str, count: int = 1) -> None:
        self.count += count
        if len(self._reasons) < self._MAX_REASONS and reason not in self._reasons:
            self._reasons.append(reason)

    def message(self) -> str:
        """For a human at the sender's end; '' when nothing was refused."""
        return f"{self.count} refused: {'; '.join(self._reasons)}" if self.count else ""


class Taken(msgspec.Struct):
    """Records of a request to store, and the refusals.

    timed: every record carried a time of its own. undo: to be called when the batch could not be stored.
    """

    batch: Batch
    refusals: Refusals
    timed: bool = True
    undo: Callable[[], None] | None = None


class Arrival(msgspec.Struct):
    """When a request came in, which one it is, and how to forget what it changed in what decoders remember."""

    received_ns: int
    digest: bytes
    undo: Undo = msgspec.field(default_factory=Undo)
