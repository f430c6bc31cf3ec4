"""Counters of what the receivers took and refused; read by /health and by the server's own metrics."""

from collections import Counter


class Counters:
    """Counts by (receiver, what). `what` is from a small fixed set of words, never taken from a request.

    Words in use: requests, records, bytes, rejected_records, undecodable, too_large, unsupported, unknown_path,
    wrong_method, busy, unavailable, unexpected, duplicate_payloads, outside_retention, failed_groups, failed_tidy,
    dropped_datagrams, dropped_records, series_over.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, receiver: str, what: str, amount: int = 1) -> None:
        self._counts[receiver, what] += amount

    def value(self, receiver: str, what: str) -> int:
        return self._counts[receiver, what]

    def snapshot(self) -> dict[str, dict[str, int]]:
        """Counts so far, as {receiver: {what: count}}."""
        shot: dict[str, dict[str, int]] = {}
        for (receiver, what), count in sorted(self._counts.items()):
            shot.setdefault(receiver, {})[what] = count
        return shot
