"""The nearest of the questions that were answered."""

import numpy as np

from lrcp.gateway.cache.embedding import unit_rows
from lrcp.gateway.cache.guard import traits_of
from lrcp.gateway.cache.index import Known, SemanticIndex
from lrcp.gateway.cache.store import Entry

TRAITS = traits_of("Why?")


def known(vector: list[float], partition: bytes = b"p") -> Known:
    return Known(partition, unit_rows(np.array([vector]))[0], TRAITS, Entry([], (b"x",), False, 0.0))


def test_the_nearest_come_first_and_only_from_the_threshold_on() -> None:
    index = SemanticIndex(100, 10**6)
    east, north_east, north = known([1, 0]), known([1, 1]), known([0, 1])
    for one in (north, east, north_east):
        index.add(one)
    found = index.nearest(b"p", east.vector, 0.5)
    assert [one for _, one in found] == [east, north_east]
    assert [round(similarity, 3) for similarity, _ in found] == [1.0, 0.707]


def test_questions_of_other_requests_are_never_found() -> None:
    index = SemanticIndex(100, 10**6)
    index.add(known([1, 0], b"p"))
    assert index.nearest(b"q", known([1, 0]).vector, 0.0) == []


def test_the_index_agrees_with_a_plain_search_after_many_additions_and_removals() -> None:
    random = np.random.default_rng(7)
    index, kept = SemanticIndex(50, 10**9), []
    for number in range(300):
        one = known(list(random.normal(size=8)), b"p" if number % 3 else b"q")
        index.add(one)
        kept.append(one)
        if number % 5 == 0 and len(kept) > 10:
            gone = kept.pop(int(random.integers(len(kept))))
            index.remove(gone)
            index.remove(gone)  # twice does no harm
        kept = kept[-50:] if len(index) >= 50 else kept
    query = unit_rows(random.normal(size=(1, 8)))[0]
    everything = [one for one in index._order.values() if one.partition == b"p"]
    expected = sorted(everything, key=lambda one: -float(one.vector @ query))[:4]
    assert [one for _, one in index.nearest(b"p", query, -1.0)] == expected
    assert len(index) == 50


def test_the_one_least_lately_used_goes_when_there_are_too_many_and_empty_partitions_with_it() -> None:
    index = SemanticIndex(2, 10**6)
    first, second, third = known([1, 0], b"a"), known([1, 0], b"b"), known([1, 0], b"c")
    index.add(first)
    index.add(second)
    index.touch(first)
    index.add(third)
    assert index.nearest(b"b", second.vector, 0.0) == []
    assert index.nearest(b"a", first.vector, 0.0)
    assert (len(index), index.evicted, set(index._partitions)) == (2, 1, {b"a", b"c"})


def test_bytes_are_counted_and_bounded() -> None:
    index = SemanticIndex(1000, 4000)
    for _ in range(20):
        index.add(known([1.0, 0.5]))
    assert 0 < index.size_bytes <= 4000
    for one in list(index._order.values()):
        index.remove(one)
    assert index.size_bytes == 0
