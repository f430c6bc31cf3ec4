"""Request bodies for the ingest benchmarks: a template a format, stamped with fresh ids, so that the client costs little."""

import random
import time
from dataclasses import dataclass

import msgspec
import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS_PER_TRACE = 10
GENERATIONS_PER_TRACE = 1
MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-flash"),
)
QUESTION = "Where is my order {n}? I bought the {n}-piece garden set two weeks ago and the parcel has not moved since."
ANSWER = "Your order {n} left our warehouse on Monday. The carrier had a delay in {n} and will deliver it by Friday."


@dataclass
class Template:
    """A body whose ids are at known places. positions[i] holds, in 8 bytes, the id number id_index[i]."""

    body: np.ndarray
    positions: np.ndarray
    id_index: np.ndarray
    ids: int
    spans: int

    def stamp(self, rng: np.random.Generator) -> bytes:
        """The body with fresh random ids (never 0)."""
        ids = rng.integers(1, 1 << 63, size=self.ids, dtype=np.int64)
        body = self.body.copy()
        body[self.positions[:, None] + np.arange(8)] = ids[self.id_index].view(np.uint8).reshape(-1, 8)
        return body.tobytes()


def make_template(body: bytes, markers: list[bytes], spans: int) -> Template:
    """Find every place of every 8-byte marker."""
    positions, index = [], []
    for number, marker in enumerate(markers):
        at = body.find(marker)
        while at >= 0:
            positions.append(at)
            index.append(number)
            at = body.find(marker, at + 8)
    return Template(np.frombuffer(body, np.uint8), np.array(positions), np.array(index), len(markers), spans)


def _markers(count: int, seed: int) -> list[int]:
    return [random.Random(seed + n).getrandbits(62) | 1 << 62 for n in range(count)]


def ddtrace_template(traces: int, seed: int = 1) -> Template:
    """`/v0.4/traces`: web spans of eight tags, one generation a trace as current tracers send it."""
    ids = _markers(traces * (SPANS_PER_TRACE + 1), seed)
    chunks, used = [], iter(ids)
    for trace in range(traces):
        trace_id, span_ids = next(used), [next(used) for _ in range(SPANS_PER_TRACE)]
        chunks.append([_dd_span(trace, n, trace_id, span_ids) for n in range(SPANS_PER_TRACE)])
    body = msgspec.msgpack.encode(chunks)
    return make_template(body, [i.to_bytes(8, "big") for i in ids], traces * SPANS_PER_TRACE)


def _dd_span(trace: int, n: int, trace_id: int, span_ids: list[int]) -> dict:
    now_ns = time.time_ns()
    span = {
        "service": "shop-assistant", "name": "fastapi.request" if n == 0 else f"step.{n}", "resource": f"POST /qa/{n}",
        "trace_id": trace_id, "span_id": span_ids[n], "parent_id": span_ids[n - 1] if n else 0,
        "start": now_ns - 50_000_000 + n * 1_000_000, "duration": 40_000_000 - n * 1_000_000, "error": int(trace % 50 == 0),
        "meta": {
            "env": "prod", "version": "1.4.2", "language": "python", "runtime-id": "d4c1b7a2", "http.method": "POST",
            "http.url": f"http://shop/qa/{trace}", "component": "fastapi", "http.status_code": "200",
            "_dd.p.tid": f"{0x6740_0000 + trace:08x}00000000",
        },
        "metrics": {"_sampling_priority_v1": 1, "process_id": 4711, "_dd.top_level": 1},
        "type": "web",
    }  # fmt: skip
    if n == SPANS_PER_TRACE - 1:
        provider, model = MODELS[trace % len(MODELS)]
        span |= {"type": "llm", "meta_struct": {"_llmobs": msgspec.msgpack.encode(_llmobs(trace, provider, model))}}
    return span


def _llmobs(trace: int, provider: str, model: str) -> dict:
    return {
        "name": "chat", "parent_id": "undefined", "trace_id": f"{trace:032x}", "ml_app": "shop", "session_id": f"s{trace}",
        "tags": {"source": "integration"},
        "metrics": {"input_tokens": 900 + trace % 100, "output_tokens": 80, "total_tokens": 980 + trace % 100},
        "meta": {
            "span": {"kind": "llm"}, "model_name": model, "model_provider": provider,
            "input": {"messages": [{"role": "user", "content": QUESTION.format(n=trace)}]},
            "output": {"messages": [{"role": "assistant", "content": ANSWER.format(n=trace)}]},
        },
        "_dd": {"sample_rate": "1", "sampling_decision": "1"},
    }  # fmt: skip


