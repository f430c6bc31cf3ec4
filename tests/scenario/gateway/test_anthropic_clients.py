"""The official Anthropic client through a gateway to Anthropic's wire: every byte as sent, every token counted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import httpx2
import pytest

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import ProviderSettings
from tests.support import model_wires as wires
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.model_server import ModelServer, running_model_server
from tests.support.span_listener import SeenSpan, SpanListener

MODEL = "claude-sonnet-4-6"
KEY = "sk-ant-never-to-be-seen"
ASK: list[anthropic.types.MessageParam] = [{"role": "user", "content": "When does the parcel arrive, in Köln?"}]
TOOL: anthropic.types.ToolParam = {"name": "track", "input_schema": {"type": "object", "properties": {}}}
COST_NUSD = (wires.USAGE.input - wires.USAGE.cached) * 3000 + wires.USAGE.cached * 300 + wires.USAGE.output * 15000


@dataclass
class Scene:
    """A model server, a gateway before it, and what the gateway tells; sent are the bodies that the client sent."""

    model: ModelServer
    url: str
    listener: SpanListener
    sent: list[bytes] = field(default_factory=list)

    def client(self) -> anthropic.Anthropic:
        http = httpx2.Client(event_hooks={"request": [lambda request: self.sent.append(request.content)]})
        return anthropic.Anthropic(api_key=KEY, base_url=self.url, max_retries=0, http_client=http)


@pytest.fixture
def scene() -> Iterator[Scene]:
    listener = SpanListener()
    with running_model_server() as model, serving(listener.build()) as address:
        settings = ProviderSettings(
            like="anthropic", endpoints={"anthropic": f"{model.url}/v1"}, allow_private=True, client_keys=True
        )
        telemetry = TelemetryConfig(url=f"{address}/v1/traces", flush_interval_s=0.05)
        with gateway_thread(model.url, policy=Policy(providers={"url": settings}), telemetry=telemetry) as url:
            yield Scene(model, url, listener)


def check_span(span: SeenSpan) -> None:
    """A generation with all its counts and its price."""
    assert span["gen_ai.provider.name"] == "anthropic"
    assert (span["gen_ai.request.model"], span["gen_ai.response.model"]) == (MODEL, MODEL)
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (120, 24)
    assert span["gen_ai.usage.cache_read.input_tokens"] == wires.USAGE.cached
    assert (span["lrcp.cost_nusd"], span["lrcp.cost_source"]) == (COST_NUSD, "computed")
    assert span["gen_ai.response.finish_reasons"] == ["end_turn"]
    assert json.loads(span["gen_ai.input.messages"]) == [{"role": "system", "content": "Be kind."}, *ASK]
    assert json.loads(span["gen_ai.output.messages"]) == [{"role": "assistant", "content": wires.ANSWER}]
    assert KEY not in json.dumps(span.raw)


def test_a_call_passes_with_every_byte_and_is_counted(scene: Scene) -> None:
    call = scene.client().messages.with_raw_response
    raw = call.create(model=MODEL, max_tokens=64, system="Be kind.", messages=ASK)
    assert json.loads(raw.read()) == wires.anthropic_reply(MODEL)
    assert raw.parse().content[0].to_dict() == {"type": "text", "text": wires.ANSWER}
    [request] = scene.model.requests
    assert [request.raw] == scene.sent
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["anthropic-version"] == scene.client().default_headers["anthropic-version"]
    assert raw.headers["x-lrcp-cost-usd"] == "0.000504000"
    check_span(scene.listener.only())


def test_a_stream_passes_with_every_byte_and_is_counted(scene: Scene) -> None:
    client = scene.client()
    streamed = client.messages.with_streaming_response
    with streamed.create(model=MODEL, max_tokens=64, system="Be kind.", messages=ASK, stream=True) as reply:
        body = b"".join(reply.iter_bytes())
    frames = wires.anthropic_frames(MODEL)
    assert body == b"".join(f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n".encode() for frame in frames)
    assert [scene.model.requests[0].raw] == scene.sent
    span = scene.listener.only()
    check_span(span)
    assert span["lrcp.ttft_ns"] > 0


def test_the_stream_helper_gathers_a_tools_input(scene: Scene) -> None:
    with scene.client().messages.stream(model="caller", max_tokens=64, messages=ASK, tools=[TOOL]) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    call = message.content[1]
    assert call.type == "tool_use"
    assert (pieces, call.input, message.stop_reason) == ([wires.PIECES[0]], wires.TOOL_INPUT, "tool_use")
    assert message.usage.cache_read_input_tokens == wires.USAGE.cached
    [said] = json.loads(scene.listener.only()["gen_ai.output.messages"])
    [seen] = said["tool_calls"]
    assert (seen["function"]["name"], json.loads(seen["function"]["arguments"])) == ("track", wires.TOOL_INPUT)


def test_tokens_are_counted_free_of_charge(scene: Scene) -> None:
    assert scene.client().messages.count_tokens(model=MODEL, messages=ASK).input_tokens == wires.USAGE.input
    [request] = scene.model.requests
    assert (request.path, [request.raw]) == ("/v1/messages/count_tokens", scene.sent)
    span = scene.listener.only()
    assert (span["lrcp.kind"], span["gen_ai.operation.name"]) == ("client", "count_tokens")
    assert (span["lrcp.cost_nusd"], span["gen_ai.usage.input_tokens"]) == (None, None)


@pytest.mark.parametrize(
    ("model", "raised", "kind"),
    [
        ("missing", anthropic.NotFoundError, "not_found_error"),
        ("throttled", anthropic.RateLimitError, "rate_limit_error"),
        ("broken", anthropic.InternalServerError, "api_error"),
    ],
)
def test_the_providers_errors_pass_in_its_own_words(
    scene: Scene, model: str, raised: type[anthropic.APIStatusError], kind: str
) -> None:
    with pytest.raises(raised) as caught:
        scene.client().messages.create(model=model, max_tokens=64, messages=ASK)
    assert caught.value.body == wires.anthropic_error(
        caught.value.status_code, f"the model '{model}' fails with {caught.value.status_code}"
    )
    assert scene.listener.only()["error.type"] == kind


def test_an_error_within_a_stream_reaches_the_client_and_the_span(scene: Scene) -> None:
    seen: list[str] = []
    with (
        pytest.raises(anthropic.APIStatusError) as caught,
        scene.client().messages.stream(model="faltering", max_tokens=64, messages=ASK) as stream,
    ):
        seen.extend(stream.text_stream)
    body: Any = caught.value.body
    assert body["error"]["type"] == "overloaded_error"
    assert seen == [wires.PIECES[0]]
    span = scene.listener.only()
    assert span["error.type"] == "overloaded_error"
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (120, 3)
    assert span["gen_ai.usage.cache_read.input_tokens"] == wires.USAGE.cached


def test_the_gateways_own_errors_are_in_anthropics_form(scene: Scene) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        scene.client().messages.create(model="", max_tokens=64, messages=ASK)
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert "names no model" in body["error"]["message"]
    assert scene.model.requests == []


def test_an_unreachable_provider_is_an_api_error() -> None:
    settings = ProviderSettings(
        like="anthropic", endpoints={"anthropic": "http://127.0.0.1:9/v1"}, allow_private=True, client_keys=True
    )
    with gateway_thread("http://127.0.0.1:9", policy=Policy(providers={"url": settings})) as url:
        client = anthropic.Anthropic(api_key=KEY, base_url=url, max_retries=0)
        with pytest.raises(anthropic.InternalServerError) as caught:
            client.messages.create(model=MODEL, max_tokens=64, messages=ASK)
    body: Any = caught.value.body
    assert (caught.value.status_code, body["error"]["type"]) == (502, "api_error")
    assert body["error"]["code"].startswith("upstream_")


def test_a_route_to_another_name_changes_nothing_else(scene: Scene) -> None:
    scene.client().messages.create(model=f"url/{MODEL}", max_tokens=64, messages=ASK)
    [request], [sent] = scene.model.requests, scene.sent
    assert request.raw == sent.replace(f'"url/{MODEL}"'.encode(), f'"{MODEL}"'.encode())
