"""What the gateway's own encoder sends arrives as the span it had."""

import msgspec

from lrcp.gateway.telemetry.otlp import Envelope, encode_span
from lrcp.model.span import Span
from tests.wire.otlp.bodies import SPAN_ID, START_NS, TRACE_ID, Decoders

HAD = Span(
    TRACE_ID.hex(),
    SPAN_ID.hex(),
    "01" * 8,
    START_NS,
    5_000_000,
    "chat fast",
    service="lrcp-gateway",
    resource="/v1/chat/completions",
    kind="llm",
    env="prod",
    version="1",
    session_id="s",
    user_id="u",
    provider="openai",
    model="gpt-x",
    response_model="gpt-x-1",
    input_tokens=10,
    output_tokens=5,
    cached_input_tokens=4,
    cache_write_tokens=0,
    reasoning_tokens=2,
    cost_nusd=123,
    cost_source="computed",
    ttft_ns=1_000_000,
    finish_reason="stop,length",
    route="fast",
    cache="miss",
    attempts=2,
    input='[{"role":"user","content":"hi"}]',
    output='[{"role":"assistant","content":"ho"}]',
    tags={"lrcp.target": "a"},
    source="gateway",
)


def arrived(span: Span) -> Span:
    body = Envelope("lrcp-gateway", "prod", "1").wrap([encode_span(span)])
    (got,) = Decoders().json("/v1/traces", body).batch.spans
    return got


def test_every_column_that_the_gateway_sends_arrives() -> None:
    got = arrived(HAD)
    # The path is a tag; the resource of a generation is its name, as for everyone's generations.
    wanted = msgspec.structs.replace(HAD, resource="chat fast", ml_app="lrcp-gateway", tags=got.tags)
    assert got == wanted
    assert got.tags == {
        "otel.scope": "lrcp.gateway",
        "gen_ai.operation.name": "chat",
        "url.path": "/v1/chat/completions",
        "lrcp.target": "a",
    }


def test_a_hop_below_a_counted_generation_stays_a_client_span() -> None:
    assert arrived(msgspec.structs.replace(HAD, kind="client")).kind == "client"


def test_a_failed_attempt_arrives_with_its_error() -> None:
    failed = msgspec.structs.replace(HAD, status="error", error_type="Timeout", error_message="no answer in 30 s")
    got = arrived(failed)
    assert (got.status, got.error_type, got.error_message) == ("error", "Timeout", "no answer in 30 s")


def test_a_cost_nobody_knows_stays_unknown() -> None:
    got = arrived(msgspec.structs.replace(HAD, cost_nusd=None, cost_source="unknown"))
    assert (got.cost_nusd, got.cost_source) == (None, "unknown")