def otlp_template(traces: int, seed: int = 2) -> Template:
    """`/v1/traces` protobuf: spans of eight attributes, one generation a trace by the GenAI conventions."""
    ids = _markers(traces * (SPANS_PER_TRACE + 1), seed)
    request, used = ExportTraceServiceRequest(), iter(ids)
    resource = request.resource_spans.add()
    for key, value in {
        "service.name": "shop-assistant",
        "deployment.environment.name": "prod",
        "service.version": "1.4.2",
    }.items():
        resource.resource.attributes.add(key=key).value.string_value = value
    scope = resource.scope_spans.add()
    scope.scope.name = "shop.instrumentation"
    for trace in range(traces):
        trace_id = next(used).to_bytes(8, "big") + (trace + 1).to_bytes(8, "big")
        span_ids = [next(used).to_bytes(8, "big") for _ in range(SPANS_PER_TRACE)]
        for n in range(SPANS_PER_TRACE):
            _otlp_span(scope.spans.add(), trace, n, trace_id, span_ids)
    return make_template(request.SerializeToString(), [i.to_bytes(8, "big") for i in ids], traces * SPANS_PER_TRACE)


def _otlp_span(span, trace: int, n: int, trace_id: bytes, span_ids: list[bytes]) -> None:
    span.trace_id, span.span_id, span.parent_span_id = trace_id, span_ids[n], span_ids[n - 1] if n else b""
    span.name, span.kind = ("POST /qa", 2) if n == 0 else (f"step {n}", 1)
    span.start_time_unix_nano = time.time_ns() - 50_000_000 + n * 1_000_000
    span.end_time_unix_nano = span.start_time_unix_nano + 40_000_000 - n * 2_000_000
    attributes: dict[str, str | int] = {
        "http.request.method": "POST", "url.full": f"http://shop/qa/{trace}", "http.response.status_code": 200,
        "server.address": "shop", "user_agent.original": "Mozilla/5.0", "network.protocol.version": "1.1",
        "client.address": "10.0.0.7", "url.scheme": "http",
    }  # fmt: skip
    if n == SPANS_PER_TRACE - 1:
        provider, model = MODELS[trace % len(MODELS)]
        span.name, span.kind = f"chat {model}", 3
        attributes = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": 900 + trace % 100, "gen_ai.usage.output_tokens": 80,
            "gen_ai.conversation.id": f"s{trace}",
            "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"{QUESTION.format(n=trace)}"}}]}}]',
            "gen_ai.output.messages": f'[{{"role":"assistant","parts":[{{"type":"text","content":"{ANSWER.format(n=trace)}"}}]}}]',
        }  # fmt: skip
    for key, value in attributes.items():
        slot = span.attributes.add(key=key).value
        if isinstance(value, int):
            slot.int_value = value
        else:
            slot.string_value = value


def dogstatsd_datagrams(
    count: int, contexts: int = 1000, limit_bytes: int = 1432, seed: int = 3
) -> tuple[list[bytes], int, int]:
    """Datagrams as clients buffer them. Returns: (datagrams, metrics in them, sum of the counts of `bench.hits`)."""
    rng = random.Random(seed)
    kinds = (("hits", "c"), ("hits", "c"), ("queue", "g"), ("latency", "d"), ("latency", "d"))
    datagrams, metrics, hits = [], 0, 0
    for _ in range(count):
        lines, size = [], 0
        while True:
            name, kind = rng.choice(kinds)
            value = rng.randint(1, 9) if kind == "c" else round(rng.expovariate(0.02), 3)
            line = f"bench.{name}:{value}|{kind}|#env:prod,service:shop,endpoint:e{rng.randrange(contexts // 5)}"
            if size + len(line) + 1 > limit_bytes:
                break
            lines.append(line)
            size += len(line) + 1
            metrics += 1
            hits += value if kind == "c" else 0
        datagrams.append("\n".join(lines).encode())
    return datagrams, metrics, hits
