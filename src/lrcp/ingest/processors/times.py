"""Records whose time cannot be stored: mended where the agent mends it, refused where keeping it would harm others."""

from collections.abc import Iterable
from typing import Any, Final

from lrcp.model.batch import Batch
from lrcp.model.span import Span

_NS: Final = 1_000_000_000
_YEAR_2000_NS: Final = 946_684_800 * _NS
_AHEAD_NS: Final = 24 * 3600 * _NS
_MAX_DURATION_NS: Final = (1 << 63) - 1


def mend_times(batch: Batch, now_ns: int, retention_days: int) -> int:
    """Bring the times of a batch into what the store keeps; in place.

    A span that starts before the year 2000 or over a day ahead starts now less its duration, as the Datadog agent has
    it. A record older than the retention, or of another kind with such a time, is dropped: the store would drop it at
    once, and each of its days would cost a partition.

    Returns: how many records were dropped.
    """
    oldest_ns, newest_ns = now_ns - retention_days * 86_400 * _NS, now_ns + _AHEAD_NS
    for span in batch.spans:
        _mend_span(span, now_ns, newest_ns)
    before = len(batch)
    batch.spans = [span for span in batch.spans if span.start_ns >= oldest_ns]
    batch.metrics = [m for m in batch.metrics if oldest_ns <= m.time_s * _NS <= newest_ns]
    batch.evaluations = _within(batch.evaluations, oldest_ns, newest_ns)
    batch.logs = _within(batch.logs, oldest_ns, newest_ns)
    batch.events = _within(batch.events, oldest_ns, newest_ns)
    batch.checks = _within(batch.checks, oldest_ns, newest_ns)
    return before - len(batch)


def _within(records: Iterable[Any], oldest_ns: int, newest_ns: int) -> list[Any]:
    return [record for record in records if oldest_ns <= record.time_ns <= newest_ns]


def _mend_span(span: Span, now_ns: int, newest_ns: int) -> None:
    if not 0 <= span.duration_ns <= _MAX_DURATION_NS:
        span.duration_ns = 0
    if not _YEAR_2000_NS <= span.start_ns <= newest_ns:
        span.start_ns = max(_YEAR_2000_NS, now_ns - span.duration_ns)
        span.tags["lrcp.start_corrected"] = "true"
