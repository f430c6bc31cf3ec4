"""Official clients of one family, a provider of another: Anthropic's format on either side of the gateway."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import ProviderSettings
from tests.support import model_wires as wires
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.model_server import ModelServer, running_model_server
from tests.support.span_listener import SpanListener

KEY = "sk-never-to-be-seen"
CLAUDE = "claude/claude-sonnet-4-6"
ASK: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "When does the parcel arrive?"},
]
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "track", "parameters": {"type": "object", "properties": {"parcel": {"type": "string"}}}},
}
COST_NUSD = (wires.USAGE.input - wires.USAGE.cached) * 3000 + wires.USAGE.cached * 300 + wires.USAGE.output * 15000


class Scene:
    """A model server behind a gateway that reaches it as `claude` (Anthropic), `gpt` (OpenAI) and `gemini`."""

    def __init__(self, model: ModelServer, url: str, listener: SpanListener) -> None:
        self.model = model
        self.listener = listener
        self.openai = openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0)
        self.anthropic = anthropic.Anthropic(api_key=KEY, base_url=url, max_retries=0)

    def asked(self) -> dict[str, Any]:
        """The body of the one request that came to the provider."""
        [request] = self.model.requests
        return request.body


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("TEST_PROVIDER_KEY", "sk-providers-own")
    listener = SpanListener()
    with running_model_server() as model, serving(listener.build()) as address:
        url = f"{model.url}/v1"
        own: Any = {"key_variable": "TEST_PROVIDER_KEY", "allow_private": True}
        providers = {
            "claude": ProviderSettings(like="anthropic", endpoints={"anthropic": url}, **own),
            "gpt": ProviderSettings(like="openai", endpoints={"openai": url}, **own),
            "gemini": ProviderSettings(like="gemini", endpoints={"gemini": f"{model.url}/v1beta"}, **own),
        }
        telemetry = TelemetryConfig(url=f"{address}/v1/traces", flush_interval_s=0.05)
        with gateway_thread(model.url, policy=Policy(providers=providers), telemetry=telemetry) as gateway:
            yield Scene(model, gateway, listener)


def test_an_openai_client_is_answered_by_claude(scene: Scene) -> None:
    reply = scene.openai.chat.completions.create(model=CLAUDE, messages=ASK, max_completion_tokens=64, stop=["END"])
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (wires.ANSWER, "stop")
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (wires.USAGE.input, wires.USAGE.output)
    [request] = scene.model.requests
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "sk-providers-own"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert KEY not in json.dumps(request.headers)
    assert request.body == {
        "model": "claude-sonnet-4-6",
        "max_tokens": 64,
        "system": "Be kind.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "When does the parcel arrive?"}]}],
        "stop_sequences": ["END"],
    }
    span = scene.listener.only()
    assert (span["lrcp.cost_nusd"], span["lrcp.cost_source"]) == (COST_NUSD, "computed")
    assert span["gen_ai.usage.cache_read.input_tokens"] == wires.USAGE.cached


def test_an_openai_client_streams_from_claude(scene: Scene) -> None:
    options: Any = {"include_usage": True}
    stream = scene.openai.chat.completions.create(model=CLAUDE, messages=ASK, stream=True, stream_options=options)
    chunks = list(stream)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert [piece for piece in pieces if piece] == list(wires.PIECES)
    usage = chunks[-1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (wires.USAGE.input, wires.USAGE.output)
    assert scene.asked()["stream"] is True
    assert scene.listener.only()["lrcp.cost_nusd"] == COST_NUSD


@pytest.mark.parametrize("streams", [False, True])
def test_an_openai_client_is_given_claudes_calls_and_gives_back_their_results(scene: Scene, streams: bool) -> None:
    if streams:
        with scene.openai.chat.completions.stream(model="claude/caller", messages=ASK, tools=[TOOL]) as stream:
            choice: Any = stream.get_final_completion().choices[0]
    else:
        choice = scene.openai.chat.completions.create(model="claude/caller", messages=ASK, tools=[TOOL]).choices[0]
    [call] = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert (call.id, call.function.name, json.loads(call.function.arguments)) == ("toolu_1", "track", wires.TOOL_INPUT)
    result: ChatCompletionMessageParam = {"role": "tool", "tool_call_id": call.id, "content": "Friday"}
    function: Any = {"name": "track", "arguments": call.function.arguments}
    answered: ChatCompletionMessageParam = {
        "role": "assistant",
        "tool_calls": [{"type": "function", "id": call.id, "function": function}],
    }
    scene.openai.chat.completions.create(model=CLAUDE, messages=[*ASK, answered, result], tools=[TOOL])
    assert scene.model.requests[1].body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "toolu_1", "name": "track", "input": wires.TOOL_INPUT}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "Friday"}]}
            ],
        },
    ]


def test_claudes_error_reaches_an_openai_client_in_its_own_form(scene: Scene) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        scene.openai.chat.completions.create(model="claude/throttled", messages=ASK)
    assert "fails with 429" in caught.value.message


def test_claudes_error_in_a_stream_reaches_an_openai_client(scene: Scene) -> None:
    stream = scene.openai.chat.completions.create(model="claude/faltering", messages=ASK, stream=True)
    with pytest.raises(openai.APIError, match="too many requests just now"):
        list(stream)
    span = scene.listener.only()
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (wires.USAGE.input, 3)
    assert span["error.type"] == "server_error"


def test_what_claude_cannot_be_asked_is_refused_by_name(scene: Scene) -> None:
    with pytest.raises(openai.BadRequestError, match="seed"):
        scene.openai.chat.completions.create(model=CLAUDE, messages=ASK, seed=7)
    assert scene.model.requests == []


TRACK: anthropic.types.ToolParam = {"name": "track", "input_schema": {"type": "object", "properties": {}}}
HI: list[anthropic.types.MessageParam] = [{"role": "user", "content": "When does the parcel arrive?"}]


@pytest.mark.parametrize("model", ["gpt/gpt-4o", "gemini/gemini-2.5-flash"])
def test_an_anthropic_client_is_answered_by_others(scene: Scene, model: str) -> None:
    message = scene.anthropic.messages.create(
        model=model, max_tokens=64, system="Be kind.", messages=HI, tools=[TRACK], tool_choice={"type": "auto"}
    )
    [text] = message.content
    assert text.type == "text"
    assert (text.text, message.stop_reason) == (wires.ANSWER, "end_turn")
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (
        wires.USAGE.input - wires.USAGE.cached,
        wires.USAGE.cached,
    )
    assert usage.output_tokens == wires.USAGE.output
    assert "Be kind." in json.dumps(scene.asked())
    span = scene.listener.only()
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (120, 24)


@pytest.mark.parametrize("model", ["gpt/gpt-4o", "gemini/gemini-2.5-flash"])
def test_the_stream_helper_reads_the_answers_of_others(scene: Scene, model: str) -> None:
    with scene.anthropic.messages.stream(model=model, max_tokens=64, messages=HI) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert pieces == list(wires.PIECES)
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", wires.USAGE.output)
    assert message.usage.input_tokens == wires.USAGE.input - wires.USAGE.cached


@pytest.mark.parametrize(
    ("model", "raised"), [("missing", anthropic.NotFoundError), ("throttled", anthropic.RateLimitError)]
)
def test_errors_of_others_reach_an_anthropic_client_in_its_own_form(
    scene: Scene, model: str, raised: type[anthropic.APIStatusError]
) -> None:
    with pytest.raises(raised) as caught:
        scene.anthropic.messages.create(model=f"gpt/{model}", max_tokens=64, messages=HI)
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert f"the model '{model}' fails" in body["error"]["message"]


def test_what_others_cannot_be_asked_is_refused_by_name(scene: Scene) -> None:
    with pytest.raises(anthropic.BadRequestError, match="web_search_20260318"):
        scene.anthropic.messages.create(
            model="gpt/gpt-4o", max_tokens=9, messages=HI, tools=[{"type": "web_search_20260318", "name": "web_search"}]
        )
    with pytest.raises(anthropic.BadRequestError, match=r"anthropic\.count_tokens"):
        scene.anthropic.messages.count_tokens(model="gpt/gpt-4o", messages=HI)
    assert scene.model.requests == []


SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string"}},
    "required": ["day"],
    "additionalProperties": False,
}


def test_pictures_results_and_schemas_of_an_anthropic_client_reach_others(scene: Scene) -> None:
    picture: anthropic.types.ImageBlockParam = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
    }
    messages: list[anthropic.types.MessageParam] = [
        {"role": "user", "content": [picture, {"type": "text", "text": "Where is it?"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Look it up.", "signature": "c2ln"},
                {"type": "tool_use", "id": "toolu_1", "name": "track", "input": {"parcel": "P-7"}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "in Köln"}]},
    ]
    for model in ("gpt/gpt-4o", "gemini/gemini-2.5-flash"):
        scene.anthropic.messages.create(
            model=model,
            max_tokens=2000,
            messages=messages,
            tools=[TRACK],
            output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
        )
    gpt, gemini = (request.body for request in scene.model.requests)
    assert gpt["response_format"]["json_schema"]["schema"] == SCHEMA
    assert gpt["messages"][0]["content"][0]["image_url"]["url"] == "data:image/png;base64,iVBORw0KGgo="
    assert json.loads(gpt["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {"parcel": "P-7"}
    assert (gpt["messages"][2]["role"], gpt["messages"][2]["tool_call_id"]) == ("tool", "toolu_1")
    said = json.dumps(gemini, ensure_ascii=False)
    for part in ('"inlineData"', '"functionCall"', '"functionResponse"', "in Köln", '"additionalProperties": false'):
        assert part in said


def test_pictures_and_schemas_of_an_openai_client_reach_claude(scene: Scene) -> None:
    picture: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    file: Any = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
    scene.openai.chat.completions.create(
        model=CLAUDE,
        messages=[{"role": "user", "content": [picture, file, {"type": "text", "text": "What is it?"}]}],
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
        reasoning_effort="high",
        parallel_tool_calls=False,
        tools=[TOOL],
        tool_choice="required",
    )
    asked = scene.asked()
    image, document, text = asked["messages"][0]["content"]
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    assert (document["source"]["media_type"], document["title"]) == ("application/pdf", "a.pdf")
    assert text == {"type": "text", "text": "What is it?"}
    assert asked["output_config"] == {"effort": "high", "format": {"type": "json_schema", "schema": SCHEMA}}
    assert asked["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert asked["max_tokens"] == 4096
