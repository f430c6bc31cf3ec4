"""How well `anomalies(...)` finds what was put into series of the usual kinds, how often it cries wolf, and what it costs."""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lrcp.query.algorithms.anomalies import ALGORITHMS, AnomalySettings, bounds

Array = NDArray[np.float64]
Random = np.random.Generator

DAY = 1440
STEP_S = 60
START_S = 1_780_272_000  # a Monday, 00:00 UTC
WEEKS = 7
ALERT_POINTS = 15
THRESHOLD = 0.5
LENGTH = 45
"""Minutes that an injected anomaly lasts."""
SIZES = (3, 4, 6)
"""How far it lifts the series, in deviations of its noise."""
EVERY = 700
"""Minutes between two of them, which leaves the bands time to recover."""


def _hours(points: int) -> Array:
    return np.arange(points) / 60


def flat(random: Random, shape: tuple[int, int]) -> Array:
    """A level with normal noise."""
    noise = random.normal(0, 3, shape)
    return np.asarray(100 + noise)


def daily(random: Random, shape: tuple[int, int]) -> Array:
    """A hill each day."""
    return np.asarray(flat(random, shape) + 40 * np.sin(2 * np.pi * _hours(shape[1]) / 24))


def weekly(random: Random, shape: tuple[int, int]) -> Array:
    """A hill on working days, a lower one at the weekend."""
    weekend = (np.arange(shape[1]) // DAY) % 7 >= 5
    hill = np.maximum(np.sin(2 * np.pi * (_hours(shape[1]) - 6) / 24), 0)
    return np.asarray(40 + random.normal(0, 3, shape) + np.where(weekend, 20, 80) * hill)


def traffic(random: Random, shape: tuple[int, int]) -> Array:
    """Requests a minute: Poisson, by day a hundred, by night ten."""
    return random.poisson(55 + 45 * np.sin(2 * np.pi * _hours(shape[1]) / 24), shape).astype(float)


def latency(random: Random, shape: tuple[int, int]) -> Array:
    """p95 of a small service: skewed to the right, heavy at its tail."""
    return np.asarray(0.9 * random.lognormal(0, 0.25, shape))


def drift(random: Random, shape: tuple[int, int]) -> Array:
    """A level that wanders."""
    return flat(random, shape) + np.cumsum(random.normal(0, 0.1, shape), axis=1)


def gaps(random: Random, shape: tuple[int, int]) -> Array:
    """daily, with a third of the points missing."""
    return np.where(random.random(shape) < 1 / 3, np.nan, daily(random, shape))


KINDS: dict[str, tuple[Callable[[Random, tuple[int, int]], Array], str]] = {
    "flat": (flat, "daily"),
    "daily": (daily, "daily"),
    "weekly": (weekly, "weekly"),
    "traffic": (traffic, "daily"),
    "latency": (latency, "daily"),
    "drift": (drift, "daily"),
    "gaps": (gaps, "daily"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """outside: share of undisturbed points outside. false_alerts: a series and week. found: share of what was injected that
    alerted, of each of SIZES; precision: alerts that met an anomaly, delay_min: median minutes until it did, of the largest."""

    outside: float
    false_alerts: float
    found_3: float
    found_4: float
    found_6: float
    precision: float
    delay_min: float


def _alerts(values: Array, settings: AnomalySettings) -> tuple[float, NDArray[np.bool_]]:
    """(share of points outside, bool[n, points] whether a monitor would be in ALERT), over the last week."""
    low, high = bounds(values, settings, step_s=STEP_S, start_s=START_S)
    judged = ~(np.isnan(values) | np.isnan(low))
    out = ((values > high) | (values < low)) & judged
    count = sliding_window_view(judged, ALERT_POINTS, axis=1).sum(axis=2)
    share = sliding_window_view(out, ALERT_POINTS, axis=1).sum(axis=2) / np.maximum(count, 1)
    week = slice(-7 * DAY, None)
    return float(out[:, week].sum() / max(judged[:, week].sum(), 1)), (share >= THRESHOLD)[:, week]


@dataclass(frozen=True, slots=True)
class _Hits:
    found: float
    precision: float
    delay_min: float


def _beginnings(alert: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return alert & ~np.roll(alert, 1, axis=1)


def measure(kind: str, algorithm: str, *, deviations: float, series: int, seed: int) -> Score:
    """Seven weeks of series; what is measured is the last one, once as it is and once with anomalies every EVERY minutes."""
    make, season = KINDS[kind]
    settings = AnomalySettings(algorithm, deviations, season)
    values = make(np.random.default_rng(seed), (series, WEEKS * 7 * DAY))
    outside, quiet = _alerts(values, settings)
    hits = [_disturb(values, settings, size) for size in SIZES]
    false = float(_beginnings(quiet).sum() / series)
    small, middle, large = hits
    return Score(outside, false, small.found, middle.found, large.found, large.precision, large.delay_min)


def _disturb(values: Array, settings: AnomalySettings, size: float) -> _Hits:
    starts = np.arange(300, 7 * DAY - LENGTH - 60, EVERY)
    lift = size * np.nanstd(np.diff(values[:, -DAY:], axis=1)) / np.sqrt(2)
    disturbed = values.copy()
    for at in (starts - 7 * DAY).tolist():
        disturbed[:, at : at + LENGTH] += lift
    _, alert = _alerts(disturbed, settings)
    hit = np.array([alert[:, at : at + LENGTH + ALERT_POINTS] for at in starts])
    delays = hit.argmax(axis=2)[hit.any(axis=2)]
    near = np.zeros(alert.shape[1], dtype=bool)
    for at in starts.tolist():
        near[at : at + LENGTH + ALERT_POINTS] = True
    begun = _beginnings(alert)
    precision = int(begun[:, near].sum()) / max(int(begun.sum()), 1)
    return _Hits(float(hit.any(axis=2).mean()), precision, float(np.median(delays)) if delays.size else np.nan)


def speed(algorithm: str) -> float:
    """Processor seconds for the bands of 100 series over two weeks at 60 s."""
    values = daily(np.random.default_rng(1), (100, 14 * DAY))
    began = time.process_time()
    bounds(values, AnomalySettings(algorithm, 3.0, "daily"), step_s=STEP_S, start_s=START_S)
    return time.process_time() - began


def main() -> None:
    """Print the two tables of README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--deviations", type=float, default=3.0)
    given = parser.parse_args()
    print("| series | algorithm | points outside | false alerts a week | found: 3 | 4 | 6 | precision | minutes |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in KINDS:
        for algorithm in ALGORITHMS:
            scores = [
                measure(kind, algorithm, deviations=given.deviations, series=given.series, seed=seed)
                for seed in range(given.seeds)
            ]
            mean = {name: float(np.mean([getattr(score, name) for score in scores])) for name in Score.__slots__}
            print(
                f"| {kind} | {algorithm} | {mean['outside']:.2%} | {mean['false_alerts']:.2f} | {mean['found_3']:.1%} "
                f"| {mean['found_4']:.1%} | {mean['found_6']:.1%} "
                f"| {mean['precision']:.1%} | {mean['delay_min']:.0f} |"
            )
    print("\n| algorithm | 100 series, two weeks at 60 s |\n|---|---|")
    for algorithm in ALGORITHMS:
        print(f"| {algorithm} | {min(speed(algorithm) for _ in range(3)):.2f} s |")


if __name__ == "__main__":
    main()
