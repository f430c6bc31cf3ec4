"""The official Google client through a gateway to Gemini's wire and Vertex AI's: every byte as sent, every token counted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from google import genai
from google.auth.credentials import AnonymousCredentials
from google.genai import errors, types

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import ProviderSettings
from tests.support import model_wires as wires
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.model_server import ModelServer, running_model_server
from tests.support.span_listener import SeenSpan, SpanListener

MODEL = "gemini-2.5-flash"
KEY = "AIza-never-to-be-seen"
ASK = "When does the parcel arrive, in Köln?"
SYSTEM = types.GenerateContentConfig(system_instruction="Be kind.")
TOOL = types.Tool(function_declarations=[types.FunctionDeclaration(name="track", description="Finds a parcel.")])
VERTEX = "/v1/projects/p-1/locations/europe-west4/publishers/google"
COST_NUSD = (wires.USAGE.input - wires.USAGE.cached) * 300 + wires.USAGE.cached * 30 + wires.USAGE.output * 2500


class Token(AnonymousCredentials):
    """A Google account whose token this test made up."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "ya29.never-to-be-seen"

    def refresh(self, request: Any) -> None:
        """It holds for ever."""


@dataclass
class Scene:
    """A model server, a gateway before it, and what the gateway tells; sent are the bodies that the client sent."""

    model: ModelServer
    url: str
    listener: SpanListener
    sent: list[bytes] = field(default_factory=list)

    def client(self) -> genai.Client:
        return genai.Client(api_key=KEY, http_options=self._options())

    def vertex_client(self) -> genai.Client:
        options = self._options()
        return genai.Client(
            vertexai=True, project="mine", location="us-central1", credentials=Token(), http_options=options
        )

    def _options(self) -> types.HttpOptions:
        http = httpx2.Client(event_hooks={"request": [lambda request: self.sent.append(request.read())]})
        return types.HttpOptions(base_url=self.url, httpx_client=http)

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        asked = body or {"contents": [{"role": "user", "parts": [{"text": ASK}]}]}
        return httpx2.post(f"{self.url}{path}", json=asked, headers={"x-goog-api-key": KEY})


@contextmanager
def running_scene(like: str, path: str) -> Iterator[Scene]:
    listener = SpanListener()
    with running_model_server() as model, serving(listener.build()) as address:
        settings = ProviderSettings(
            like=like, endpoints={"gemini": f"{model.url}{path}"}, allow_private=True, client_keys=True
        )
        telemetry = TelemetryConfig(url=f"{address}/v1/traces", flush_interval_s=0.05)
        with gateway_thread(model.url, policy=Policy(providers={"url": settings}), telemetry=telemetry) as url:
            yield Scene(model, url, listener)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with running_scene("gemini", "/v1beta") as made:
        yield made


@pytest.fixture
def vertex() -> Iterator[Scene]:
    with running_scene("vertex", VERTEX) as made:
        yield made


def check_span(span: SeenSpan, provider: str = "gcp.gemini") -> None:
    """A generation with all its counts and its price."""
    assert span["gen_ai.provider.name"] == provider
    assert (span["gen_ai.request.model"], span["gen_ai.response.model"]) == (MODEL, MODEL)
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (120, 24)
    assert span["gen_ai.usage.cache_read.input_tokens"] == wires.USAGE.cached
    assert (span["lrcp.cost_nusd"], span["lrcp.cost_source"]) == (COST_NUSD, "computed")
    assert span["gen_ai.response.finish_reasons"] == ["STOP"]
    system, asked = json.loads(span["gen_ai.input.messages"])
    assert (system["role"], system["parts"], asked["parts"]) == ("system", [{"text": "Be kind."}], [{"text": ASK}])
    assert json.loads(span["gen_ai.output.messages"]) == [{"role": "assistant", "content": wires.ANSWER}]
    assert "never-to-be-seen" not in json.dumps(span.raw)


def test_a_call_passes_with_every_byte_and_is_counted(scene: Scene) -> None:
    reply = scene.client().models.generate_content(model=MODEL, contents=ASK, config=SYSTEM)
    assert reply.text == wires.ANSWER
    assert reply.usage_metadata is not None
    assert reply.usage_metadata.thoughts_token_count == wires.USAGE.reasoning
    [request] = scene.model.requests
    assert (request.path, [request.raw]) == (f"/v1beta/models/{MODEL}:generateContent", scene.sent)
    assert request.headers["x-goog-api-key"] == KEY
    check_span(scene.listener.only())


