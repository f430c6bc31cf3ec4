"""Twenty minutes of telemetry in which everything goes wrong that the default pack watches, and twenty ordinary ones."""

from collections.abc import Iterator
from pathlib import Path

from lrcp.model.batch import Batch
from lrcp.model.evaluation import Evaluation
from lrcp.model.metric import MetricBucket
from lrcp.model.span import Span

PACK = Path(__file__).resolve().parents[3] / "src" / "lrcp" / "packs"
MINUTES = 20


def bad_batch(now_s: int) -> Batch:
    """Bad traffic of the MINUTES before a time, Unix seconds, a multiple of 10."""
    return _batch(now_s, True)


def good_batch(now_s: int) -> Batch:
    """Ordinary traffic of the same services."""
    return _batch(now_s, False)


def _batch(now_s: int, bad: bool) -> Batch:
    spans = list(_spans(now_s, bad))
    judged = [span for span in spans if span.kind == "llm"]
    score = 0.9 if bad else 0.1
    evaluations = [Evaluation(s.start_ns, "injection", s.trace_id, s.span_id, score) for s in judged]
    return Batch(spans=spans, evaluations=evaluations, metrics=list(_buckets(now_s, bad)))


def _generation(number: int, start_ns: int, bad: bool, service: str) -> Span:
    failed = bad and number % 3 == 0
    return Span(
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        parent_id="",
        start_ns=start_ns,
        duration_ns=12_000_000_000 if bad else 900_000_000,
        name="chat",
        service=service,
        kind="llm",
        status="error" if failed else "ok",
        error_type="RateLimitError" if failed else "",
        env="prod",
        session_id=f"s{number % (2 if bad else 40)}",
        provider="openai",
        model=f"model-{number % 4}",
        input_tokens=130_000 if bad else 800,
        output_tokens=200,
        cost_nusd=1_000_000_000 if bad else 1_000_000,
        cost_source="reported",
        ttft_ns=5_000_000_000 if bad else 200_000_000,
        finish_reason="length" if bad else "stop",
        input="question",
        output="answer",
    )


def _spans(now_s: int, bad: bool) -> Iterator[Span]:
    for number in range(MINUTES * 12):
        start_ns = (now_s - MINUTES * 60 + number * 5 + 1) * 1_000_000_000
        for offset, service in enumerate(("shop", "pettwin")):
            span = _generation(1_000_000 * (offset + 1) + number, start_ns, bad, service)
            if bad and span.model == "model-3":
                span.duration_ns = 90_000_000_000
            yield span
        stopped = bad and number > 6 * 12
        if not stopped:
            yield _generation(3_000_000 + number, start_ns, False, "night-job")
        yield _tool(number, start_ns, bad)
        yield _gateway_call(number, start_ns, bad)


def _tool(number: int, start_ns: int, bad: bool) -> Span:
    """A step of an agent: bad ones fail, and all are of one trace."""
    trace = "f" * 32 if bad else f"{4_000_000 + number // 4:032x}"
    return Span(
        trace, f"{4_000_000 + number:016x}", "", start_ns, 1_000_000, "search", service="shop", kind="tool",
        status="error" if bad else "ok",
    )  # fmt: skip


def _gateway_call(number: int, start_ns: int, bad: bool) -> Span:
    """What a gateway tells of a call that one of its limits refused, or that went well."""
    return Span(
        f"{5_000_000 + number:032x}", f"{5_000_000 + number:016x}", "", start_ns, 1_000_000, "chat", service="gateway",
        kind="client", source="gateway", status="error" if bad else "ok", attempts=0 if bad else 1,
        error_type="rate_limit_exceeded" if bad else "", tags={"limit": "each-team"} if bad else {},
    )  # fmt: skip


def _buckets(now_s: int, bad: bool) -> Iterator[MetricBucket]:
    """Metrics that evaluators, insights and PetTwin send."""
    shop = ("service:shop",)
    kinds: list[tuple[str, tuple[str, ...], str, float]] = [
        ("llm.response.quality_score", shop, "distribution", 0.3 if bad else 0.9),
        ("llm.security.injection_attempt_score", shop, "distribution", 0.95 if bad else 0.05),
        ("llm.semantic_similarity_score", shop, "distribution", 0.4 if bad else 0.9),
        ("llm.ungrounded_answer", shop, "count", 1.0 if bad else 0.0),
        ("llm.security.pii_detected", shop, "count", 1.0 if bad else 0.0),
        ("llm.recommendation.invalid_product_rate", shop, "gauge", 0.2 if bad else 0.0),
        ("llm.health_score", shop, "gauge", 30.0 if bad else 95.0),
        ("llm.prediction.error_probability", shop, "gauge", 0.95 if bad else 0.1),
        ("pet.health.anomaly.accuracy", (), "gauge", 0.7 if bad else 0.95),
        ("kafka.consumer.lag", ("partition:0", "topic:readings"), "gauge", 9000.0 if bad else 10.0),
    ]
    for at_s in range(now_s - MINUTES * 60, now_s, 10):
        for metric, tags, kind, value in kinds:
            values = [value] if kind == "distribution" else []
            yield MetricBucket(
                metric, tags, at_s, kind, 1, value, value, value, value, at_s * 1_000_000_000, values, interval_s=10
            )
