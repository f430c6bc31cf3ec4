"""What this API needs to know of SLOs beyond their documents: how they fared. Fulfilled over the telemetry store."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from lrcp.model.resource import Resource


class SloIndicator(msgspec.Struct, frozen=True, kw_only=True):
    """How one part of an SLO fared: the whole, a group, or a monitor.

    sli_percent: 0 to 100, None without data. budget_percent: what is left of each timeframe's error budget, may be
    negative. changes: (Unix seconds, 1 up or 0 down), in order; only of monitor and time-slice SLOs.
    error: (kind, sentence) where there is no indicator, e.g. ("ZERO_VALUED_DENOMINATOR", ...).
    """

    name: str
    sli_percent: float | None
    group: str = ""
    monitor_type: str = ""
    monitor_modified_s: int | None = None
    budget_percent: dict[str, float] = {}
    changes: tuple[tuple[int, int], ...] = ()
    error: tuple[str, str] | None = None


class SloSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a metric SLO by time. times_s: starts of buckets of interval_s; the others are as long."""

    interval_s: int
    times_s: tuple[int, ...]
    good: tuple[float, ...]
    valid: tuple[float, ...]


class SloHistory(msgspec.Struct, frozen=True, kw_only=True):
    """How an SLO fared in a period; groups is empty without groups, series is None except for metric SLOs."""

    overall: SloIndicator
    groups: tuple[SloIndicator, ...] = ()
    monitors: tuple[SloIndicator, ...] = ()
    series: SloSeries | None = None


class SloReader(Protocol):
    """Reads indicators from what is stored."""

    async def history(
        self, slo: Resource, from_s: int, to_s: int, *, target: float | None, corrections: Sequence[Resource]
    ) -> SloHistory:
        """One SLO in [from_s, to_s). target: percent that replaces those of the thresholds, as timeframe `custom`.

        Raises: InputError - the definition cannot be evaluated; UnavailableError - the store is away.
        """