def test_a_stream_passes_with_every_byte_and_is_counted(scene: Scene) -> None:
    chunks = list(scene.client().models.generate_content_stream(model=MODEL, contents=ASK, config=SYSTEM))
    assert [chunk.text for chunk in chunks] == list(wires.PIECES)
    [request] = scene.model.requests
    assert (request.path, [request.raw]) == (f"/v1beta/models/{MODEL}:streamGenerateContent", scene.sent)
    span = scene.listener.only()
    check_span(span)
    assert span["lrcp.ttft_ns"] > 0


def test_what_the_provider_streams_is_what_the_client_gets(scene: Scene) -> None:
    reply = scene.post(f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse")
    assert reply.content == b"".join(f"data: {json.dumps(f)}\r\n\r\n".encode() for f in wires.gemini_frames(MODEL))
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["x-lrcp-model"] == f"url/{MODEL}"


def test_a_stream_that_is_asked_for_as_a_list_is_measured_as_a_whole(scene: Scene) -> None:
    reply = scene.post(f"/v1beta/models/{MODEL}:streamGenerateContent")
    assert reply.json() == wires.gemini_frames(MODEL)
    assert reply.headers["x-lrcp-cost-usd"] == f"0.{COST_NUSD:09d}"
    span = scene.listener.only()
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (120, 24)
    assert json.loads(span["gen_ai.output.messages"])[0]["content"] == wires.ANSWER


@pytest.mark.parametrize("streams", [False, True])
def test_a_tools_call_and_its_signature_come_through(scene: Scene, streams: bool) -> None:
    models = scene.client().models
    config = types.GenerateContentConfig(tools=[TOOL])
    if streams:
        *_, reply = models.generate_content_stream(model="caller", contents=ASK, config=config)
    else:
        reply = models.generate_content(model="caller", contents=ASK, config=config)
    assert reply.candidates is not None
    assert reply.candidates[0].content is not None
    part = (reply.candidates[0].content.parts or [])[-1]
    assert part.function_call is not None
    assert (part.function_call.name, part.function_call.args) == ("track", wires.TOOL_INPUT)
    assert part.thought_signature == b"signed"
    assert [scene.model.requests[0].raw] == scene.sent
    [said] = json.loads(scene.listener.only()["gen_ai.output.messages"])
    [seen] = said["tool_calls"]
    assert (seen["function"]["name"], json.loads(seen["function"]["arguments"])) == ("track", wires.TOOL_INPUT)


def test_tokens_are_counted_free_of_charge(scene: Scene) -> None:
    assert scene.client().models.count_tokens(model=MODEL, contents=ASK).total_tokens == wires.USAGE.input
    [request] = scene.model.requests
    assert (request.path, [request.raw]) == (f"/v1beta/models/{MODEL}:countTokens", scene.sent)
    span = scene.listener.only()
    assert span["gen_ai.operation.name"] == "count_tokens"
    assert (span["lrcp.cost_nusd"], span["gen_ai.usage.input_tokens"]) == (None, None)


def test_texts_are_embedded(scene: Scene) -> None:
    reply = scene.client().models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
    assert [vector.values for vector in reply.embeddings or []] == [[0.5, 0.0], [0.5, 1.0]]
    [request] = scene.model.requests
    assert (request.path, [request.raw]) == ("/v1beta/models/gemini-embedding-001:batchEmbedContents", scene.sent)
    span = scene.listener.only()
    assert (span["gen_ai.usage.input_tokens"], span["lrcp.cost_nusd"]) == (120, 120 * 150)


def test_one_text_is_embedded(scene: Scene) -> None:
    reply = scene.post("/v1beta/models/gemini-embedding-001:embedContent", {"content": {"parts": [{"text": "a"}]}})
    assert reply.json() == wires.gemini_embedding()
    assert scene.listener.only()["gen_ai.usage.input_tokens"] == 120


@pytest.mark.parametrize(("model", "status"), [("missing", 404), ("throttled", 429), ("broken", 500)])
def test_an_error_of_the_provider_passes_in_its_own_words(scene: Scene, model: str, status: int) -> None:
    with pytest.raises(errors.APIError) as raised:
        scene.client().models.generate_content(model=model, contents=ASK)
    assert raised.value.code == status
    assert raised.value.details == wires.gemini_error(status, f"the model '{model}' fails with {status}")


def test_a_stream_that_the_provider_ends_with_an_error_is_an_error_to_the_client(scene: Scene) -> None:
    client = scene.client()
    chunks = client.models.generate_content_stream(model="faltering", contents=ASK)
    assert next(chunks).text == wires.PIECES[0]
    with pytest.raises(errors.ServerError, match="too many requests just now"):
        next(chunks)


@pytest.mark.parametrize("streams", [False, True])
def test_an_error_of_the_gateway_is_in_googles_words(streams: bool) -> None:
    settings = ProviderSettings(
        like="gemini", endpoints={"gemini": "http://127.0.0.1:9/v1beta"}, allow_private=True, client_keys=True
    )
    policy = Policy(providers={"url": settings}, resilience=None)
    with gateway_thread("http://127.0.0.1:9", policy=policy) as url:
        client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=url))
        call = client.models.generate_content_stream if streams else client.models.generate_content
        with pytest.raises(errors.ServerError) as raised:
            list(call(model=MODEL, contents=ASK))
    assert (raised.value.code, raised.value.status) == (502, "UNAVAILABLE")
    assert raised.value.details["error"]["details"][0]["reason"] == "UPSTREAM_UNREACHABLE"


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("POST", "/v1beta/models/../x:generateContent", 404, None),
        ("GET", "/v1beta/models/x:generateContent", 405, "UNIMPLEMENTED"),
        ("POST", "/v1beta/models/x:generateContent", 400, "INVALID_ARGUMENT"),
    ],
)
def test_what_is_no_call_is_told(scene: Scene, method: str, path: str, status: int, name: str | None) -> None:
    reply = httpx2.request(method, f"{scene.url}{path.replace('..', '%2e%2e')}", content=b"{")
    assert reply.status_code == status
    assert name is None or reply.json()["error"]["status"] == name
    assert scene.model.requests == []


