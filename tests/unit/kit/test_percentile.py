"""Percentiles of many durations in little memory."""

import random

import numpy as np
import pytest

from lrcp.kit.percentile import DurationHistogram


def test_percentiles_are_right_to_a_few_percent() -> None:
    chance = random.Random(7)
    durations = [chance.lognormvariate(-1.0, 0.8) for _ in range(20_000)]
    histogram = DurationHistogram(keep=1_000_000)
    for duration_s in durations:
        histogram.add(duration_s)
    for percent in (1.0, 50.0, 90.0, 95.0, 99.0):
        assert histogram.percentile_s(percent) == pytest.approx(float(np.percentile(durations, percent)), rel=0.03)


def test_an_empty_one_has_none_and_one_duration_is_every_percentile() -> None:
    histogram = DurationHistogram()
    assert histogram.percentile_s(95.0) == 0.0
    histogram.add(2.0)
    assert histogram.percentile_s(1.0) == histogram.percentile_s(99.0) == pytest.approx(2.0, rel=0.03)


def test_the_old_is_forgotten() -> None:
    histogram = DurationHistogram(keep=200)
    for _ in range(1000):
        histogram.add(10.0)
    for _ in range(1000):
        histogram.add(0.1)
    assert histogram.percentile_s(90.0) == pytest.approx(0.1, rel=0.03)
    assert len(histogram) <= 200


def test_durations_out_of_range_are_taken_as_its_ends() -> None:
    histogram = DurationHistogram()
    for duration_s in (-1.0, 0.0, 1e9):
        histogram.add(duration_s)
    assert histogram.percentile_s(50.0) < 2e-4
    assert 3000 < histogram.percentile_s(99.0) < 4000


def test_an_answer_is_at_most_sixteen_durations_old() -> None:
    histogram = DurationHistogram()
    for _ in range(20):
        histogram.add(0.1)
    assert histogram.percentile_s(50.0) == pytest.approx(0.1, rel=0.03)
    for _ in range(100):
        histogram.add(5.0)
    assert histogram.percentile_s(50.0) == pytest.approx(5.0, rel=0.03)
