"""The statuses of all SLOs: read together, kept for some seconds, so that several open pages cost one reading."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.model.slo import Slo
from lrcp.monitors.slo.history import SloReader, SloStatus
from lrcp.monitors.slo.stored import CORRECTION, SLO, slo_of
from lrcp.store.state.resources import ResourceStore

KEPT_S: Final = 10
"""Points are kept in buckets of this length: within it nothing new can be said."""
MAX_SLOS: Final = 500
"""Beyond, SLOs are listed without what they are at."""

Found = Mapping[str, SloStatus | InputError]
"""By timeframe."""


class StatusBoard:
    """What each SLO is at over each of its timeframes, by id. One reading at a time."""

    def __init__(self, resources: ResourceStore, reader: SloReader, clock: Clock) -> None:
        self._resources = resources
        self._reader = reader
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_s = -KEPT_S
        self._kept: list[tuple[Resource, Found]] = []

    async def read(self) -> list[tuple[Resource, Found]]:
        """All SLOs. Raises: UnavailableError, BusyError."""
        async with self._lock:
            now_s = self._clock.now_ns() // 10**9
            if not 0 <= now_s - self._read_s < KEPT_S:
                self._kept = await self._read(now_s)
                self._read_s = now_s
            return self._kept

    async def _read(self, now_s: int) -> list[tuple[Resource, Found]]:
        resources, slos = await asyncio.to_thread(_load, self._resources)
        wanted = [(slo, one.timeframe) for slo in slos.values() if isinstance(slo, Slo) for one in slo.targets]
        statuses = await self._reader.statuses(wanted, now_s)
        found: dict[str, dict[str, SloStatus | InputError]] = {
            id: {"": slo} for id, slo in slos.items() if isinstance(slo, InputError)
        }
        for (slo, timeframe), status in zip(wanted, statuses, strict=True):
            found.setdefault(slo.id, {})[timeframe] = status
        return [(one, found.get(one.id, {})) for one in resources]


def _load(resources: ResourceStore) -> tuple[list[Resource], dict[str, Slo | InputError]]:
    """The documents, and the definitions of the first of them by id. Blocks."""
    corrections = [one.document for one in resources.find_all(CORRECTION)]
    documents = resources.find_all(SLO)
    slos: dict[str, Slo | InputError] = {}
    for one in documents[:MAX_SLOS]:
        try:
            slos[one.id] = slo_of(one, corrections)
        except InputError as error:
            slos[one.id] = error
        except msgspec.ValidationError as error:
            slos[one.id] = InputError(str(error))
    return documents, slos
