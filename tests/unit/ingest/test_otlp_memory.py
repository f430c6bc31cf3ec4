"""What the OTLP receiver remembers is bounded, and survives several threads."""

from concurrent.futures import ThreadPoolExecutor

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from lrcp.ingest.receivers.otlp import attributes
from lrcp.ingest.receivers.otlp.attributes import raw_reader
from lrcp.ingest.receivers.otlp.deltas import Deltas, Undo


def _minus(now: int, last: int) -> int | None:
    return now - last if now >= last else None


def _send(
    deltas: Deltas[int], key: str, total: int, time_ns: int, digest: bytes = b"", undo: Undo | None = None
) -> int | None:
    gain = deltas.since_last(
        key, start_ns=2, time_ns=time_ns, total=total, digest=digest, undo=undo or Undo(), minus=_minus
    )
    return None if gain is None else gain[0]


def test_the_longest_unseen_series_is_forgotten_at_the_bound() -> None:
    deltas: Deltas[int] = Deltas(10, max_series=2)
    for time_ns, key in enumerate(("a", "b", "a", "c"), start=20):
        _send(deltas, key, 100, time_ns)
    assert len(deltas) == 2
    assert _send(deltas, "a", 103, 30) == 3
    assert _send(deltas, "b", 103, 31) is None


def test_gains_add_up_when_several_threads_send() -> None:
    deltas: Deltas[int] = Deltas(0, max_series=100)

    def send_all(key: str) -> int:
        return sum(_send(deltas, key, total, total + 10) or 0 for total in range(1, 2000))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send_all, "abcd")) == [1999] * 4


def test_the_same_point_in_another_request_adds_nothing() -> None:
    deltas: Deltas[int] = Deltas(0)
    assert _send(deltas, "a", 5, 20, b"first") == 5
    assert _send(deltas, "a", 5, 20, b"first") == 5
    assert _send(deltas, "a", 5, 20, b"other") is None


def test_attributes_read_the_same_after_the_memory_was_thrown_away() -> None:
    read = raw_reader()
    many = attributes._MAX_REMEMBERED + 10
    raws = [KeyValue(key=f"k{n}", value=AnyValue(int_value=n)).SerializeToString() for n in range(many)]
    first: dict[str, str] = {}
    again: dict[str, str] = {}
    assert read(raws, first) is None
    assert read(raws, again) is None
    assert first == again == {f"k{n}": str(n) for n in range(many)}


def test_a_gain_that_was_not_stored_is_told_by_the_next_point() -> None:
    deltas: Deltas[int] = Deltas(0)
    undo = Undo()
    assert _send(deltas, "a", 5, 20) == 5
    assert _send(deltas, "a", 8, 30, undo=undo) == 3
    undo()
    assert _send(deltas, "a", 8, 30) == 3
    assert _send(deltas, "a", 9, 40) == 1


def test_the_first_gain_of_a_series_can_be_taken_back_too() -> None:
    deltas: Deltas[int] = Deltas(0)
    undo = Undo()
    assert _send(deltas, "a", 5, 20, undo=undo) == 5
    undo()
    assert _send(deltas, "a", 8, 30) == 8


def test_taking_back_leaves_a_newer_point_alone() -> None:
    deltas: Deltas[int] = Deltas(0)
    undo = Undo()
    _send(deltas, "a", 5, 20, undo=undo)
    _send(deltas, "a", 8, 30)
    undo()
    assert _send(deltas, "a", 9, 40) == 1
