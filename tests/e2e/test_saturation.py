"""More traffic than the bound lets in: refused politely, nothing lost of what was taken, nothing kept of the rest."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.support.lrcp_server import LrcpServer, running_server
from tests.wire.agent import pack, wire_span
from tests.wire.otlp.bodies import trace_request

pytestmark = pytest.mark.e2e
REQUESTS = 25
SPANS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    """A server with room for one request at a time, since one is always taken."""
    folder: Path = tmp_path_factory.mktemp("saturated")
    with running_server(folder, LRCP_MAX_PENDING_BYTES="1") as server:
        yield server


@dataclass
class Outcome:
    """What the senders saw. taken: ids of the spans that were acknowledged."""

    taken: set[str] = field(default_factory=set)
    replies: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, reply: str, ids: list[int], *, taken: bool, fault: str = "") -> None:
        with self.lock:
            self.replies[reply] += 1
            if taken:
                self.taken |= {f"{number:016x}" for number in ids}
            if fault:
                self.faults.append(fault)


Sender = Callable[[LrcpServer, int, Outcome], None]


def ids_of(sender: int, request: int) -> list[int]:
    first = 1 + (sender * 1000 + request) * SPANS
    return list(range(first, first + SPANS))


def otlp_request(ids: list[int]) -> ExportTraceServiceRequest:
    import time

    request = trace_request(resource={"service.name": "burst"})
    spans = request.resource_spans[0].scope_spans[0].spans
    del spans[:]
    start = time.time_ns()
    for number in ids:
        span = spans.add(name="step", start_time_unix_nano=start, end_time_unix_nano=start + 1000)
        span.trace_id, span.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
    return request


def send_over_http(
    port: int, method: str, path: str, content_type: str, bodies: Iterator[tuple[bytes, list[int]]], outcome: Outcome
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body, ids in bodies:
        connection.request(method, path, body, {"content-type": content_type})
        reply = connection.getresponse()
        text = reply.read()
        after = reply.getheader("retry-after", "")
        fault = ""
        if reply.status not in (200, 429, 503) or (reply.status != 200 and not (after.isdigit() and int(after) >= 1)):
            fault = f"{path}: {reply.status}, retry-after {after!r}: {text[:200]!r}"
        outcome.note(f"{path} {reply.status}", ids, taken=reply.status == 200, fault=fault)
    connection.close()


def send_otlp(server: LrcpServer, sender: int, outcome: Outcome) -> None:
    bodies = (
        (otlp_request(ids).SerializeToString(), ids) for ids in (ids_of(sender, request) for request in range(REQUESTS))
    )
    send_over_http(server.otlp_http_port, "POST", "/v1/traces", "application/x-protobuf", bodies, outcome)


def send_ddtrace(server: LrcpServer, sender: int, outcome: Outcome) -> None:
    def body(ids: list[int]) -> bytes:
        return pack([wire_span(service="burst", trace_id=number, span_id=number, start=0) for number in ids])

    bodies = ((body(ids), ids) for ids in (ids_of(sender, request) for request in range(REQUESTS)))
    send_over_http(server.agent_port, "PUT", "/v0.4/traces", "application/msgpack", bodies, outcome)


def send_grpc(server: LrcpServer, sender: int, outcome: Outcome) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{server.otlp_grpc_port}") as channel:
        stub = TraceServiceStub(channel)
        for request in range(REQUESTS):
            ids = ids_of(sender, request)
            try:
                stub.Export(otlp_request(ids), timeout=60)
                outcome.note("gRPC OK", ids, taken=True)
            except grpc.RpcError as error:
                outcome.note(f"gRPC {error.code().name}", ids, taken=False, fault=find_fault(error))


def find_fault(error: grpc.RpcError) -> str:
    """'' when a refusal is what OTLP asks for: RESOURCE_EXHAUSTED with a RetryInfo."""
    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    infos = [RetryInfo.FromString(detail.value) for detail in Status.FromString(details).details]
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and infos and infos[0].retry_delay.ToNanoseconds() > 0:
        return ""
    return f"gRPC {error.code()}: {error.details()}, {infos}"


def burst(server: LrcpServer) -> Outcome:
    outcome = Outcome()
    senders: list[Sender] = [send_otlp, send_ddtrace, send_grpc] * 3
    threads = [threading.Thread(target=send, args=(server, number, outcome)) for number, send in enumerate(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def test_a_burst_is_taken_or_put_off_and_what_was_taken_is_what_is_stored(server: LrcpServer) -> None:
    outcome = burst(server)
    assert outcome.faults == []
    assert sum(outcome.replies.values()) == 9 * REQUESTS
    refused = {reply for reply in outcome.replies if not reply.endswith((" 200", " OK"))}
    assert refused == {"/v1/traces 429", "/v0.4/traces 503", "gRPC RESOURCE_EXHAUSTED"}, outcome.replies
    rows = server.sql("SELECT span_id FROM spans WHERE service = 'burst'")
    stored = [row["span_id"] for row in rows]
    assert len(stored) == len(set(stored))
    assert set(stored) == outcome.taken
    assert outcome.taken


def test_after_the_burst_it_takes_everything_again(server: LrcpServer) -> None:
    outcome = Outcome()
    for number, send in enumerate([send_otlp, send_ddtrace, send_grpc], start=20):
        send(server, number, outcome)
    assert set(outcome.replies) == {"/v1/traces 200", "/v0.4/traces 200", "gRPC OK"}
    assert len(outcome.taken) == 3 * REQUESTS * SPANS
