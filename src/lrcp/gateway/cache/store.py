"""The answers that are kept: so many, so many bytes, so long; the one least lately used goes first."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

_ENTRY_OVERHEAD_BYTES: Final = 700
"""About what an entry takes beside its body: the record, its key, its headers."""


@dataclass(slots=True)
class Entry:
    """An answer with status 200, and what it once took. pieces: one for a whole reply; whole events of a stream.

    stored_s: on the monotonic clock. tokens and cost are what each repetition of the answer saves; None unknown.
    text: what it says, for comparing; '' where nobody will.
    """

    headers: list[tuple[bytes, bytes]]
    pieces: tuple[bytes, ...]
    streams: bool
    stored_s: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nusd: int | None = None
    text: str = ""
    size_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.size_bytes = _ENTRY_OVERHEAD_BYTES + len(self.text) + sum(map(len, self.pieces))


class EntryStore:
    """Entries by key. Bounds may be changed while it is in use; what is over them goes at the next save."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.size_bytes = 0
        self.evicted = 0
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: bytes, now_s: float, ttl_s: float) -> Entry | None:
        """The answer under a key, if it is younger than ttl_s; an older one is dropped."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now_s - entry.stored_s >= ttl_s:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def save(self, key: bytes, entry: Entry) -> list[bytes]:
        """Keep an answer, in place of one before it. Returns: the keys that had to go for it."""
        self.drop(key)
        self._entries[key] = entry
        self.size_bytes += entry.size_bytes
        return self._shrink()

    def drop(self, key: bytes) -> None:
        """Forget an answer, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size_bytes -= entry.size_bytes

    def _shrink(self) -> list[bytes]:
        gone: list[bytes] = []
        while self._entries and (len(self._entries) > self.max_entries or self.size_bytes > self.max_bytes):
            key, entry = self._entries.popitem(last=False)
            self.size_bytes -= entry.size_bytes
            gone.append(key)
        self.evicted += len(gone)
        return gone