def test_a_call_of_a_vertex_client_goes_to_the_gateways_project(vertex: Scene) -> None:
    reply = vertex.vertex_client().models.generate_content(model=MODEL, contents=ASK, config=SYSTEM)
    assert reply.text == wires.ANSWER
    [request] = vertex.model.requests
    assert (request.path, [request.raw]) == (f"{VERTEX}/models/{MODEL}:generateContent", vertex.sent)
    assert request.headers["authorization"] == "Bearer ya29.never-to-be-seen"
    check_span(vertex.listener.only(), "gcp.vertex_ai")


def test_a_stream_of_a_vertex_client_passes(vertex: Scene) -> None:
    models = vertex.vertex_client().models
    assert "".join(c.text or "" for c in models.generate_content_stream(model=MODEL, contents=ASK)) == wires.ANSWER
    assert vertex.model.requests[0].path == f"{VERTEX}/models/{MODEL}:streamGenerateContent"


def test_a_vertex_client_counts_tokens(vertex: Scene) -> None:
    assert vertex.vertex_client().models.count_tokens(model=MODEL, contents=ASK).total_tokens == wires.USAGE.input


@pytest.mark.parametrize(
    ("model", "texts", "verb"),
    [
        ("text-embedding-005", ["a", "b"], "predict"),
        ("gemini-embedding-2", ["a"], "embedContent"),
        ("gemini-embedding-2", ["a", "b"], "batchEmbedContents"),
    ],
)
def test_a_vertex_client_embeds_by_each_of_its_calls(vertex: Scene, model: str, texts: list[str], verb: str) -> None:
    contents = [types.Content(parts=[types.Part(text=text)]) for text in texts] if "gemini" in model else texts
    reply = vertex.vertex_client().models.embed_content(model=model, contents=contents)
    assert [(vector.values or [])[0] for vector in reply.embeddings or []] == [0.5 for _ in texts]
    [request] = vertex.model.requests
    assert (request.path, [request.raw]) == (f"{VERTEX}/models/{model}:{verb}", vertex.sent)
    assert vertex.listener.only()["gen_ai.usage.input_tokens"] == 120


def test_a_vertex_client_in_express_mode_is_understood(vertex: Scene) -> None:
    options = types.HttpOptions(base_url=vertex.url)
    client = genai.Client(vertexai=True, api_key=KEY, http_options=options)
    assert client.models.generate_content(model=MODEL, contents=ASK).text == wires.ANSWER
    assert vertex.model.requests[0].headers["x-goog-api-key"] == KEY
