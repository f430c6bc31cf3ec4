"""How fast OTLP trace bodies become spans, on one core: PYTHONPATH=src python -m benchmarks.otlp_traces

Three shapes: the ingest benchmark's (nine web spans to one generation), only web spans, only generations; as protobuf,
as protobuf whose attributes are walked as parsed messages (what remembering their bytes saves), and as JSON.
"""

import time
from collections.abc import Callable

import numpy as np
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.payloads import SPANS_PER_TRACE, otlp_template
from lrcp.ingest.receivers.otlp.attributes import raw_reader, read_parsed
from lrcp.ingest.receivers.otlp.json_wire import TracesRequest, json_parser
from lrcp.ingest.receivers.otlp.protobuf_wire import parse_traces
from lrcp.ingest.receivers.otlp.taken import Arrival
from lrcp.ingest.receivers.otlp.traces import read_traces
from lrcp.ingest.receivers.otlp.values import json_text

_TRACES = 200
_SECONDS = 1.5
_ARRIVAL = Arrival(0, b"")


def shapes() -> dict[str, bytes]:
    """Bodies by name; each holds whole spans of the one body."""
    body = otlp_template(_TRACES).stamp(np.random.default_rng(1))
    wanted = {
        "mixed": lambda n: True,
        "web": lambda n: n < SPANS_PER_TRACE - 1,
        "generations": lambda n: n == SPANS_PER_TRACE - 1,
    }
    return {name: _only(body, keep) for name, keep in wanted.items()}


def _only(body: bytes, keep: Callable[[int], bool]) -> bytes:
    request = ExportTraceServiceRequest.FromString(body)
    spans = request.resource_spans[0].scope_spans[0].spans
    kept = [span for number, span in enumerate(spans) if keep(number % SPANS_PER_TRACE)]
    del spans[:]
    spans.extend(kept)
    return request.SerializeToString()


def as_json(body: bytes) -> bytes:
    """The same request as OTLP JSON: ids in hex, where protobuf's own JSON has base64."""
    request = ExportTraceServiceRequest.FromString(body)
    data = MessageToDict(request, use_integers_for_enums=True)
    for wire, span in zip(
        request.resource_spans[0].scope_spans[0].spans, data["resourceSpans"][0]["scopeSpans"][0]["spans"], strict=True
    ):
        span |= {
            "traceId": wire.trace_id.hex(),
            "spanId": wire.span_id.hex(),
            "parentSpanId": wire.parent_span_id.hex(),
        }
    return json_text(data).encode()


def spans_per_second(decode: Callable[[bytes], int], body: bytes) -> float:
    decode(body)
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        done += decode(body)
    return done / (time.perf_counter() - began)


def main() -> None:
    raw, parsed = read_traces(raw_reader()), read_traces(read_parsed)
    parse_json = json_parser(TracesRequest)
    ways: dict[str, Callable[[bytes], int]] = {
        "protobuf": lambda body: len(raw(parse_traces(body), _ARRIVAL).batch),
        "protobuf, walked": lambda body: len(parsed(ExportTraceServiceRequest.FromString(body), _ARRIVAL).batch),
        "json": lambda body: len(parsed(parse_json(body), _ARRIVAL).batch),
    }
    for shape, body in shapes().items():
        for way, decode in ways.items():
            rate = spans_per_second(decode, as_json(body) if way == "json" else body)
            print(f"{shape:12} {way:17} {rate:10,.0f} spans/s")


if __name__ == "__main__":
    main()
