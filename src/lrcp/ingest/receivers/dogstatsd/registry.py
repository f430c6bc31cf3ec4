"""Which series there are, within a bound."""

from collections.abc import Callable
from functools import partial
from typing import Final

from lrcp.ingest.receivers.dogstatsd.metric_line import MetricLine
from lrcp.ingest.receivers.dogstatsd.series import (
    CountSeries,
    DistributionSeries,
    GaugeSeries,
    HistogramSeries,
    SetSeries,
    ValueSeries,
    Window,
)
from lrcp.model.metric import BUCKET_S
from lrcp.model.metric_name import normalize_metric_name
from lrcp.model.tags import normalize_tag

Key = tuple[str, str, tuple[str, ...]]
"""(kind, metric, tags)."""

AnySeries = ValueSeries | SetSeries

_MAKERS: Final[dict[str, Callable[[str, tuple[str, ...], Window], AnySeries]]] = {
    "count": CountSeries,
    "gauge": GaugeSeries,
    "set": SetSeries,
    "distribution": DistributionSeries,
    "histogram": HistogramSeries,
    "timer": partial(HistogramSeries, unit="millisecond"),
}


def series_key(metric: MetricLine, default_host: str) -> Key | None:
    """What makes a series of a line: kind, stored name, stored tags with the host's. None: nothing is left of the name."""
    name = normalize_metric_name(metric.name)
    if not name:
        return None
    host = default_host if metric.host is None else metric.host
    host_tag = normalize_tag(f"host:{host}") if host else ""
    tags = tuple(sorted({*metric.tags, host_tag})) if host_tag else metric.tags
    return metric.kind, name, tags


class Registry:
    """The series of a server. max_series bounds them; host is the host of series that name none ('': none)."""

    def __init__(self, window: Window, *, max_series: int, host: str) -> None:
        self._window = window
        self._max_series = max_series
        self._host = host
        self._series: dict[Key, AnySeries] = {}
        self._room_made_s = 0

    def find(self, metric: MetricLine) -> AnySeries | None:
        """The series of a line, made when it is new. None: there is no room, or its name has no letter."""
        key = series_key(metric, self._host)
        if key is None:
            return None
        series = self._series.get(key)
        if series is None and len(self._series) < self._max_series:
            series = self._series[key] = _MAKERS[metric.kind](key[1], key[2], self._window)
        return series

    def is_full(self) -> bool:
        return len(self._series) >= self._max_series

    def make_room(self) -> bool:
        """Forget the series that were silent since the last bucket began; once per bucket. Returns: whether any was."""
        if self._room_made_s == self._window.bucket_s:
            return False
        self._room_made_s = self._window.bucket_s
        oldest_s = self._window.bucket_s - BUCKET_S
        waiting = {id(series) for series in (*self._window.parts, *self._window.wholes)}
        silent = [key for key, series in self._series.items() if series.seen_s < oldest_s and id(series) not in waiting]
        for key in silent:
            del self._series[key]
        return bool(silent)
