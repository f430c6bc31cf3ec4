"""The functions of metric expressions: what each takes, and whether monitors may use it. Source: DATADOG.md 3.2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument. kind: series, number, text, window, interval, calendar, timezone, or choice of `words` (lower case).

    optional: may be left out, with all behind it. low: the least number.
    """

    name: str
    kind: str
    words: frozenset[str] = frozenset()
    optional: bool = False
    low: float | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """parameters: in their order. keywords: of `name=value`. in_monitors: whether Datadog lets monitors use it."""

    name: str
    parameters: tuple[Parameter, ...]
    keywords: Mapping[str, Parameter]
    in_monitors: bool = True

    @property
    def required(self) -> int:
        """How many arguments there must be at least."""
        return sum(not one.optional for one in self.parameters)


_SERIES = Parameter("query", "series")
_REDUCERS = frozenset({"mean", "min", "max", "last", "sum", "area", "l2norm"})
_RANKS = (5, 10, 15, 20)
_SEASONS = frozenset({"hourly", "daily", "weekly"})


def _choice(name: str, *words: str, optional: bool = False) -> Parameter:
    return Parameter(name, "choice", frozenset(words), optional)


def _number(name: str, *, low: float | None = None, optional: bool = False) -> Parameter:
    return Parameter(name, "number", optional=optional, low=low)


def _keywords(*parameters: Parameter) -> dict[str, Parameter]:
    return {one.name: one for one in parameters}


_PLAIN = (
    "abs", "floor", "log2", "log10", "integral", "per_second", "per_minute", "per_hour", "dt", "diff", "derivative",
    "monotonic_diff", "throughput", "count_nonzero", "count_not_null", "exclude_null", "default_zero", "ewma_3",
    "ewma_5", "ewma_7", "ewma_10", "ewma_20", "median_3", "median_5", "median_7", "median_9", "robust_trend",
    "trend_line", "piecewise_constant", "hour_before", "day_before", "week_before", "month_before",
)  # fmt: skip

_ANOMALIES = _keywords(
    _choice("direction", "above", "below", "both"),
    Parameter("alert_window", "window"),
    Parameter("interval", "interval"),
    _choice("count_default_zero", "true", "false"),
    _choice("seasonality", *_SEASONS),
    Parameter("timezone", "timezone"),
)
_FORECAST = _keywords(
    Parameter("interval", "interval"),
    Parameter("history", "text"),
    _choice("model", "default", "simple", "reactive"),
    _choice("seasonality", *_SEASONS),
    Parameter("timezone", "timezone"),
)


def _functions() -> tuple[Function, ...]:
    top = (
        _SERIES,
        _number("limit", low=1),
        _choice("by", *_REDUCERS, optional=True),
        _choice("order", "asc", "desc", optional=True),
    )
    limit = (_SERIES, _number("limit"))
    algorithm = _choice("algorithm", "dbscan", "mad", "scaleddbscan", "scaledmad")
    return (
        *(Function(name, (_SERIES,), {}) for name in _PLAIN),
        Function("cumsum", (_SERIES,), {}, in_monitors=False),
        Function("autosmooth", (_SERIES,), {}, in_monitors=False),
        *(Function(name, limit, {}) for name in ("clamp_min", "clamp_max", "cutoff_min", "cutoff_max")),
        Function("default", (_SERIES, _number("value")), {}),
        Function("fill", (_SERIES, FILL, _number("limit", low=0, optional=True)), {}),
        Function("top", top, {}),
        Function("bottom", top[:3], {}),
        *(Function(f"{end}{count}_{by}", (_SERIES,), {}) for end in ("top", "bottom") for count in _RANKS for by in sorted(_REDUCERS)),
        Function("top_offset", (*top, _number("offset", low=0, optional=True)), {}),
        Function("moving_rollup", (_SERIES, _number("seconds", low=1), _aggregator("aggregator", optional=True)), {}),
        Function("timeshift", (_SERIES, _number("seconds")), {}),
        Function("calendar_shift", (_SERIES, Parameter("shift", "calendar"), Parameter("timezone", "timezone", optional=True)), {}),
        Function("anomalies", (_SERIES, _choice("algorithm", "basic", "agile", "robust"), _number("deviations", low=1)), _ANOMALIES),
        Function("outliers", (_SERIES, algorithm, _number("tolerance", low=0), _number("percent", low=0, optional=True)), {}),
        Function("forecast", (_SERIES, _choice("algorithm", "linear", "seasonal"), _number("deviations", low=1)), _FORECAST),
    )  # fmt: skip


def _aggregator(name: str, *, optional: bool = False) -> Parameter:
    return _choice(name, "avg", "sum", "min", "max", "count", optional=optional)


FILL: Final = _choice("method", "linear", "last", "zero", "null")
FUNCTIONS: Final[Mapping[str, Function]] = {one.name: one for one in _functions()}
"""By name."""

ALGORITHMS: Final = frozenset({"anomalies", "outliers", "forecast"})
NOT_IN_FORECAST: Final = frozenset(
    {"anomalies", "cumsum", "integral", "outliers", "piecewise_constant", "robust_trend", "trend_line"}
)

ROLLUP_METHODS: Final = _aggregator("method").words
CALENDAR_PERIODS: Final = frozenset({"hourly", "daily", "weekly", "monthly", "yearly"})
"""What may stand in place of a rollup's seconds."""
MAX_FILL_S: Final = 3600

WORDS: Final = frozenset().union(*(one.words for f in FUNCTIONS.values() for one in f.parameters))
"""Bare words that are arguments; in a formula any other bare word is a query's name."""
