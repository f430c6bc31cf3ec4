"""How SLOs fare: history over any period, and status over a timeframe, read from a Source."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lrcp.model.errors import InputError
from lrcp.model.slo import DAYS, Slo, SloTarget
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
        asked = _ask(slo, timeframe, now_s, self._past)
        return await asyncio.to_thread(_judge, asked, await self._fetch(asked.scans))

    async def statuses(self, wanted: Sequence[tuple[Slo, str]], now_s: int) -> list[SloStatus | InputError]:
        """Each SLO over a timeframe, as status, read together; the error of one that cannot be evaluated.

        Raises: UnavailableError, BusyError.
        """
        asked = [self._ask_or_error(slo, frame, now_s) for slo, frame in wanted]
        scans = frozenset[Scan]().union(*(one.scans for one in asked if isinstance(one, _Asked)))
        try:
            answers = await self._fetch(scans)
        except InputError:
            # A scan that the store refuses does not hide the other SLOs.
            return [await self._one_status(one) for one in asked]
        return await asyncio.to_thread(_judge_all, asked, answers)

    def _ask_or_error(self, slo: Slo, timeframe: str, now_s: int) -> "_Asked | InputError":
        try:
            return _ask(slo, timeframe, now_s, self._past)
        except InputError as error:
            return error

    async def _one_status(self, asked: "_Asked | InputError") -> SloStatus | InputError:
        if isinstance(asked, InputError):
            return asked
        try:
            return await asyncio.to_thread(_judge, asked, await self._fetch(asked.scans))
        except InputError as error:
            return error

    async def _fetch(self, scans: frozenset[Scan]) -> Answers:
        return await self._source.fetch(scans) if scans else {}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A status to be found: the measure over [from_s, to_s), and what it reads."""

    timeframe: str
    target: SloTarget
    measure: Measure
    from_s: int
    to_s: int
    scans: frozenset[Scan]


def _ask(slo: Slo, timeframe: str, now_s: int, past: PastStates | None) -> _Asked:
    frame = timeframe or slo.timeframe
    measure = measure_of(slo, past)
    from_s, to_s = aligned(measure, now_s - DAYS.get(frame, 7) * _DAY_S, now_s)
    target = slo.target_of(frame) or slo.targets[0]
    return _Asked(frame, target, measure, from_s, to_s, measure.scans(from_s, to_s))


def _judge(asked: _Asked, answers: Answers) -> SloStatus:
    good, valid = asked.measure.ratio(asked.from_s, asked.to_s, answers)
    sli = good / valid if valid > 0 else None
    ratio = asked.target.target / 100
    left = 100.0 if sli is None else remaining_percent(sli, ratio)
    state = state_of(sli, ratio, asked.target.warning)
    return SloStatus(asked.timeframe, sli, ratio, left, burn_rate_of(sli, ratio), state)


def _judge_all(asked: Sequence[_Asked | InputError], answers: Answers) -> list[SloStatus | InputError]:
    return [one if isinstance(one, InputError) else _judge_or_error(one, answers) for one in asked]


def _judge_or_error(asked: _Asked, answers: Answers) -> SloStatus | InputError:
    try:
        return _judge(asked, answers)
    except InputError as error:
        return error


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
