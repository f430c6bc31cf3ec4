"""What every HTTP receiver does alike: which reply for which failure, and what is counted."""

import gzip
import zlib

import msgspec
import pytest
from backports import zstd

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Decoded, Receiver, ReceiverApp, Reply, Request, Route
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.errors import BusyError, DecodeError, InputError, UnavailableError, UnsupportedError
from lrcp.model.log import Log
from tests.support.asgi import Answer, KeepingConsumer, ask

LIMIT = 1000


def decode_lines(request: Request) -> Decoded:
    """A small protocol: each line of the body is a log; 'bad' lines are refused one by one."""
    if request.content_type() == "text/html":
        raise UnsupportedError("content-type text/html is not supported")
    if request.body == b"broken":
        raise DecodeError("the body is broken at byte 0")
    if request.body == b"surprise":
        raise KeyError("surprise")
    lines = request.body.decode().splitlines()
    logs = [Log(time_ns=request.received_ns, message=line) for line in lines if line != "bad"]
    return Decoded(Reply(202, b"{}"), Batch(logs=logs, size_bytes=len(request.body)), len(lines) - len(logs))


def render_error(request: Request, status: int, message: str) -> Reply:
    return Reply(status, msgspec.json.encode({"error": message}))


ROUTES = {
    "/logs": Route(decode_lines, frozenset({"POST", "PUT"}), LIMIT),
    "/any/*": Route(decode_lines, max_body_bytes=LIMIT),
    "/any/longer/*": Route(lambda request: Decoded(Reply(299))),
}


class Bench:
    """A receiver application with what it stores into and counts with."""

    def __init__(self, failure: Exception | None = None, busy_status: int = 429) -> None:
        self.consumer = KeepingConsumer(failure)
        self.counters = Counters()
        receiver = Receiver("lines", ROUTES, render_error, busy_status)
        self.app = ReceiverApp(receiver, self.consumer, self.counters, FakeClock())

    def post(self, body: bytes | list[bytes], path: str = "/logs", ends: bool = True, **headers: str) -> Answer:
        return ask(self.app, path, body, headers={k.replace("_", "-"): v for k, v in headers.items()}, ends=ends)

    def count(self, what: str) -> int:
        return self.counters.value("lines", what)

    def stored(self) -> list[str]:
        return [log.message for batch in self.consumer.batches for log in batch.logs]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_body_is_stored_and_then_answered_with_the_decoders_reply(bench: Bench) -> None:
    answer = bench.post(b"one\ntwo")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (202, b"{}", "2")
    assert bench.stored() == ["one", "two"]
    assert bench.counters.snapshot() == {"lines": {"bytes": 7, "records": 2, "requests": 1}}


def test_a_body_in_pieces_is_put_together(bench: Bench) -> None:
    assert bench.post([b"on", b"", b"e\ntw", b"o"]).status == 202
    assert bench.stored() == ["one", "two"]


def test_a_refused_record_is_counted_and_the_others_are_stored(bench: Bench) -> None:
    assert bench.post(b"one\nbad\ntwo").status == 202
    assert (bench.stored(), bench.count("rejected_records")) == (["one", "two"], 1)


def test_an_unknown_path_is_404_and_says_which(bench: Bench) -> None:
    answer = bench.post(b"x", path="/nowhere")
    assert (answer.status, bench.count("unknown_path")) == (404, 1)
    assert "/nowhere" in answer.body.decode()


def test_a_wrong_method_is_405_and_says_the_right_ones(bench: Bench) -> None:
    answer = ask(bench.app, "/logs", method="DELETE")
    assert (answer.status, bench.count("wrong_method")) == (405, 1)
    assert "POST, PUT" in answer.body.decode()


def test_the_longest_prefix_wins(bench: Bench) -> None:
    assert bench.post(b"x", path="/any/thing").status == 202
    assert bench.post(b"x", path="/any/longer/thing").status == 299


def test_a_body_declared_too_large_is_413_before_it_is_read(bench: Bench) -> None:
    answer = bench.post([], ends=False, content_length=str(LIMIT + 1))
    assert (answer.status, bench.count("too_large")) == (413, 1)
    assert str(LIMIT) in answer.body.decode()


