"""Good requests of every path of the trace agent that reads a body, and of LLM Observability; recorded from real tracers."""

import gzip
import json
from typing import Any

import msgspec

from tests.fuzz.http_bodies import Seed
from tests.wire.agent import JSON, MSGPACK, PROXIED, recording

NOW_S = 1_795_204_900
"""Shortly after the recordings were made."""

_SPAN: dict[str, Any] = {
    "service": "shop",
    "name": "web.request",
    "resource": "GET /",
    "trace_id": 0x1234,
    "span_id": 0xABCD,
    "parent_id": 0,
    "start": NOW_S * 1_000_000_000,
    "duration": 1_000_000,
    "error": 1,
    "meta": {"env": "test", "error.type": "E", "_dd.p.tid": "68f0b1c200000000"},
    "metrics": {"http.status_code": 200.0},
    "type": "web",
    "span_links": [{"trace_id": 1, "span_id": 2, "attributes": {"a": "b"}}],
    "span_events": [{"name": "e", "time_unix_nano": 1, "attributes": {"k": {"type": 0, "string_value": "v"}}}],
}
_PAYLOAD: dict[str, Any] = {
    "container_id": "c",
    "language_name": "nodejs",
    "tracer_version": "5",
    "runtime_id": "r",
    "env": "test",
    "hostname": "h",
    "app_version": "1",
    "tags": {"a": "b"},
    "chunks": [{"priority": 1, "origin": "o", "spans": [_SPAN], "tags": {"c": "d"}, "dropped_trace": False}],
}
_PUBLIC_SPAN: dict[str, Any] = {
    "span_id": "5",
    "trace_id": "68f0b1c2000000001122334455667788",
    "parent_id": "undefined",
    "name": "chat",
    "start_ns": NOW_S * 1_000_000_000,
    "duration": 5e6,
    "status": "error",
    "meta": {
        "kind": "llm",
        "input": {"messages": [{"role": "user", "content": "hi"}]},
        "output": {"messages": [{"role": "assistant", "content": "ho"}], "documents": [{"text": "t", "score": 0.5}]},
        "metadata": {"temperature": 0.5, "model_name": "gpt-4o", "model_provider": "openai"},
        "error": {"message": "m", "type": "E", "stack": "s"},
    },
    "metrics": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "time_to_first_token": 0.1},
    "tags": ["a:b"],
}
_PUBLIC = {"data": {"type": "span", "attributes": {"ml_app": "shop", "session_id": "s", "spans": [_PUBLIC_SPAN]}}}
_EVALUATION = {
    "join_on": {"tag": {"key": "k", "value": "v"}},
    "label": "quality",
    "metric_type": "categorical",
    "categorical_value": "good",
    "timestamp_ms": NOW_S * 1000,
    "ml_app": "shop",
}
_EVALUATION_V1 = {
    "span_id": "4660",
    "trace_id": "1",
    "label": "q",
    "metric_type": "score",
    "score_value": 0.5,
    "timestamp_ms": NOW_S * 1000,
}


def seeds() -> list[Seed]:
    """Traces in every version, statistics, configuration, telemetry, and LLM Observability behind the proxy and without."""
    unsampled = recording("llmobs/unsampled.events.json")
    return [
        Seed("/v0.3/traces", _packed([[_SPAN]]), MSGPACK, "PUT"),
        Seed("/v0.3/traces", json.dumps([[_SPAN, None]]).encode(), JSON, "PUT"),
        Seed("/v0.4/traces", _packed([[_SPAN, _SPAN]]), MSGPACK, "PUT"),
        *(Seed("/v0.4/traces", recording(f"ddtrace_v04/{name}.bin"), MSGPACK, "PUT") for name in _RECORDED),
        Seed("/v0.5/traces", recording("ddtrace_v05/plain.bin"), MSGPACK, "PUT"),
        Seed("/v0.7/traces", _packed(_PAYLOAD), MSGPACK),
        Seed("/v0.6/stats", recording("ddtrace_v05/counted.stats.bin"), MSGPACK, "PUT"),
        Seed("/v0.7/config", b'{"client":{"id":"x","products":["ASM"],"state":{}}}', JSON),
        Seed("/v0.4/services", b'{"shop":{"app":"x"}}', JSON, "PUT"),
        Seed("/telemetry/proxy/api/v2/apmtelemetry", b'{"request_type":"app-started","payload":{}}', JSON),
        Seed("/dogstatsd/v2/proxy", b"page.views:1|c", {}),
        Seed("/evp_proxy/v2/api/v2/llmobs", recording("llmobs/alone.events.json"), PROXIED),
        Seed("/evp_proxy/v4/api/v2/llmobs", gzip.compress(unsampled, mtime=0), PROXIED | {"content-encoding": "gzip"}),
        Seed("/evp_proxy/v1/api/v2/anything", b"{}", PROXIED),
        *llmobs_seeds(),
    ]


def llmobs_seeds() -> list[Seed]:
    """LLM Observability without a proxy, as Datadog's own intake and our main port take it."""
    return [
        Seed("/api/v2/llmobs", recording("llmobs/alone.events.json"), JSON),
        Seed("/api/v2/llmobs", _packed(msgspec.json.decode(recording("llmobs/alone.events.json"))), MSGPACK),
        Seed("/api/intake/llm-obs/v1/trace/spans", json.dumps(_PUBLIC).encode(), JSON),
        Seed("/api/intake/llm-obs/v1/eval-metric", _evaluations(_EVALUATION_V1), JSON),
        Seed("/api/intake/llm-obs/v2/eval-metric", _evaluations(_EVALUATION), JSON),
        Seed("/api/intake/llm-obs/v2/eval-metric", recording("llmobs/manual.evaluations.json"), JSON),
    ]


_RECORDED = ("plain", "openai", "anthropic", "gemini", "manual")


def _packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def _evaluations(metric: dict[str, Any]) -> bytes:
    return json.dumps({"data": {"type": "evaluation_metric", "attributes": {"metrics": [metric]}}}).encode()
