"""OpenTelemetry's own SDK exporters, and the instrumentations of LLM clients, against the receivers on sockets."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind

from lrcp.ingest.receivers.otlp.grpc_server import MAX_MESSAGE_BYTES, OtlpGrpcServer
from lrcp.kit.clock import SystemClock
from lrcp.model.errors import BusyError, SettingsError, UnavailableError
from tests.wire.otlp.bodies import START_NS, trace_request
from tests.wire.otlp.servers import Servers

RESOURCE = Resource.create({"service.name": "shop", "deployment.environment.name": "test"})
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def http_spans(servers: Servers) -> SpanExporter:
    return HttpSpans(endpoint=f"{servers.http_url}/v1/traces", compression=Compression.Gzip)


def grpc_spans(servers: Servers) -> SpanExporter:
    return GrpcSpans(endpoint=servers.grpc_address, insecure=True, compression=grpc.Compression.Gzip)


@pytest.mark.parametrize("exporter", [http_spans, grpc_spans])
def test_spans_of_the_sdk_arrive(servers: Servers, exporter: Callable[[Servers], SpanExporter]) -> None:
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter(servers)))
    tracer = provider.get_tracer("checkout")
    with tracer.start_as_current_span("order", kind=SpanKind.SERVER) as parent:
        with pytest.raises(ValueError, match="no stock"), tracer.start_as_current_span("reserve", attributes={"n": 2}):
            raise ValueError("no stock")
        ids = parent.get_span_context()
    provider.shutdown()
    child, root = (batch.spans[0] for batch in servers.collector.batches)
    assert (root.name, root.kind, root.service, root.env, root.parent_id) == ("order", "server", "shop", "test", "")
    assert (root.trace_id, root.span_id) == (f"{ids.trace_id:032x}", f"{ids.span_id:016x}")
    assert (child.parent_id, child.status, child.error_type) == (root.span_id, "error", "ValueError")
    assert (child.error_message, child.tags["n"]) == ("ValueError: no stock", "2")
    assert (child.tags["otel.scope"], child.tags["telemetry.sdk.language"]) == ("checkout", "python")


def http_metrics(servers: Servers) -> Any:
    return HttpMetrics(endpoint=f"{servers.http_url}/v1/metrics")


def grpc_metrics(servers: Servers) -> Any:
    return GrpcMetrics(endpoint=servers.grpc_address, insecure=True)


@pytest.mark.parametrize("exporter", [http_metrics, grpc_metrics])
def test_cumulative_metrics_of_the_sdk_arrive_as_what_was_added(
    servers: Servers, exporter: Callable[[Servers], Any]
) -> None:
    reader = PeriodicExportingMetricReader(exporter(servers), export_interval_millis=3_600_000)
    view = View(instrument_name="fine", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], resource=RESOURCE, views=[view])
    meter = provider.get_meter("m")
    counter, took, fine = meter.create_counter("orders"), meter.create_histogram("took"), meter.create_histogram("fine")
    for amount in (3, 4):
        counter.add(amount, {"shop": "a"})
        took.record(amount)
        fine.record(amount)
        reader.force_flush()
    provider.shutdown()
    buckets = [bucket for batch in servers.collector.batches for bucket in batch.metrics]
    assert [bucket.sum for bucket in buckets if bucket.metric == "orders"] == [3.0, 4.0, 0.0]
    assert [(b.type, b.sum, b.count) for b in buckets if b.metric == "took"] == [
        ("distribution", 3.0, 1.0),
        ("distribution", 4.0, 1.0),
    ]
    assert [b.values for b in buckets if b.metric == "fine"] == [
        pytest.approx([3.0], rel=0.1),
        pytest.approx([4.0], rel=0.1),
    ]
    assert {"env:test", "service:shop", "shop:a"} <= set(buckets[0].tags)


@pytest.mark.parametrize("exporter", [http_metrics, grpc_metrics])
def test_what_a_sender_gave_up_on_is_counted_with_its_next_total(
    servers: Servers, exporter: Callable[[Servers], Any]
) -> None:
    sender = exporter(servers)
    # It does not wait for as long as it is told, so it gives up.
    sender._timeout = 0.5
    reader = PeriodicExportingMetricReader(sender, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], resource=Resource.create({"service.name": f"gives-up-{exporter.__name__}"}))
    counter = provider.get_meter("m").create_counter("orders")
    counter.add(3)
    servers.collector.failures.append(BusyError("full", retry_after_s=60))
    reader.force_flush()
    assert servers.collector.batches == []
    counter.add(4)
    reader.force_flush()
    assert [bucket.sum for batch in servers.collector.batches for bucket in batch.metrics] == [7.0]
    provider.shutdown()


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_logs_of_the_sdk_arrive(servers: Servers, transport: str) -> None:
    exporter: Any = (
        HttpLogs(endpoint=f"{servers.http_url}/v1/logs")
        if transport == "http"
        else GrpcLogs(endpoint=servers.grpc_address, insecure=True)
    )
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    record = LogRecord(body="order 7 failed", severity_number=SeverityNumber.ERROR, timestamp=START_NS)
    provider.get_logger("orders").emit(record)
    provider.shutdown()
    (log,) = servers.collector.batches[0].logs
    assert (log.time_ns, log.attributes.count("orders")) == (START_NS, 1)
    assert (log.message, log.status, log.service, log.env) == ("order 7 failed", "error", "shop", "test")


@pytest.mark.parametrize("exporter", [http_spans, grpc_spans])
def test_the_sdk_sends_again_what_could_not_be_stored(
    servers: Servers, exporter: Callable[[Servers], SpanExporter]
) -> None:
    servers.collector.failures.append(BusyError("full", retry_after_s=0.01))
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter(servers)))
    provider.get_tracer("t").start_span("kept").end()
    provider.shutdown()
    assert [span.name for batch in servers.collector.batches for span in batch.spans] == ["kept"]


def call(servers: Servers, body: bytes) -> bytes:
    with grpc.insecure_channel(servers.grpc_address) as channel:
        reply: bytes = channel.unary_unary(EXPORT)(body, timeout=20)
    return reply


def test_a_grpc_call_tells_of_refused_spans(servers: Servers) -> None:
    reply = ExportTraceServiceResponse.FromString(call(servers, trace_request(span_id=b"\x01").SerializeToString()))
    assert reply.partial_success.rejected_spans == 1


@pytest.mark.parametrize(
    ("error", "code", "delay_s"),
    [
        (BusyError("full", retry_after_s=2.5), grpc.StatusCode.RESOURCE_EXHAUSTED, 2.5),
        (UnavailableError("down"), grpc.StatusCode.UNAVAILABLE, 5.0),
        (OSError("a bug"), grpc.StatusCode.UNAVAILABLE, 5.0),
    ],
)
def test_a_grpc_call_that_cannot_be_stored_now_says_when_to_come_back(
    servers: Servers, error: Exception, code: grpc.StatusCode, delay_s: float
) -> None:
    servers.collector.failures.append(error)
    with pytest.raises(grpc.RpcError) as raised:
        call(servers, trace_request().SerializeToString())
    assert raised.value.code() == code
    metadata = dict(raised.value.trailing_metadata())
    status = Status.FromString(metadata["grpc-status-details-bin"])
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, info.retry_delay.ToTimedelta().total_seconds()) == (code.value[0], delay_s)


def test_a_grpc_body_that_is_not_otlp_is_refused_for_good(servers: Servers) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        call(servers, b"\xff\xff")
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert servers.counters.value("otlp_grpc", "undecodable") >= 1


def test_a_big_grpc_body_is_decoded_beside_the_event_loop(servers: Servers) -> None:
    call(servers, trace_request({f"k{n}": "x" * 1000 for n in range(1000)}).SerializeToString())
    (batch,) = servers.collector.batches
    assert len(batch.spans[0].tags) == 1000


def test_a_small_message_that_unpacks_beyond_the_bound_is_refused(servers: Servers) -> None:
    bomb = b"\x00" * (MAX_MESSAGE_BYTES + 1)
    channel = grpc.insecure_channel(servers.grpc_address, options=[("grpc.max_send_message_length", -1)])
    with channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(EXPORT)(bomb, timeout=60, compression=grpc.Compression.Gzip)
    assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    # No RetryInfo: OTLP's word for "not worth sending again".
    assert "google.rpc.retryinfo-bin" not in dict(raised.value.trailing_metadata())


def test_a_server_says_when_its_port_is_taken(servers: Servers) -> None:
    async def start_second() -> None:
        second = OtlpGrpcServer((), servers.collector, servers.counters, SystemClock(), port=servers.grpc_port)
        with pytest.raises(SettingsError, match=str(servers.grpc_port)):
            await second.start()

    asyncio.run(start_second())
