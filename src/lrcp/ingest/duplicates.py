"""Which payloads were stored lately, so that one that is sent again is stored once."""

from collections import OrderedDict
from typing import Final

WINDOW_NS: Final = 15 * 60 * 1_000_000_000
"""Longer than clients keep trying: the OpenTelemetry exporters give up after a minute, Datadog's after a few seconds."""
MAX_PAYLOADS: Final = 200_000


def payload_number(digest: bytes) -> int:
    """A digest as the store's `payload` column has it: its first 8 bytes, never 0."""
    return int.from_bytes(digest[:8], "little") or 1


class PayloadWindow:
    """Payloads of the last WINDOW_NS, at most MAX_PAYLOADS of them, oldest forgotten first."""

    def __init__(self, max_payloads: int = MAX_PAYLOADS) -> None:
        self._max = max_payloads
        self._stored: OrderedDict[int, int] = OrderedDict()
        self._uncertain: set[int] = set()

    def __len__(self) -> int:
        return len(self._stored)

    def is_stored(self, payload: int) -> bool:
        """Whether all of it is stored for certain."""
        return payload in self._stored

    def is_uncertain(self, payload: int) -> bool:
        """Whether a part of it may be stored: the process died, or the store failed, while it was being written."""
        return payload in self._uncertain

    def mark_stored(self, payload: int, now_ns: int) -> None:
        self._uncertain.discard(payload)
        self._stored[payload] = now_ns
        self._stored.move_to_end(payload)
        while self._stored:
            oldest, time_ns = next(iter(self._stored.items()))
            if len(self._stored) <= self._max and now_ns - time_ns <= WINDOW_NS:
                break
            del self._stored[oldest]

    def mark_uncertain(self, payload: int) -> None:
        if len(self._uncertain) < self._max:
            self._uncertain.add(payload)
