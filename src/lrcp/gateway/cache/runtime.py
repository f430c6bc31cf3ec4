"""What of the caches outlives a policy: the answers, the calls in progress, and the counts."""

from typing import TYPE_CHECKING, Any

import msgspec

from lrcp.gateway.cache.flight import Flights
from lrcp.gateway.cache.store import EntryStore
from lrcp.kit.clock import Clock

if TYPE_CHECKING:
    from lrcp.gateway.cache.semantic import SemanticMemory


class CacheCounts(msgspec.Struct):
    """What became of requests since the start.

    joined: of exact_hits, those that read along with a call in progress. bypassed: not looked up, at the client's wish
    or because such requests cannot be cached. not_kept: answers that ended badly or were too long. saved_nusd: the cost
    of the answers that were given again, where it was known.
    """

    exact_hits: int = 0
    semantic_hits: int = 0
    joined: int = 0
    misses: int = 0
    bypassed: int = 0
    kept: int = 0
    not_kept: int = 0
    promoted: int = 0
    saved_input_tokens: int = 0
    saved_output_tokens: int = 0
    saved_nusd: int = 0


class CacheRuntime:
    """One gateway process's caches; each process has its own. stop() ends the calls that it owns."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.exact = EntryStore(0, 0)
        self.flights = Flights()
        self.counts = CacheCounts()
        self.semantic: SemanticMemory | None = None

    def describe(self) -> dict[str, Any]:
        """For /health."""
        exact = {"entries": len(self.exact), "bytes": self.exact.size_bytes, "evicted": self.exact.evicted}
        described: dict[str, Any] = {
            "exact": exact,
            "in_flight": len(self.flights),
            **msgspec.structs.asdict(self.counts),
        }
        if self.semantic is not None:
            described["semantic"] = self.semantic.describe()
        return described

    async def start(self) -> None:
        """Nothing to do: the embedder is loaded when first asked."""

    async def stop(self) -> None:
        """End what still runs."""
        self.flights.close()
        if self.semantic is not None:
            self.semantic.close()
