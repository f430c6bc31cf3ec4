"""What is kept, and what goes."""

from lrcp.gateway.cache.store import Entry, EntryStore


def entry(size: int = 10, stored_s: float = 0.0) -> Entry:
    return Entry([], (b"x" * size,), False, stored_s)


def test_an_answer_is_found_until_it_is_as_old_as_it_may_be() -> None:
    store = EntryStore(10, 10_000)
    store.save(b"a", entry())
    assert store.find(b"a", 9.9, 10.0) is not None
    assert store.find(b"a", 10.0, 10.0) is None
    assert (len(store), store.size_bytes) == (0, 0)


def test_the_one_least_lately_used_goes_first() -> None:
    store = EntryStore(2, 100_000)
    store.save(b"a", entry())
    store.save(b"b", entry())
    store.find(b"a", 0, 10)
    assert store.save(b"c", entry()) == [b"b"]
    assert store.find(b"a", 0, 10) is not None


def test_bytes_are_bounded_and_an_answer_over_the_bound_is_not_kept() -> None:
    store = EntryStore(100, 5_000)
    for name in (b"a", b"b", b"c"):
        store.save(name, entry(2_000))
    assert store.size_bytes <= 5_000
    assert store.save(b"big", entry(10_000))[-1] == b"big"
    assert store.find(b"big", 0, 10) is None
    assert store.size_bytes == 0


def test_saving_again_replaces_and_counts_once() -> None:
    store = EntryStore(10, 100_000)
    store.save(b"a", entry(10))
    store.save(b"a", entry(500))
    assert (len(store), store.size_bytes) == (1, entry(500).size_bytes)


def test_a_smaller_bound_takes_hold_at_the_next_save() -> None:
    store = EntryStore(10, 100_000)
    for number in range(5):
        store.save(bytes([number]), entry())
    store.max_entries = 2
    store.save(b"x", entry())
    assert len(store) == 2
    assert store.evicted == 4
