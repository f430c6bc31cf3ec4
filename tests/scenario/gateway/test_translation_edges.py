"""Translation beside the answers: what is refused and why, streams that wait, usage that is hidden, embeddings, spans."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini
from pydantic import BaseModel

from lrcp.gateway.config import TelemetryConfig
from tests.scenario.gateway.askers import ASKERS, Question
from tests.scenario.gateway.translation_scene import Scene, translating
from tests.support.http_thread import serving
from tests.support.model_wires import USAGE
from tests.support.processes import wait_until
from tests.support.span_listener import SeenSpan, SpanListener
from tests.support.strict_models import vector_of

ASK: list[Any] = [{"role": "user", "content": "Where is it?"}]
TEXTS = ["one", "three"]


class Trip(BaseModel):
    city: str
    days: int


@pytest.fixture(scope="module")
def listener() -> SpanListener:
    return SpanListener()


@pytest.fixture(scope="module")
def running(listener: SpanListener) -> Iterator[Scene]:
    with (
        serving(listener.build()) as address,
        translating(telemetry=TelemetryConfig(url=f"{address}/v1/traces", flush_interval_s=0.05)) as scene,
    ):
        yield scene


@pytest.fixture
def scene(running: Scene) -> Scene:
    provider = running.provider
    for seen in (provider.heard, provider.bodies, provider.paths, provider.complaints):
        seen.clear()
    provider.may_go_on.clear()
    return running


def client_of(scene: Scene) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{scene.url}/v1", api_key="sk-test", max_retries=0)


CHAT_REFUSALS: dict[str, Any] = {
    "n": 2,
    "logprobs": True,
    "logit_bias": {"50256": -100},
    "prediction": {"type": "content", "content": "x"},
    "modalities": ["text", "audio"],
    "web_search_options": {},
    "functions": [{"name": "f", "parameters": {}}],
    "store": True,
    "service_tier": "flex",
    "seed": 7,
}


@pytest.mark.parametrize("member", list(CHAT_REFUSALS))
def test_a_chat_that_anthropic_cannot_be_asked_is_refused_by_the_members_name(scene: Scene, member: str) -> None:
    asked = {"model": "ant/plain", "messages": ASK, member: CHAT_REFUSALS[member]}
    with pytest.raises(openai.BadRequestError) as caught:
        client_of(scene).post("/chat/completions", body=asked, cast_to=object)
    assert member in caught.value.message
    assert "provider 'ant' does not take openai.chat" in caught.value.message
    assert scene.provider.bodies == []


RESPONSE_REFUSALS: dict[str, Any] = {
    "previous_response_id": "resp_1",
    "conversation": "conv_1",
    "prompt": {"id": "pmpt_1"},
    "store": True,
    "background": True,
    "tools": [{"type": "web_search"}],
    "include": ["file_search_call.results"],
    "truncation": "auto",
    "max_tool_calls": 3,
    "input": [{"type": "item_reference", "id": "msg_1"}],
}


@pytest.mark.parametrize("member", list(RESPONSE_REFUSALS))
def test_state_and_tools_of_openais_own_are_refused_elsewhere_by_the_members_name(scene: Scene, member: str) -> None:
    asked = {"model": "gem/plain", "input": "Where is it?", member: RESPONSE_REFUSALS[member]}
    with pytest.raises(openai.BadRequestError) as caught:
        client_of(scene).post("/responses", body=asked, cast_to=object)
    assert f"$.{member}" in caught.value.message
    assert scene.provider.bodies == []


def test_state_passes_to_a_provider_that_speaks_responses(scene: Scene) -> None:
    reply = client_of(scene).responses.create(
        model="rsp/plain", input="Where is it?", previous_response_id="resp_1", store=True
    )
    assert reply.id == "resp_7"
    assert scene.provider.bodies[0]["previous_response_id"] == "resp_1"


def test_tokens_are_not_counted_in_another_familys_words(scene: Scene) -> None:
    client = anthropic.Anthropic(base_url=scene.url, api_key="sk-test", max_retries=0)
    with pytest.raises(anthropic.BadRequestError, match=r"'gem' does not take anthropic\.count_tokens"):
        client.messages.count_tokens(model="gem/plain", messages=ASK)


@pytest.mark.parametrize("target", ["rsp", "ant", "gem"])
def test_a_translated_chunk_reaches_the_client_while_the_provider_thinks_about_the_next(
    scene: Scene, target: str
) -> None:
    stream = client_of(scene).chat.completions.create(model=f"{target}/pauses", messages=ASK, stream=True)
    texts = []
    for chunk in stream:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            texts.append(text)
            scene.provider.may_go_on.set()  # nothing more comes before this
    assert "".join(texts) == "system:  | heard: Where is it?"


@pytest.mark.parametrize("target", ["rsp", "ant", "gem"])
def test_a_stream_that_does_not_ask_for_usage_does_not_see_it(
    scene: Scene, listener: SpanListener, target: str
) -> None:
    mark = uuid4().hex
    asked: list[Any] = [{"role": "user", "content": mark}]
    chunks = list(client_of(scene).chat.completions.create(model=f"{target}/plain", messages=asked, stream=True))
    assert not [chunk for chunk in chunks if chunk.usage is not None or not chunk.choices]
    assert generation(listener, mark)["gen_ai.usage.input_tokens"] == USAGE.input


def generation(listener: SpanListener, mark: str) -> SeenSpan:
    """The span of the call whose prompt holds a mark."""

    def found() -> list[SeenSpan]:
        return [seen for seen in map(SeenSpan, listener.spans) if mark in (seen["gen_ai.input.messages"] or "")]

    wait_until(lambda: bool(found()), "the span of the call")
    return found()[0]


@pytest.mark.parametrize("target", ["oai", "rsp", "ant", "gem"])
@pytest.mark.parametrize("client", list(ASKERS))
def test_every_token_is_counted_though_the_clients_format_has_no_word_for_it(
    scene: Scene, listener: SpanListener, client: str, target: str
) -> None:
    mark = uuid4().hex
    scene.ask(client, Question(f"{target}/plain", text=mark, streams=True))
    span = generation(listener, mark)
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (USAGE.input, USAGE.output)
    assert span["gen_ai.usage.cache_read.input_tokens"] == USAGE.cached
    if target != "ant":  # whose provider does not tell
        assert span["gen_ai.usage.reasoning.output_tokens"] == USAGE.reasoning
    assert f"heard: {mark}" in span["gen_ai.output.messages"]


def test_vectors_come_from_gemini_in_the_encoding_asked_for(scene: Scene) -> None:
    for extra in ({}, {"encoding_format": "float"}, {"dimensions": 3}):
        reply = client_of(scene).embeddings.create(model="gem/embedder", input=TEXTS, **extra)
        assert [row.embedding for row in reply.data] == [vector_of(text) for text in TEXTS]
    assert client_of(scene).embeddings.create(model="gem/e", input="one").data[0].embedding == vector_of("one")


def test_vectors_come_from_openai_to_geminis_client(scene: Scene) -> None:
    client = genai.Client(api_key="test", http_options=gemini.HttpOptions(base_url=scene.url))
    reply = client.models.embed_content(model="oai/embedder", contents=TEXTS)
    assert [row.values for row in reply.embeddings or []] == [vector_of(text) for text in TEXTS]


def test_token_ids_are_not_embedded_elsewhere(scene: Scene) -> None:
    with pytest.raises(openai.BadRequestError, match="token ids cannot be translated"):
        client_of(scene).embeddings.create(model="gem/embedder", input=[1, 2, 3])


@pytest.mark.parametrize("target", ["oai", "ant", "gem"])
def test_the_typed_document_of_responses_is_parsed_from_every_provider(scene: Scene, target: str) -> None:
    client = client_of(scene)
    reply = client.responses.parse(model=f"{target}/plain", input="Where to?", text_format=Trip)
    assert reply.output_parsed == Trip(city="Paris", days=3)
    with client.responses.stream(model=f"{target}/plain", input="Where to?", text_format=Trip) as stream:
        assert stream.get_final_response().output_parsed == Trip(city="Paris", days=3)


@pytest.mark.parametrize("client", list(ASKERS))
def test_a_broken_provider_keeps_its_status_and_words(scene: Scene, client: str) -> None:
    with pytest.raises(
        (openai.InternalServerError, anthropic.InternalServerError, gemini_errors.ServerError)
    ) as caught:
        scene.ask(client, Question("ant/broken"))
    assert "no: broken" in str(caught.value)


def test_what_no_body_is_is_refused_in_the_clients_own_form(scene: Scene) -> None:
    request = urllib.request.Request(f"{scene.url}/v1/responses", data=b'{"model": "gem/plain", "input": 7}')
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    error = json.load(caught.value)["error"]
    assert (caught.value.code, error["type"]) == (400, "invalid_request_error")
    assert "$.input: must be a string or a list of items" in error["message"]
