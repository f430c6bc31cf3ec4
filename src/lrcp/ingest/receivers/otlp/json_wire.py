"""OTLP's JSON form, decoded into twins of the protobuf messages: same field names, so the same code reads both.

The form differs from protobuf's usual JSON: trace and span ids are hex, enum values are numbers, 64-bit integers may be
numbers or decimal strings. Unknown fields are ignored. WhichOneof and HasField bear the protobuf messages' own names.
Source: OTLP specification, "JSON Protobuf Encoding".
"""

import binascii
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec

from lrcp.ingest.mend import decode_mended
from lrcp.model.errors import DecodeError

Uint64 = Annotated[int, msgspec.Meta(ge=0)]
"""Not bounded above, as msgspec knows no bound beyond 63 bits; the decoders bound what they make of it."""
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """Base of the twins."""


class ArrayValue(_Wire):
    values: list["AnyValue"] = []


class KeyValueList(_Wire):
    values: list["KeyValue"] = []


class AnyValue(_Wire):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int64 | None = None
    double_value: float | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: str | None = None

    def WhichOneof(self, group: str) -> str | None:
        return next((name for name in self.__struct_fields__ if getattr(self, name) is not None), None)


class KeyValue(_Wire):
    key: str = ""
    value: AnyValue = msgspec.field(default_factory=AnyValue)


class Resource(_Wire):
    attributes: list[KeyValue] = []


class Scope(_Wire):
    name: str = ""
    version: str = ""
    attributes: list[KeyValue] = []


def _id_bytes(text: Any) -> bytes:
    """Hex to bytes; b'' for what is not hex, which the decoders then refuse as a record without an id."""
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError, TypeError):
        return b""


class _Identified(_Wire):
    trace_id: Any = b""
    span_id: Any = b""

    def __post_init__(self) -> None:
        self.trace_id = _id_bytes(self.trace_id)
        self.span_id = _id_bytes(self.span_id)


class Event(_Wire):
    time_unix_nano: Uint64 = 0
    name: str = ""
    attributes: list[KeyValue] = []


class Link(_Identified):
    trace_state: str = ""
    attributes: list[KeyValue] = []


class Status(_Wire):
    message: str = ""
    code: int = 0


class Span(_Identified):
    parent_span_id: Any = b""
    trace_state: str = ""
    name: str = ""
    kind: int = 0
    start_time_unix_nano: Uint64 = 0
    end_time_unix_nano: Uint64 = 0
    attributes: list[KeyValue] = []
    events: list[Event] = []
    links: list[Link] = []
    status: Status = msgspec.field(default_factory=Status)

    def __post_init__(self) -> None:
        self.trace_id = _id_bytes(self.trace_id)
        self.span_id = _id_bytes(self.span_id)
        # A parent that is there but no hex must not pass for "no parent".
        self.parent_span_id = (_id_bytes(self.parent_span_id) or b"?") if self.parent_span_id else b""


class ScopeSpans(_Wire):
    scope: Scope = msgspec.field(default_factory=Scope)
    spans: list[Span] = []


class ResourceSpans(_Wire):
    resource: Resource = msgspec.field(default_factory=Resource)
    scope_spans: list[ScopeSpans] = []


class TracesRequest(_Wire):
    resource_spans: list[ResourceSpans] = []


class LogRecord(_Identified):
    time_unix_nano: Uint64 = 0
    observed_time_unix_nano: Uint64 = 0
    severity_number: int = 0
    severity_text: str = ""
    event_name: str = ""
    body: AnyValue = msgspec.field(default_factory=AnyValue)
    attributes: list[KeyValue] = []


class ScopeLogs(_Wire):
    scope: Scope = msgspec.field(default_factory=Scope)
    log_records: list[LogRecord] = []


class ResourceLogs(_Wire):
    resource: Resource = msgspec.field(default_factory=Resource)
    scope_logs: list[ScopeLogs] = []


class LogsRequest(_Wire):
    resource_logs: list[ResourceLogs] = []


class _Point(_Wire):
    attributes: list[KeyValue] = []
    start_time_unix_nano: Uint64 = 0
    time_unix_nano: Uint64 = 0
    flags: int = 0


class NumberPoint(_Point):
    as_double: float | None = None
    as_int: Int64 | None = None

    def WhichOneof(self, group: str) -> str | None:
        return "as_double" if self.as_double is not None else "as_int" if self.as_int is not None else None


class _Counted(_Point):
    count: Uint64 = 0
    sum: float | None = None
    min: float | None = None
    max: float | None = None

    def HasField(self, name: str) -> bool:
        return getattr(self, name) is not None


class HistogramPoint(_Counted):
    bucket_counts: list[Uint64] = []
    explicit_bounds: list[float] = []


class Buckets(_Wire):
    offset: int = 0
    bucket_counts: list[Uint64] = []


class ExponentialPoint(_Counted):
    scale: int = 0
    zero_count: Uint64 = 0
    zero_threshold: float = 0.0
    positive: Buckets = msgspec.field(default_factory=Buckets)
    negative: Buckets = msgspec.field(default_factory=Buckets)


class ValueAtQuantile(_Wire):
    quantile: float = 0.0
    value: float = 0.0


class SummaryPoint(_Point):
    count: Uint64 = 0
    sum: float = 0.0
    quantile_values: list[ValueAtQuantile] = []


class Gauge(_Wire):
    data_points: list[NumberPoint] = []


class Sum(_Wire):
    data_points: list[NumberPoint] = []
    aggregation_temporality: int = 0
    is_monotonic: bool = False


class Histogram(_Wire):
    data_points: list[HistogramPoint] = []
    aggregation_temporality: int = 0


class ExponentialHistogram(_Wire):
    data_points: list[ExponentialPoint] = []
    aggregation_temporality: int = 0


class Summary(_Wire):
    data_points: list[SummaryPoint] = []


class Metric(_Wire):
    name: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None

    def WhichOneof(self, group: str) -> str | None:
        return next((name for name in self.__struct_fields__[2:] if getattr(self, name) is not None), None)


class ScopeMetrics(_Wire):
    scope: Scope = msgspec.field(default_factory=Scope)
    metrics: list[Metric] = []


class ResourceMetrics(_Wire):
    resource: Resource = msgspec.field(default_factory=Resource)
    scope_metrics: list[ScopeMetrics] = []


class MetricsRequest(_Wire):
    resource_metrics: list[ResourceMetrics] = []


_Request = TypeVar("_Request", TracesRequest, LogsRequest, MetricsRequest)


def json_parser(kind: type[_Request]) -> Callable[[bytes], _Request]:
    """A function from a JSON body to a request. It raises DecodeError, with the place in the body."""
    # Not strict: 64-bit integers come as decimal strings, and doubles as "NaN" or "Infinity".
    decode = msgspec.json.Decoder(kind, strict=False).decode

    def parse(body: bytes) -> _Request:
        try:
            return decode_mended(decode, body)
        except msgspec.ValidationError as error:
            return _parse_with_nulls(body, kind, error)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise DecodeError(f"the body is not OTLP JSON: {error}") from error

    return parse


def _parse_with_nulls(body: bytes, kind: type[_Request], first: Exception) -> _Request:
    """Protobuf's JSON lets any field be null, which means unset; it is rare, so only a body that failed pays for it."""
    try:
        return msgspec.convert(_without_nulls(decode_mended(msgspec.json.decode, body)), kind, strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError, OverflowError):
        raise DecodeError(f"the body is not OTLP JSON: {first}") from first


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
