"""The documents of /api/slos. Percentages are of 100; an error budget that is overspent is below 0."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from pydantic import BaseModel, Field

from lrcp.api.slos.statuses import Found
from lrcp.api.timerange import NS, iso_time
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.model.slo import Slo, SloTarget
from lrcp.monitors.slo.budget import burn_rate_of, remaining_percent
from lrcp.monitors.slo.history import SloStatus, state_of
from lrcp.monitors.slo.measure import Course, Part, SloHistory

NO_STATE: Final = "error"
_WORST_FIRST: Final = ("breached", "warning", NO_STATE, "no_data", "ok", "")


class SloTargetDocument(BaseModel):
    """One timeframe with its target, and what the SLO is at now."""

    timeframe: str = Field(examples=["7d"])
    target_percent: float
    warning_percent: float | None
    sli_percent: float | None = Field(description="null: nothing happened")
    remaining_percent: float | None = Field(description="Of the error budget; below 0: overspent")
    burn_rate: float | None = Field(description="Over the whole timeframe; 1 spends exactly the budget")
    state: str = Field(description="ok, warning, breached, no_data, error")


class SloHead(BaseModel):
    """One SLO in a list."""

    id: str
    name: str
    type: str = Field(description="metric, monitor, time_slice")
    description: str
    tags: list[str]
    state: str = Field(description="The worst of its timeframes")
    error: str = Field(description="Why it cannot be evaluated; empty: it can")
    targets: list[SloTargetDocument]


class SloList(BaseModel):
    """The most worrying first, then by name."""

    slos: list[SloHead]


class SloPart(BaseModel):
    """The whole, a group, or a monitor, over the period."""

    name: str = Field(description="Of the group, or the monitor's id; empty: the whole")
    good: float = Field(description="Events, or seconds")
    valid: float
    sli_percent: float | None
    remaining_percent: float | None
    state: str


class SloColumns(BaseModel):
    """Arrays of one length: buckets of step_s from times_s on."""

    times_s: list[int]
    good: list[float] = Field(description="Events, or seconds")
    valid: list[float]
    sli_percent: list[float | None]
    remaining_percent: list[float | None] = Field(description="Of the budget, if the period so far were the timeframe")
    burn_rate: list[float]


class SloPeriod(BaseModel):
    """A stretch of time."""

    start: str
    end: str


class SloHistoryDocument(BaseModel):
    """An SLO over a period, against the target of a timeframe."""

    start: str
    end: str
    timeframe: str
    target_percent: float
    step_s: int
    overall: SloPart
    groups: list[SloPart]
    monitors: list[SloPart]
    columns: SloColumns
    corrected: list[SloPeriod] = Field(description="Time that does not count")
    cut: int = Field(description="Groups that were left out")


class SloDetail(BaseModel):
    """One SLO: its definition in Datadog's JSON, its corrections, monitors that it has to do with, and its history."""

    slo: SloHead
    definition: dict[str, object]
    corrections: list[dict[str, object]]
    monitors: dict[str, str] = Field(description="Names by id of the monitors that it is made of")
    alerts: dict[str, str] = Field(description="Names by id of the monitors that watch it")
    history: SloHistoryDocument


def render_slos(found: Sequence[tuple[Resource, Found]]) -> SloList:
    """The list."""
    heads = [render_head(resource, statuses) for resource, statuses in found]
    return SloList(slos=sorted(heads, key=lambda one: (_WORST_FIRST.index(one.state), one.name.lower(), one.id)))


def render_head(resource: Resource, statuses: Found) -> SloHead:
    """A definition with what it is at."""
    document = resource.document
    thresholds = document.get("thresholds") or []
    targets = [_target(one, statuses.get(str(one.get("timeframe")))) for one in thresholds]
    errors = [str(one) for one in statuses.values() if isinstance(one, InputError)]
    states = [one.state for one in targets] + [NO_STATE] * bool(errors)
    return SloHead(
        id=resource.id,
        name=str(document.get("name") or ""),
        type=str(document.get("type") or ""),
        description=str(document.get("description") or ""),
        tags=list(document.get("tags") or []),
        state=min(states, key=_WORST_FIRST.index, default=""),
        error=errors[0] if errors else "",
        targets=targets,
    )


def _target(given: Mapping[str, Any], status: SloStatus | InputError | None) -> SloTargetDocument:
    known = status if isinstance(status, SloStatus) else None
    has_data = known is not None and known.sli is not None
    return SloTargetDocument(
        timeframe=str(given.get("timeframe")),
        target_percent=given["target"],
        warning_percent=given.get("warning"),
        sli_percent=_percent(known.sli) if known else None,
        remaining_percent=_rounded(known.remaining_percent) if known and has_data else None,
        burn_rate=_rounded(known.burn_rate) if known and has_data else None,
        state=known.state if known else NO_STATE if status else "",
    )


def render_history(slo: Slo, target: SloTarget, found: SloHistory) -> SloHistoryDocument:
    """A history against one of the SLO's targets."""
    course = found.course or found.uptime or Course(0, (), (), ())
    return SloHistoryDocument(
        start=iso_time(found.from_s * NS),
        end=iso_time(found.to_s * NS),
        timeframe=target.timeframe,
        target_percent=target.target,
        step_s=course.step_s,
        overall=_part(found.overall, target),
        groups=[_part(one, target) for one in found.groups[:MAX_PARTS]],
        monitors=[_part(one, target) for one in found.monitors],
        columns=_columns(course, target.target / 100),
        corrected=[SloPeriod(start=iso_time(a * NS), end=iso_time(b * NS)) for a, b in found.corrected],
        cut=found.cut + max(0, len(found.groups) - MAX_PARTS),
    )


MAX_PARTS: Final = 1_000


def _part(part: Part, target: SloTarget) -> SloPart:
    sli, ratio = part.sli, target.target / 100
    return SloPart(
        name=part.name,
        good=part.good,
        valid=part.valid,
        sli_percent=_percent(sli),
        remaining_percent=None if sli is None else _rounded(remaining_percent(sli, ratio)),
        state=state_of(sli, ratio, target.warning),
    )


def _columns(course: Course, ratio: float) -> SloColumns:
    """Buckets as they are, and the budget as it was left after each."""
    slis = [_ratio(*one) for one in zip(course.good, course.valid, strict=True)]
    so_far = [_ratio(*one) for one in zip(accumulate(course.good), accumulate(course.valid), strict=True)]
    return SloColumns(
        times_s=list(course.times_s),
        good=list(course.good),
        valid=list(course.valid),
        sli_percent=[_percent(one) for one in slis],
        remaining_percent=[None if one is None else _rounded(remaining_percent(one, ratio)) for one in so_far],
        burn_rate=[_rounded(burn_rate_of(one, ratio)) for one in slis],
    )


def _ratio(good: float, valid: float) -> float | None:
    return good / valid if valid > 0 else None


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else _rounded(ratio * 100)


def _rounded(value: float) -> float:
    """Without the noise of binary fractions."""
    return round(value, 6)
