"""Bodies that nobody meant: whatever comes, the reply is 200 or 4xx, and no decoder is caught by surprise."""

import asyncio
import json
import math
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import ReceiverApp
from lrcp.ingest.receivers.otlp.histograms import MAX_SKETCH_WEIGHT
from lrcp.ingest.receivers.otlp.receiver import receiver
from lrcp.ingest.receivers.otlp.signals import JSON, PROTOBUF, otlp_signals
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.span import SPAN_KINDS
from tests.wire.otlp.bodies import START_NS, log_request, metric_request, trace_request
from tests.wire.otlp.test_json import trace_body
from tests.wire.otlp.test_metrics import exponential, histogram, number, sum_of

MESSAGES = '[{"role":"user","parts":[{"type":"text","content":"hi"},{"type":"tool_call","name":"f"}]}]'
RICH = {
    "gen_ai.operation.name": "chat",
    "gen_ai.usage.input_tokens": 5,
    "gen_ai.input.messages": MESSAGES,
    "gen_ai.prompt.0.content": "x",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "f",
    "retrieval.documents.0.document.score": 0.5,
    "llm.cost.total": 0.5,
    "gen_ai.response.finish_reasons": ["stop"],
    "map": {"a": [1, {"b": 2}]},
}
EVENTS = [("exception", {"exception.type": "E"}), ("gen_ai.choice", {"message": MESSAGES}), ("x", {"y": 1})]
PROTOBUF_BODIES = [
    ("/v1/traces", trace_request(RICH, events=EVENTS, scope="s", status={"code": 2}).SerializeToString()),
    (
        "/v1/metrics",
        metric_request(
            sum_of(number(5, start_ns=START_NS + 1)),
            histogram([1, 2], [3.0], temporality=2, sum=4.0),
            exponential(count=3, positive={"offset": 1, "bucket_counts": [1, 2]}, temporality=2),
        ).SerializeToString(),
    ),
    ("/v1/logs", log_request({"time_unix_nano": START_NS, "severity_number": 9}).SerializeToString()),
]
JSON_BODY = trace_body(
    [{"key": key, "value": {"stringValue": "1"}} for key in RICH], events=[{"name": "gen_ai.choice"}]
)


class Storable:
    """A consumer that keeps nothing, but sees that what comes fits the store's columns."""

    async def consume(self, batch: Batch) -> None:
        assert len(batch) > 0
        for span in batch.spans:
            counts = (span.input_tokens, span.output_tokens, span.cost_nusd, span.ttft_ns, span.cached_input_tokens)
            assert all(count is None or 0 <= count < 2**63 for count in counts)
            assert (len(span.trace_id), len(span.span_id), span.kind in SPAN_KINDS) == (32, 16, True)
            assert all(isinstance(text, str) for text in (*span.tags, *span.tags.values(), span.input, span.output))
        for bucket in batch.metrics:
            assert all(map(math.isfinite, (bucket.sum, bucket.min, bucket.max, bucket.last, *bucket.values)))
            assert all(weight > 0 for weight in bucket.weights)
            assert sum(bucket.weights) <= MAX_SKETCH_WEIGHT
            assert 0 <= bucket.interval_s < 2**32
        msgspec.json.encode(batch.logs)


def answer(path: str, body: bytes, content_type: str) -> tuple[int, int]:
    """(status, unforeseen exceptions) for a body."""
    counters = Counters()
    app = ReceiverApp(receiver(otlp_signals(START_NS)), Storable(), counters, FakeClock())
    scope = {"method": "POST", "path": path, "headers": [(b"content-type", content_type.encode())]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    # A failed check of Storable is a 503 here, as any failure to store is.
    reply = asyncio.run(app.handle(scope, receive))
    return reply.status, counters.value("otlp", "unexpected")


@st.composite
def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """A body with some bytes changed, left out, doubled or put in."""
    out = bytearray(body)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(out)))
        change = draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if change == "set" and at < len(out):
            out[at] = draw(st.integers(0, 255))
        elif change == "cut":
            del out[at : at + draw(st.integers(1, 12))]
        elif change == "double":
            out[at:at] = out[at : at + draw(st.integers(1, 40))]
        else:
            out[at:at] = draw(st.binary(min_size=1, max_size=8))
    return bytes(out)


protobuf_requests = st.sampled_from(PROTOBUF_BODIES).flatmap(lambda pair: st.tuples(st.just(pair[0]), mutated(pair[1])))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["NaN", "-1", "9" * 30, MESSAGES, "[", '[{"role":1,"parts":[3]}]', '{"messages":[1]}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(protobuf_requests)
def test_mutated_protobuf_never_surprises(request: tuple[str, bytes]) -> None:
    status, surprises = answer(request[0], request[1], PROTOBUF)
    assert status in (200, 400)
    assert surprises == 0


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["/v1/traces", "/v1/metrics", "/v1/logs"]), mutated(json.dumps(JSON_BODY).encode()))
def test_mutated_json_never_surprises(path: str, body: bytes) -> None:
    status, surprises = answer(path, body, JSON)
    assert status in (200, 400)
    assert surprises == 0


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(RICH)), values, max_size=5), values)
def test_attributes_of_any_type_never_surprise(attributes: dict[str, Any], event: Any) -> None:
    events = [(name, {"message": event, "gen_ai.event.content": event}) for name, _ in EVENTS]
    body = trace_request(
        {key: _within_64_bits(value) for key, value in attributes.items()},
        events=[(name, {key: _within_64_bits(value) for key, value in given.items()}) for name, given in events],
    ).SerializeToString()
    assert answer("/v1/traces", body, PROTOBUF) == (200, 0)


def _within_64_bits(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(2**63 - 1, value))
    if isinstance(value, list):
        return [_within_64_bits(item) for item in value]
    if isinstance(value, dict):
        return {key: _within_64_bits(item) for key, item in value.items()}
    return "" if value is None else value


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["startTimeUnixNano", "endTimeUnixNano", "kind", "name", "traceId", "parentSpanId", "status"])
        | st.sampled_from(["events", "links"]),
        values,
        max_size=4,
    )
)
def test_json_fields_of_any_type_never_surprise(fields: dict[str, Any]) -> None:
    status, surprises = answer("/v1/traces", json.dumps(trace_body([], **fields)).encode(), JSON)
    assert status in (200, 400)
    assert surprises == 0


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["gauge", "sum", "histogram", "exponentialHistogram", "summary"]),
    st.dictionaries(
        st.sampled_from(
            [
                "timeUnixNano",
                "startTimeUnixNano",
                "asInt",
                "asDouble",
                "count",
                "sum",
                "min",
                "max",
                "bucketCounts",
                "explicitBounds",
                "scale",
                "zeroCount",
                "positive",
                "negative",
                "flags",
                "quantileValues",
            ]
        ),
        st.integers(-10, 2**66) | st.floats() | st.lists(st.integers(0, 2**65), max_size=4),
        max_size=7,
    ),
)
def test_metric_points_of_any_shape_never_surprise(form: str, point: dict[str, Any]) -> None:
    data = {"dataPoints": [{"timeUnixNano": str(START_NS)} | point], "aggregationTemporality": 2, "isMonotonic": True}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", form: data}]}]}]}
    status, surprises = answer("/v1/metrics", json.dumps(body).encode(), JSON)
    assert status in (200, 400)
    assert surprises == 0
