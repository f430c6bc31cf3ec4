"""How SLOs fare: history over any period, and status over a timeframe, read from a Source."""

import asyncio
from dataclasses import dataclass

from lrcp.model.slo import DAYS, Slo
from lrcp.monitors.evaluate.observer import Answers
from lrcp.monitors.slo.budget import burn_rate_of, remaining_percent
from lrcp.monitors.slo.measure import Measure, SloHistory, measure_of
from lrcp.monitors.slo.past import PastStates
from lrcp.query.scan.scans import Scan
from lrcp.query.scan.source import Source

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class SloStatus:
    """An SLO over its timeframe. sli: ratio, None without data. target: ratio. remaining_percent: of the error budget,
    below 0 when the objective is missed. burn_rate: over the whole timeframe. state: ok, warning, breached, no_data."""

    timeframe: str
    sli: float | None
    target: float
    remaining_percent: float
    burn_rate: float
    state: str


class SloReader:
    """Over a source of telemetry, and the past of monitors (None: monitor SLOs cannot be read)."""

    def __init__(self, source: Source, past: PastStates | None = None) -> None:
        self._source = source
        self._past = past

    async def history(self, slo: Slo, from_s: int, to_s: int) -> SloHistory:
        """An SLO in [from_s, to_s), narrowed to whole steps of what it measures.

        Raises: InputError - a definition or a period that cannot be evaluated; UnavailableError, BusyError.
        """
        measure = measure_of(slo, self._past)
        from_s, to_s = aligned(measure, from_s, to_s)
        answers = await self._fetch(measure.history_scans(from_s, to_s))
        # On a thread: monitor SLOs read the state database.
        return await asyncio.to_thread(measure.history, from_s, to_s, answers)

    async def status(self, slo: Slo, now_s: int, timeframe: str = "") -> SloStatus:
        """An SLO over the timeframe that ends now; '': its own. Raises: as history."""
        frame = timeframe or slo.timeframe
        target = slo.target_of(frame) or slo.targets[0]
        measure = measure_of(slo, self._past)
        from_s, to_s = aligned(measure, now_s - DAYS.get(frame, 7) * _DAY_S, now_s)
        answers = await self._fetch(measure.scans(from_s, to_s))
        good, valid = await asyncio.to_thread(measure.ratio, from_s, to_s, answers)
        sli = good / valid if valid > 0 else None
        ratio = target.target / 100
        left = 100.0 if sli is None else remaining_percent(sli, ratio)
        return SloStatus(frame, sli, ratio, left, burn_rate_of(sli, ratio), state_of(sli, ratio, target.warning))

    async def _fetch(self, scans: frozenset[Scan]) -> Answers:
        return await self._source.fetch(scans) if scans else {}


def aligned(measure: Measure, from_s: int, to_s: int) -> tuple[int, int]:
    """The whole steps within a period."""
    return -(-from_s // measure.step_s) * measure.step_s, to_s // measure.step_s * measure.step_s


def state_of(sli: float | None, target: float, warning_percent: float | None) -> str:
    """ok, warning, breached or no_data."""
    if sli is None:
        return "no_data"
    if sli < target:
        return "breached"
    return "warning" if warning_percent is not None and sli < warning_percent / 100 else "ok"
