"""Series written by hand: `0x30 5x12 _x3 1+1x10` as in promtool, and what it lacks.

| piece | points |
|---|---|
| `5`, `-1.5`, `1e3` | one |
| `_` | none, for one interval |
| `5xN` | N + 1 of 5, as in promtool: 5, and N further ones |
| `1+2xN`, `9-1xN` | N + 1, each larger or smaller by that much |
| `_xN` | none, for N intervals, as in promtool |
| `5*N` | exactly N of 5 |
| `[1 2 9*3]` | several values at one time, of a distribution: 1, 2 and three times 9 |
| `5~0.5` | around 5, with a standard deviation of 0.5; the same each time, as its place in the text seeds it |
| `wave(10 3 1d)` | a sine around 10, 3 up and down, with a period of a day |
| `( ... )*N` | the pieces within, N times |

N is a number, or with `*` also a duration such as `10m` or `1h30m`: as many as fit at the series' interval.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.errors import QueryError
from lrcp.query.scan.grid import Array

MAX_POINTS: Final = 2_000_000
MAX_CHARS: Final = 100_000
MAX_DEPTH: Final = 8

_NUMBER: Final = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_TOKEN: Final = re.compile(
    rf"""\s*(?:(?P<step>{_NUMBER}[+-](?:\d+(?:\.\d*)?|\.\d+)x\d{{1,7}}(?![\w.]))
    |(?P<run>(?:{_NUMBER}|_)x\d{{1,7}}(?![\w.]))
    |(?P<noise>{_NUMBER}~(?:\d+(?:\.\d*)?|\.\d+))
    |(?P<wave>wave\([^()]*\))
    |(?P<values>\[[^\]]*\])
    |(?P<number>{_NUMBER}(?![\w.]))
    |(?P<gap>_(?!\w))
    |(?P<sign>[()])
    |(?P<bad>\S))
    (?P<times>\*(?:(?P<span>(?:\d{{1,7}}[smhdw])+)|(?P<count>\d{{1,7}}))(?!\w))?""",
    re.X,
)
_SPAN: Final = re.compile(r"(\d+)([smhdw])")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EXPECTED: Final = ("a number", "_", "5x10", "5*10", "1+1x10", "[1 2]", "(")


@dataclass(slots=True)
class NotedPoints:
    """Points by their place: places int64[n], in intervals from the start; values float64[n]; weights float64[n], how
    often each value was seen. length: intervals that were written, gaps too."""

    places: NDArray[np.int64]
    values: Array
    weights: Array
    length: int


def parse_notation(text: str, interval_s: int) -> NotedPoints:
    """The points of a series. Raises: QueryError - the text cannot be read, or has more than MAX_POINTS."""
    if len(text) > MAX_CHARS:
        raise QueryError(f"a series has {len(text)} characters, at most {MAX_CHARS} are taken")
    return _Reader(text, interval_s).read()


@dataclass(slots=True)
class _Run:
    """Pieces that are read, in columns."""

    places: list[Array] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    weights: list[Array] = field(default_factory=list)
    length: int = 0

    @property
    def points(self) -> int:
        return sum(len(one) for one in self.values)

    def add(self, values: Array) -> None:
        """One value an interval; NaN is a gap."""
        there = ~np.isnan(values)
        self.places.append(self.length + np.flatnonzero(there).astype(np.float64))
        self.values.append(values[there])
        self.weights.append(np.ones(int(there.sum())))
        self.length += len(values)

    def repeat(self, run: "_Run", times: int) -> None:
        """All of another run, so many times."""
        if not run.values:
            self.length += run.length * times
            return
        places, values, weights = (np.concatenate(column) for column in (run.places, run.values, run.weights))
        for _ in range(times if run.length or run.points else 0):
            self.places.append(self.length + places)
            self.values.append(values)
            self.weights.append(weights)
            self.length += run.length


class _Reader:
    def __init__(self, text: str, interval_s: int) -> None:
        self._text = text
        self._interval_s = interval_s
        self._runs = [_Run()]
        self._opened: list[int] = []
        self._places = 0

    def read(self) -> NotedPoints:
        for match in _TOKEN.finditer(self._text):
            self._take(next(name for name in _READ if match[name] is not None), match)
        if self._opened:
            raise self._error("the ( is not closed", self._opened[-1], (")",))
        run = self._runs[0]
        if not run.values:
            return NotedPoints(np.empty(0, np.int64), np.empty(0), np.empty(0), run.length)
        places, values, weights = (np.concatenate(column) for column in (run.places, run.values, run.weights))
        return NotedPoints(places.astype(np.int64), values, weights, run.length)

    def _take(self, kind: str, match: "re.Match[str]") -> None:
        word, place = match[kind], match.start(kind)
        if kind == "bad":
            raise self._error(f"{word!r} is not expected there", place, _EXPECTED)
        if kind == "sign":
            self._take_sign(word, match)
            return
        if kind in ("step", "run") and match["times"]:
            raise self._error("x and * do not go together", match.start("times"))
        times = self._times(match)
        self._reserve(times, place)
        _READ[kind](self, word, times, place)
        self._reserve(0, place)

    def _take_sign(self, word: str, match: "re.Match[str]") -> None:
        place = match.start("sign")
        if word == "(":
            if len(self._opened) >= MAX_DEPTH:
                raise self._error(f"parentheses are nested deeper than {MAX_DEPTH}", place)
            self._opened.append(place)
            self._runs.append(_Run())
            return
        if not self._opened:
            raise self._error("the ) closes nothing", place)
        self._opened.pop()
        run, times = self._runs.pop(), self._times(match)
        self._reserve(max(run.points, run.length) * times, place)
        self._runs[-1].repeat(run, times)

    def _times(self, match: "re.Match[str]") -> int:
        if match["times"] is None:
            return 1
        if match["count"]:
            return int(match["count"])
        seconds = sum(int(amount) * _UNIT_S[unit] for amount, unit in _SPAN.findall(match["span"]))
        times = seconds / self._interval_s
        if times != int(times):
            raise self._error(
                f"{match['times'][1:]} is not a whole number of intervals of {self._interval_s} s", match.start("times")
            )
        return int(times)

    def _reserve(self, more: int, place: int) -> None:
        if sum(max(run.points, run.length) for run in self._runs) + more > MAX_POINTS:
            raise self._error(f"a series has at most {MAX_POINTS} points", place)

    def _error(self, reason: str, place: int, expected: tuple[str, ...] = ()) -> QueryError:
        return QueryError(reason, self._text, place, expected)

    def _read_number(self, word: str, times: int, place: int) -> None:
        self._runs[-1].add(np.full(times, float(word)))

    def _read_gap(self, word: str, times: int, place: int) -> None:
        self._runs[-1].length += times

    def _read_run(self, word: str, times: int, place: int) -> None:
        value, _, count = word.rpartition("x")
        self._reserve(int(count), place)
        if value == "_":
            self._runs[-1].length += int(count)
        else:
            self._runs[-1].add(np.full(int(count) + 1, float(value)))

    def _read_step(self, word: str, times: int, place: int) -> None:
        values, _, count = word.rpartition("x")
        self._reserve(int(count), place)
        cut = max(values.rfind("+"), values.rfind("-"))
        first, step = float(values[:cut]), float(values[cut:])
        self._runs[-1].add(first + step * np.arange(int(count) + 1, dtype=np.float64))

    def _read_noise(self, word: str, times: int, place: int) -> None:
        mean, deviation = word.split("~")
        self._runs[-1].add(np.random.default_rng(place).normal(float(mean), float(deviation), times))

    def _read_wave(self, word: str, times: int, place: int) -> None:
        found = re.fullmatch(rf"wave\(\s*({_NUMBER})[\s,]+({_NUMBER})[\s,]+(\d+)(s|m|h|d|w)\s*\)", word)
        if found is None or int(found[3]) == 0:
            raise self._error("a wave has a middle, a height and a period", place, ("wave(10 3 1d)",))
        period = int(found[3]) * _UNIT_S[found[4]] / self._interval_s
        places = self._runs[-1].length + np.arange(times)
        self._runs[-1].add(float(found[1]) + float(found[2]) * np.sin(places * 2 * math.pi / period))

    def _read_values(self, word: str, times: int, place: int) -> None:
        run = _Run()
        for piece in word[1:-1].replace(",", " ").split():
            found = re.fullmatch(rf"({_NUMBER})(?:\*(\d{{1,9}}))?", piece)
            if found is None:
                raise self._error(f"{piece!r} in brackets is not a value", place, ("1", "9*3"))
            run.places.append(np.zeros(1))
            run.values.append(np.array([float(found[1])]))
            run.weights.append(np.array([float(found[2] or 1)]))
        run.length = 1
        self._reserve(max(1, run.points) * times, place)
        self._runs[-1].repeat(run, times)


_READ: Final = {
    "step": _Reader._read_step,
    "run": _Reader._read_run,
    "noise": _Reader._read_noise,
    "wave": _Reader._read_wave,
    "values": _Reader._read_values,
    "number": _Reader._read_number,
    "gap": _Reader._read_gap,
    "sign": _Reader._read_gap,  # taken before it is looked up
    "bad": _Reader._read_gap,
}
