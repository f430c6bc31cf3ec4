"""Good OTLP requests, every signal in protobuf and JSON, plain and compressed."""

import gzip
from base64 import b64encode

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from lrcp.ingest.receivers.otlp.signals import JSON, PROTOBUF
from tests.fuzz.http_bodies import Seed
from tests.wire.otlp.bodies import SECOND_NS, SPAN_ID, START_NS, TRACE_ID, log_request, metric_request, trace_request
from tests.wire.otlp.test_hostile import EVENTS, RICH
from tests.wire.otlp.test_metrics import exponential, histogram, number, sum_of

NOW_S = START_NS // SECOND_NS + 120
_RESOURCE = {"service.name": "shop", "deployment.environment.name": "test", "host.name": "h"}


def seeds() -> list[Seed]:
    """One request a signal and encoding."""
    requests = (("/v1/traces", _traces()), ("/v1/metrics", _metrics()), ("/v1/logs", _logs()))
    found = []
    for path, request in requests:
        found.append(Seed(path, request.SerializeToString(), {"content-type": PROTOBUF}))
        found.append(Seed(path, _as_json(request), {"content-type": JSON}))
    for path, request in requests[:2]:
        packed = gzip.compress(request.SerializeToString(), mtime=0)
        found.append(Seed(path, packed, {"content-type": PROTOBUF, "content-encoding": "gzip"}))
    return found


def _traces() -> Message:
    status = {"code": 2, "message": "bad"}
    return trace_request(RICH, resource=_RESOURCE, events=EVENTS, scope="s", kind=3, status=status)


def _metrics() -> Message:
    return metric_request(
        sum_of(number(5, start_ns=START_NS + 1, region="eu")),
        sum_of(number(2.5), temporality=1, monotonic=False),
        histogram([1, 2], [3.0], temporality=2, sum=4.0, min=1.0, max=5.0),
        exponential(count=3, scale=2, zero_count=1, positive={"offset": 1, "bucket_counts": [1, 2]}, temporality=2),
        resource=_RESOURCE,
    )


def _logs() -> Message:
    record = {"time_unix_nano": START_NS, "severity_number": 9, "severity_text": "INFO", "body": {"string_value": "x"}}
    return log_request(record, {"body": {"int_value": 5}, "event_name": "e"}, resource=_RESOURCE)


def _as_json(request: Message) -> bytes:
    """Protobuf's usual JSON writes ids in base64; OTLP's has them in hex, and enum values as numbers."""
    text = MessageToJson(request, use_integers_for_enums=True, indent=None)
    for raw in (TRACE_ID, SPAN_ID):
        text = text.replace(b64encode(raw).decode(), raw.hex())
    return text.encode()
