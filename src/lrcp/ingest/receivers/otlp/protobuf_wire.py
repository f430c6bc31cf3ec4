"""OTLP's protobuf form, parsed by upb.

Spans are parsed with a schema of our own that differs from OpenTelemetry's in one thing: a span's attributes are left as
bytes, one string per attribute, which is the same on the wire. Most attributes of real traffic repeat (method, route,
model, host), so their bytes are looked up in a bounded table instead of being taken apart again; measured by
benchmarks/otlp_traces.py: about twice as fast as walking the parsed attributes of web spans.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError as ProtobufError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from lrcp.model.errors import DecodeError


def _spans_with_raw_attributes() -> Any:
    """TracesData (on the wire the same as ExportTraceServiceRequest) whose Span.attributes is repeated bytes."""
    schema = descriptor_pb2.FileDescriptorProto.FromString(trace_pb2.DESCRIPTOR.serialized_pb)
    span = next(message for message in schema.message_type if message.name == "Span")
    attributes = next(field for field in span.field if field.name == "attributes")
    attributes.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    attributes.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    for part in (
        common_pb2.DESCRIPTOR.serialized_pb,
        resource_pb2.DESCRIPTOR.serialized_pb,
        schema.SerializeToString(),
    ):
        pool.AddSerializedFile(part)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("opentelemetry.proto.trace.v1.TracesData"))


def _parser(kind: Any) -> Callable[[bytes], Any]:
    """FromString of a message class, with our own error."""
    parse = kind.FromString

    def checked(body: bytes) -> Any:
        try:
            return parse(body)
        except ProtobufError as error:
            raise DecodeError(f"the body is not OTLP protobuf: {error}") from error

    return checked


parse_traces = _parser(_spans_with_raw_attributes())
parse_metrics = _parser(ExportMetricsServiceRequest)
parse_logs = _parser(ExportLogsServiceRequest)
parse_attribute = _parser(common_pb2.KeyValue)
