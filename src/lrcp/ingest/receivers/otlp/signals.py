"""The three signals as data: for each, its path, its method, and how either form of its request becomes records."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.attributes import raw_reader, read_parsed
from lrcp.ingest.receivers.otlp.deltas import MAX_HISTOGRAM_SERIES, Deltas
from lrcp.ingest.receivers.otlp.histograms import Totals
from lrcp.ingest.receivers.otlp.json_wire import LogsRequest, MetricsRequest, TracesRequest, json_parser
from lrcp.ingest.receivers.otlp.logs import read_logs
from lrcp.ingest.receivers.otlp.metrics import MetricsReader
from lrcp.ingest.receivers.otlp.protobuf_wire import parse_logs, parse_metrics, parse_traces
from lrcp.ingest.receivers.otlp.taken import Arrival, Taken
from lrcp.ingest.receivers.otlp.traces import read_traces
from lrcp.model.errors import DecodeError
from lrcp.model.ids import payload_digest

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_Read = Callable[[Any, Arrival], Taken]


class Form(msgspec.Struct, frozen=True):
    """One encoding of a signal: bytes to a parsed request, and that to records."""

    parse: Callable[[bytes], Any]
    read: _Read


class Signal(msgspec.Struct, frozen=True):
    """path: over HTTP; method: the full name of the gRPC method; refused_field: in the JSON of a partial success."""

    path: str
    method: str
    refused_field: str
    forms: Mapping[str, Form]

    def decode(self, body: bytes, content_type: str, received_ns: int) -> Taken:
        """A body to records.

        Args:
            content_type: PROTOBUF or JSON.
        Returns: the records, with the batch's digest (b'' when a record carried no time) and size filled in.
        Raises: DecodeError - the body is not what the content type says.
        """
        form = self.forms[content_type]
        arrival = Arrival(received_ns, payload_digest(self.path.encode(), body))
        try:
            taken = form.read(form.parse(body), arrival)
        except RecursionError as error:
            raise DecodeError("the body nests too deeply") from error
        taken.batch.digest = arrival.digest if taken.timed else b""
        taken.batch.size_bytes = len(body)
        taken.undo = arrival.undo
        return taken


_SERVICE: Final = "/opentelemetry.proto.collector.{0}.v1.{1}Service/Export"


def otlp_signals(watching_since_ns: int) -> tuple[Signal, ...]:
    """The signals with a memory of cumulative series; HTTP and gRPC must share one such tuple.

    watching_since_ns: when this server began, Unix nanoseconds (deltas.py).
    """
    deltas: Deltas[float] = Deltas(watching_since_ns)
    histogram_deltas: Deltas[Totals] = Deltas(watching_since_ns, MAX_HISTOGRAM_SERIES)
    metrics = MetricsReader(deltas, histogram_deltas).read
    traces = {
        PROTOBUF: Form(parse_traces, read_traces(raw_reader())),
        JSON: Form(json_parser(TracesRequest), read_traces(read_parsed)),
    }
    return (
        Signal("/v1/traces", _SERVICE.format("trace", "Trace"), "rejectedSpans", traces),
        Signal(
            "/v1/metrics",
            _SERVICE.format("metrics", "Metrics"),
            "rejectedDataPoints",
            {PROTOBUF: Form(parse_metrics, metrics), JSON: Form(json_parser(MetricsRequest), metrics)},
        ),
        Signal(
            "/v1/logs",
            _SERVICE.format("logs", "Logs"),
            "rejectedLogRecords",
            {PROTOBUF: Form(parse_logs, read_logs), JSON: Form(json_parser(LogsRequest), read_logs)},
        ),
    )
