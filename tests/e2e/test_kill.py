"""kill -9 of the server at random moments under load: no acknowledged span is missing, none is double."""

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.lrcp_server import LrcpServer, plan_server
from tests.support.processes import PYTHON, running_process

SPANS_PER_REQUEST = 40
GENERATION_EVERY = 10


def ddtrace_body(span_ids: list[int]) -> bytes:
    now_ns = time.time_ns()
    llm = {"name": "chat", "trace_id": "1" * 32, "parent_id": "undefined", "ml_app": "m",
           "metrics": {"input_tokens": 3, "output_tokens": 4},
           "meta": {"span": {"kind": "llm"}, "model_name": "gpt-4o", "model_provider": "openai"}}  # fmt: skip
    spans = []
    for number, span_id in enumerate(span_ids):
        span = {"service": "kill-dd", "name": "n", "resource": "r", "trace_id": span_ids[0], "span_id": span_id,
                "parent_id": 0, "start": now_ns, "duration": 1, "error": 0, "meta": {}, "metrics": {}}  # fmt: skip
        if number % GENERATION_EVERY == 0:
            span |= {"type": "llm", "meta_struct": {"_llmobs": msgspec.msgpack.encode(llm)}}
        spans.append(span)
    return msgspec.msgpack.encode([spans])


def otlp_body(span_ids: list[int]) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "kill-otlp"
    scope = resource.scope_spans.add()
    for span_id in span_ids:
        span = scope.spans.add(name="n", trace_id=span_ids[0].to_bytes(16, "big"), span_id=span_id.to_bytes(8, "big"))
        span.start_time_unix_nano = time.time_ns()
        span.end_time_unix_nano = span.start_time_unix_nano + 1
    return request.SerializeToString()


class Sender(threading.Thread):
    """Sends requests of new spans, each again and again, byte for byte, until it is acknowledged."""

    def __init__(
        self, port: int, path: str, content_type: str, encode: Callable[[list[int]], bytes], seed: int
    ) -> None:
        super().__init__(daemon=True)
        self._port, self._path, self._content_type, self._encode = port, path, content_type, encode
        self._random = random.Random(seed)
        self.acknowledged: set[int] = set()
        self.resent = 0
        self.enough = threading.Event()
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while not self.enough.is_set():
            span_ids = [self._random.getrandbits(63) | 1 for _ in range(SPANS_PER_REQUEST)]
            body = self._encode(span_ids)
            while not self._send(body):
                self.resent += 1
                time.sleep(0.05)
            self.acknowledged.update(span_ids)

    def _send(self, body: bytes) -> bool:
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._connection.request("POST", self._path, body, {"content-type": self._content_type})
            reply = self._connection.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException):
            self._connection = None
            return False
        return reply.status == 200


def kill_under_load(folder: Path, kills: int, seed: int) -> None:
    plan = plan_server(folder)
    moments = random.Random(seed)
    otlp = (plan.otlp_http_port, "/v1/traces", "application/x-protobuf", otlp_body)
    ddtrace = (plan.agent_port, "/v0.4/traces", "application/msgpack", ddtrace_body)
    senders = [Sender(*form, seed=seed * 100 + n) for n, form in enumerate((otlp, otlp, ddtrace, ddtrace))]
    for sender in senders:
        sender.start()
    for _ in range(kills):
        with serving(plan, folder) as process:
            time.sleep(moments.uniform(0.05, 1.0))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    with serving(plan, folder):
        time.sleep(1.0)
        for sender in senders:
            sender.enough.set()
        for sender in senders:
            sender.join(30)
        compare(plan, {f"{span_id:016x}" for sender in senders for span_id in sender.acknowledged})
    assert sum(sender.resent for sender in senders) >= kills, "the kills hit no request"


def serving(plan: LrcpServer, folder: Path):
    argv = [PYTHON, "-m", "lrcp", "serve"]
    return running_process(argv, plan.environ(), folder / "server.log", ready_url=f"{plan.url}/health")


def compare(server: LrcpServer, acknowledged: set[str]) -> None:
    stored: dict[str, int] = {}
    last = ""
    while rows := server.sql(
        f"SELECT span_id, count() AS n FROM spans WHERE span_id > '{last}' GROUP BY span_id ORDER BY span_id LIMIT 5000"
    ):
        stored |= {row["span_id"]: row["n"] for row in rows}
        last = rows[-1]["span_id"]
    double = {span_id: count for span_id, count in stored.items() if count > 1}
    missing = acknowledged - stored.keys()
    assert len(acknowledged) > SPANS_PER_REQUEST * 10
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged spans are missing"
    assert not double, f"{len(double)} spans are stored more than once"
    counted = server.sql("SELECT sum(sum) AS n FROM metrics WHERE metric = 'llm.request.count'")[0]["n"]
    generations = server.sql("SELECT count() AS n FROM spans WHERE kind = 'llm'")[0]["n"]
    assert counted == generations, "the derived metrics disagree with the traces"


@pytest.mark.e2e
def test_two_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_under_load(tmp_path, kills=2, seed=1)


@pytest.mark.soak
def test_twenty_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_under_load(tmp_path, kills=20, seed=2)
