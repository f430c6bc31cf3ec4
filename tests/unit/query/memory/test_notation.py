"""Series written by hand."""

import numpy as np
import pytest

from lrcp.query.errors import QueryError
from lrcp.query.memory.notation import MAX_POINTS, parse_notation


def points(text: str, interval_s: int = 10) -> tuple[dict[int, list[float]], int]:
    noted = parse_notation(text, interval_s)
    found: dict[int, list[float]] = {}
    for place, value, weight in zip(noted.places.tolist(), noted.values.tolist(), noted.weights.tolist(), strict=True):
        found.setdefault(place, []).extend([value] * int(weight))
    return found, noted.length


SERIES = [
    ("", {}, 0),
    ("1 2 -3.5", {0: [1], 1: [2], 2: [-3.5]}, 3),
    ("1 _ 2", {0: [1], 2: [2]}, 3),
    ("0x2 5x1", {0: [0], 1: [0], 2: [0], 3: [5], 4: [5]}, 5),
    ("_x3 1", {3: [1]}, 4),
    ("1+1x2", {0: [1], 1: [2], 2: [3]}, 3),
    ("9-1.5x2", {0: [9], 1: [7.5], 2: [6]}, 3),
    ("-1-1x1", {0: [-1], 1: [-2]}, 2),
    ("1e2+1x1", {0: [100], 1: [101]}, 2),
    ("5*2 6*1", {0: [5], 1: [5], 2: [6]}, 3),
    ("5*30s _*1m 1", {0: [5], 1: [5], 2: [5], 9: [1]}, 10),
    ("[1 2 9*2]*2", {0: [1, 2, 9, 9], 1: [1, 2, 9, 9]}, 2),
    ("[] 1", {1: [1]}, 2),
    ("(1 _ [2 3])*2 4", {0: [1], 2: [2, 3], 3: [1], 5: [2, 3], 6: [4]}, 7),
    ("((1 2)*2 3)*2", {i: [v] for i, v in enumerate([1, 2, 1, 2, 3] * 2)}, 10),
    ("2*1m10s", {minute: [2] for minute in range(7)}, 7),
    ("(_)*3 1", {3: [1]}, 4),
]


@pytest.mark.parametrize(("text", "expected", "length"), SERIES)
def test_a_series_is_read(text: str, expected: dict[int, list[float]], length: int) -> None:
    assert points(text) == (expected, length)


def test_noise_is_the_same_each_time_and_of_the_size_that_is_written() -> None:
    first, again = (parse_notation("5~0.5*2000", 10).values for _ in range(2))
    assert np.array_equal(first, again)
    assert abs(first.mean() - 5) < 0.05
    assert abs(first.std() - 0.5) < 0.05
    assert not np.array_equal(first[:10], parse_notation("1 5~0.5*2000", 10).values[1:11])


def test_a_wave_goes_up_and_down_in_its_period() -> None:
    values = parse_notation("wave(10 3 1h)*2h", 300).values
    assert len(values) == 24
    assert values[:4].round(6).tolist() == [10.0, 11.5, 12.598076, 13.0]
    assert np.allclose(values[:12], values[12:])


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("1 x 2", "'x' is not expected", 2),
        ("1 5y3", "'5' is not expected", 2),
        ("(1 2", "is not closed", 0),
        ("1)", "closes nothing", 1),
        ("5*15s", "not a whole number of intervals of 10 s", 1),
        ("5x3*2", "do not go together", 3),
        ("[1 x]", "'x' in brackets", 0),
        ("wave(1 2)", "a middle, a height and a period", 0),
        ("(((((((((1)))))))))", "nested deeper", 8),
        (f"1*{MAX_POINTS + 1}", "at most", 0),
        ("(1*1000000)*1000000", "at most", 10),
        ("(_*1000000)*1000000", "at most", 10),
        ("[1 2 3]*1000000", "at most", 0),
        (f"_x{MAX_POINTS + 1}", "at most", 0),
    ],
)
def test_what_is_no_series_is_said_with_its_place(text: str, words: str, offset: int) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        parse_notation(text, 10)
    assert caught.value.offset == offset
