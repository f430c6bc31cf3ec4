"""Batches on their way to the Consumer: kept within a bound while it cannot take them."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from lrcp.model.batch import Batch
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.metric import MetricBucket

MAX_BATCH_BUCKETS: Final = 5_000
DEFAULT_MAX_OUTBOX_BYTES: Final = 64 * 1024 * 1024
_BUCKET_BYTES: Final = 400
_VALUE_BYTES: Final = 40
_NOTE_BYTES: Final = 200


class Outbox:
    """A queue. Over max_bytes (estimated) the oldest batches go, and `put` says how many records that were."""

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_OUTBOX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._batches: deque[Batch] = deque()
        self._bytes = 0

    def put(self, buckets: list[MetricBucket], events: list[Event], checks: list[ServiceCheck]) -> int:
        """Append records. Returns: how many old records had to go."""
        for batch in _batches(buckets, events, checks):
            self._batches.append(batch)
            self._bytes += batch.size_bytes
        lost = 0
        while self._bytes > self._max_bytes and len(self._batches) > 1:
            lost += len(self.pop())
        return lost

    def pop(self) -> Batch:
        """Take the oldest batch out."""
        batch = self._batches.popleft()
        self._bytes -= batch.size_bytes
        return batch

    def put_back(self, batch: Batch) -> None:
        """A batch that the Consumer did not take: it is the newest now."""
        self._batches.append(batch)
        self._bytes += batch.size_bytes

    def __len__(self) -> int:
        return len(self._batches)


def _batches(buckets: list[MetricBucket], events: list[Event], checks: list[ServiceCheck]) -> Iterator[Batch]:
    """Batches without a digest: a datagram has no identity, and two equal ones are two facts."""
    for start in range(0, len(buckets), MAX_BATCH_BUCKETS):
        part = buckets[start : start + MAX_BATCH_BUCKETS]
        yield Batch(metrics=part, size_bytes=sum(_bucket_bytes(bucket) for bucket in part))
    if events or checks:
        yield Batch(events=events, checks=checks, size_bytes=_note_bytes(events, checks))


def _bucket_bytes(bucket: MetricBucket) -> int:
    return _BUCKET_BYTES + _VALUE_BYTES * (len(bucket.values) + len(bucket.members))


def _note_bytes(events: list[Event], checks: list[ServiceCheck]) -> int:
    texts = sum(len(event.title) + len(event.text) for event in events) + sum(len(check.message) for check in checks)
    return texts + _NOTE_BYTES * (len(events) + len(checks))
