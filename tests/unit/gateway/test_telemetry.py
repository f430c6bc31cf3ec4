"""Spans on their way out: the buffer's bounds and the bytes."""

import json

from google.protobuf.json_format import Parse
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lrcp.gateway.telemetry.buffer import SpanBuffer
from lrcp.gateway.telemetry.otlp import Envelope, encode_span
from lrcp.model.span import Span

SPAN = Span(
    trace_id="ab" * 16,
    span_id="cd" * 8,
    parent_id="",
    start_ns=1_790_000_000_123_456_789,
    duration_ns=1_000,
    name="chat m",
    kind="llm",
    status="error",
    error_type="t",
    error_message='say "no"\n',
    model="m",
    input_tokens=0,
    cost_nusd=2**40,
    cost_source="computed",
    finish_reason="stop,length",
    tags={"é": "\U0001f600"},
    source="gateway",
)


def test_the_json_is_what_protobuf_takes_for_an_export_request() -> None:
    body = Envelope("svc", "prod", "1.0").wrap([encode_span(SPAN), encode_span(SPAN)])
    request = json.loads(body)
    assert [len(scope["spans"]) for scope in request["resourceSpans"][0]["scopeSpans"]] == [2]
    parsed = Parse(body, ExportTraceServiceRequest())
    span = parsed.resource_spans[0].scope_spans[0].spans[0]
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (SPAN.start_ns, SPAN.start_ns + 1000)
    assert (span.status.code, span.status.message) == (2, 'say "no"\n')
    values = {attribute.key: attribute.value for attribute in span.attributes}
    assert values["gen_ai.usage.input_tokens"].int_value == 0
    assert values["lrcp.cost_nusd"].int_value == 2**40
    assert [v.string_value for v in values["gen_ai.response.finish_reasons"].array_value.values] == ["stop", "length"]
    assert values["é"].string_value == "\U0001f600"
    assert "gen_ai.usage.output_tokens" not in values


@given(st.lists(st.binary(max_size=30)), st.integers(1, 10), st.integers(1, 100))
def test_the_buffer_stays_within_its_bounds_and_counts_what_it_drops(spans: list[bytes], count: int, size: int) -> None:
    buffer = SpanBuffer(count, size)
    for span in spans:
        buffer.add(span)
        assert len(buffer) <= count
        assert buffer.size_bytes <= size
    kept = buffer.take(10**6, 10**6)
    assert kept == spans[len(spans) - len(kept) :]
    assert buffer.dropped == len(spans) - len(kept)
    assert (len(buffer), buffer.size_bytes) == (0, 0)


def test_a_batch_takes_the_oldest_that_fit_and_never_none() -> None:
    buffer = SpanBuffer(10, 1000)
    for span in (b"a" * 50, b"b" * 5, b"c" * 5, b"d" * 5):
        buffer.add(span)
    assert buffer.take(10, 20) == [b"a" * 50]
    assert buffer.take(2, 1000) == [b"b" * 5, b"c" * 5]
    assert buffer.take(2, 1000) == [b"d" * 5]
    assert buffer.take(2, 1000) == []