def test_a_body_that_grows_too_large_is_413(bench: Bench) -> None:
    assert bench.post([b"x" * 600, b"x" * 600, b"x"]).status == 413
    assert bench.stored() == []


def test_a_body_of_exactly_the_limit_is_taken(bench: Bench) -> None:
    assert bench.post(b"x" * LIMIT).status == 202


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_decompression_bomb_is_413(bench: Bench, encoding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}[encoding]
    bomb = pack(b"\0" * 200_000)
    assert len(bomb) < LIMIT
    assert bench.post(bomb, content_encoding=encoding).status == 413
    assert bench.stored() == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "identity"])
def test_a_compressed_body_is_read(bench: Bench, encoding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress, "identity": bytes}[encoding]
    assert bench.post(pack(b"one\ntwo"), content_encoding=encoding).status == 202
    assert bench.stored() == ["one", "two"]


def test_an_unknown_encoding_is_415_and_names_the_known_ones(bench: Bench) -> None:
    answer = bench.post(b"x", content_encoding="br")
    assert (answer.status, bench.count("unsupported")) == (415, 1)
    assert "gzip" in answer.body.decode()


def test_a_content_type_that_the_decoder_refuses_is_415(bench: Bench) -> None:
    assert bench.post(b"x", content_type="Text/HTML; charset=utf-8").status == 415


def test_a_body_that_does_not_decode_is_400_with_the_reason(bench: Bench) -> None:
    answer = bench.post(b"broken")
    assert (answer.status, bench.count("undecodable")) == (400, 1)
    assert "at byte 0" in answer.body.decode()


def test_a_body_that_breaks_its_decoder_is_400_and_counted_apart(bench: Bench) -> None:
    answer = bench.post(b"surprise")
    assert (answer.status, bench.count("unexpected"), bench.count("undecodable")) == (400, 1, 1)
    assert "KeyError" in answer.body.decode()


def test_a_client_that_goes_away_costs_nothing_but_its_own_request(bench: Bench) -> None:
    assert bench.post([b"half"], ends=False).status == 400
    assert bench.post(b"whole").status == 202
    assert bench.stored() == ["whole"]


@pytest.mark.parametrize(("busy_status", "after_s", "header"), [(429, 0.2, "1"), (503, 2.5, "3")])
def test_busy_is_the_receivers_status_with_retry_after(busy_status: int, after_s: float, header: str) -> None:
    bench = Bench(BusyError("the queue is full", retry_after_s=after_s), busy_status)
    answer = bench.post(b"one")
    assert (answer.status, answer.headers["retry-after"], bench.count("busy")) == (busy_status, header, 1)
    assert bench.count("records") == 0


def test_a_store_that_is_away_is_503_with_retry_after() -> None:
    bench = Bench(UnavailableError("no store"))
    answer = bench.post(b"one")
    assert (answer.status, answer.headers["retry-after"], bench.count("unavailable")) == (503, "5", 1)


def test_records_that_can_never_be_stored_are_refused_for_good() -> None:
    bench = Bench(InputError("the records do not fit the table"))
    answer = bench.post(b"one")
    assert (answer.status, "retry-after" in answer.headers, bench.count("undecodable")) == (400, False, 1)


def test_a_failure_nobody_foresaw_while_storing_is_503_so_that_the_sender_keeps_its_data() -> None:
    bench = Bench(ZeroDivisionError("oops"))
    answer = bench.post(b"one")
    assert (answer.status, bench.count("unexpected"), bench.count("records")) == (503, 1, 0)


def test_a_request_without_records_is_answered_without_the_store() -> None:
    assert Bench(UnavailableError("no store")).post(b"").status == 202


def test_a_large_body_is_decoded_as_a_small_one_is() -> None:
    bench = Bench()
    receiver = Receiver("lines", {"/logs": Route(decode_lines)}, render_error)
    app = ReceiverApp(receiver, bench.consumer, bench.counters, FakeClock())
    assert ask(app, "/logs", b"line\n" * 200_000).status == 202
    assert len(bench.stored()) == 200_000
