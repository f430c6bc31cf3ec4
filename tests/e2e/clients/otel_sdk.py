"""The OpenTelemetry SDK over gRPC or HTTP: a trace with a generation (GenAI conventions), metrics, and logs."""

import json
import logging
import sys

from opentelemetry._logs import set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

protocol, endpoint, service = sys.argv[1:]
if protocol == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    endpoints = dict.fromkeys(("traces", "metrics", "logs"), endpoint)
    options = {"insecure": True}
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoints = {signal: f"{endpoint}/v1/{signal}" for signal in ("traces", "metrics", "logs")}
    options = {}

resource = Resource.create({"service.name": service, "service.version": "2.1", "deployment.environment.name": "e2e"})
traces = TracerProvider(resource=resource)
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoints["traces"], **options)))
reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoints["metrics"], **options))
meters = MeterProvider(resource=resource, metric_readers=[reader])
logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=endpoints["logs"], **options)))
set_logger_provider(logs)
logger = logging.getLogger("shop")
logger.addHandler(LoggingHandler(logger_provider=logs))

tracer = traces.get_tracer("shop")
with tracer.start_as_current_span("POST /ask", kind=SpanKind.SERVER) as root:
    with tracer.start_as_current_span("chat gpt-5-mini", kind=SpanKind.CLIENT) as call:
        call.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-5-mini",
                "gen_ai.response.model": "gpt-5-mini-2025-08-07",
                "gen_ai.usage.input_tokens": 120,
                "gen_ai.usage.output_tokens": 24,
                "gen_ai.usage.cache_read.input_tokens": 80,
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.conversation.id": "conversation-1",
            }
        )
        logger.error("model was slow")
    try:
        with tracer.start_as_current_span("pay"):
            raise PermissionError("card refused")
    except PermissionError:
        root.set_attribute("paid", False)

meter = meters.get_meter("shop")
meter.create_counter(f"{service}.orders", unit="{order}").add(3, {"shop": "north"})
meter.create_up_down_counter(f"{service}.open").add(2)
for seconds in (0.1, 0.2, 0.4):
    meter.create_histogram(f"{service}.checkout", unit="s").record(seconds)

ids = {
    "trace_id": f"{root.get_span_context().trace_id:032x}",
    "span_id": f"{root.get_span_context().span_id:016x}",
    "call_id": f"{call.get_span_context().span_id:016x}",
}
for provider in (traces, meters, logs):
    provider.shutdown()
print(json.dumps(ids))
