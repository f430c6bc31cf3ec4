"""OTLP over HTTP on a socket: encodings, replies, errors, when to come back."""

import gzip
import json
import zlib
from http.client import HTTPConnection
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from lrcp.model.errors import BusyError, UnavailableError
from tests.wire.otlp.bodies import Decoders, log_request, trace_request
from tests.wire.otlp.servers import Servers
from tests.wire.otlp.test_json import trace_body

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
GOOD = trace_request().SerializeToString()


def post(servers: Servers, body: bytes, content_type: str = PROTOBUF, path: str = "/v1/traces", **headers: str) -> Any:
    connection = HTTPConnection("127.0.0.1", servers.http_port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, {"content-type": content_type} | named)
    reply = connection.getresponse()
    reply.text = reply.read()
    connection.close()
    return reply


def test_a_stored_request_is_answered_empty_in_its_own_encoding(servers: Servers) -> None:
    reply = post(servers, GOOD)
    assert (reply.status, reply.text, reply.headers["content-type"]) == (200, b"", PROTOBUF)
    reply = post(servers, json.dumps(trace_body([])).encode(), JSON + "; charset=utf-8")
    assert (reply.status, json.loads(reply.text), reply.headers["content-type"]) == (200, {}, JSON)
    assert [len(batch.spans) for batch in servers.collector.batches] == [1, 1]


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_bodies_are_undone(servers: Servers, encoding: str, pack: Any) -> None:
    assert post(servers, pack(GOOD), content_encoding=encoding).status == 200
    (batch,) = servers.collector.batches
    assert batch.digest == Decoders().traces(trace_request()).batch.digest


def test_a_partial_success_says_how_many_spans_were_refused_and_why(servers: Servers) -> None:
    request = trace_request()
    request.resource_spans.extend(trace_request(trace_id=b"\x01").resource_spans)
    reply = post(servers, request.SerializeToString())
    partial = ExportTraceServiceResponse.FromString(reply.text).partial_success
    assert (reply.status, partial.rejected_spans) == (200, 1)
    assert "trace_id" in partial.error_message
    reply = post(servers, json.dumps(trace_body([], traceId="00")).encode(), JSON)
    partial = json.loads(reply.text)["partialSuccess"]
    assert (reply.status, partial["rejectedSpans"]) == (200, "1")
    assert [len(batch.spans) for batch in servers.collector.batches] == [1]


def test_partial_successes_of_logs_use_their_own_word(servers: Servers) -> None:
    record = {"timeUnixNano": str(2**63)}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    assert json.loads(post(servers, body, JSON, "/v1/logs").text)["partialSuccess"]["rejectedLogRecords"] == "1"


def test_undecodable_bodies_are_refused_for_good_in_their_own_encoding(servers: Servers) -> None:
    reply = post(servers, b"\xff\xff\xff")
    status = Status.FromString(reply.text)
    assert (reply.status, status.code) == (400, 3)
    assert "protobuf" in status.message
    reply = post(servers, b"{", JSON)
    assert (reply.status, json.loads(reply.text)["code"]) == (400, 3)


def test_text_that_is_not_utf8_refuses_the_whole_body(servers: Servers) -> None:
    assert post(servers, GOOD.replace(b"call", b"c\xffll")).status == 400
    attribute = trace_request({"key": "value"}).SerializeToString()
    assert post(servers, attribute.replace(b"value", b"val\xffe")).status == 400


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/grpc"])
def test_other_content_types_are_not_accepted(servers: Servers, content_type: str) -> None:
    reply = post(servers, GOOD, content_type)
    assert (reply.status, json.loads(reply.text)["code"]) == (415, 3)


def test_other_paths_and_methods_are_refused(servers: Servers) -> None:
    assert post(servers, GOOD, path="/v1/profiles").status == 404


@pytest.mark.parametrize(
    ("error", "status", "code", "after"),
    [(BusyError("full", retry_after_s=2.5), 429, 8, "3"), (UnavailableError("down"), 503, 14, "5")],
)
def test_what_cannot_be_stored_now_is_to_be_sent_again(
    servers: Servers, error: Exception, status: int, code: int, after: str
) -> None:
    servers.collector.failures.append(error)
    reply = post(servers, GOOD)
    assert (reply.status, reply.headers["retry-after"], Status.FromString(reply.text).code) == (status, after, code)
    assert post(servers, GOOD).status == 200
    assert len(servers.collector.batches) == 1


def test_requests_and_records_are_counted(servers: Servers) -> None:
    before = servers.counters.snapshot().get("otlp", {})
    post(servers, GOOD)
    post(servers, log_request({"time_unix_nano": 1}).SerializeToString(), path="/v1/logs")
    post(servers, b"\xff")
    after = servers.counters.snapshot()["otlp"]
    grown = {what: after[what] - before.get(what, 0) for what in after if after[what] != before.get(what, 0)}
    assert (grown["requests"], grown["records"], grown["undecodable"]) == (3, 2, 1)
