"""Faults and simulated models through the official clients: what an application meets, and what telemetry tells of it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from lrcp.gateway.config import TelemetryConfig
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.policy.parse import parse_policy
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.span_listener import SeenSpan, SpanListener

POLICY = b"""
simulation:
  models:
    quick: {ttft_ms: 5, ttft_sigma: 0, tokens_per_s: 5000, output_tokens: 40, quality: 1,
            input_usd_per_mtok: 2, output_usd_per_mtok: 10}
    other: {ttft_ms: 5, ttft_sigma: 0, tokens_per_s: 5000, output_tokens: 40, quality: 1,
            input_usd_per_mtok: 100, output_usd_per_mtok: 100}
    broken: {ttft_ms: 5, error_ratio: 1, error_status: 503}
routes:
  - {name: storm, models: [storm], targets: [{to: simulated/quick}], fallback: [simulated/other]}
resilience: {retries: {max: 1, base_ms: 1, cap_ms: 2}}
faults_by_header:
  kinds: [latency, error, garbled, empty, off_topic, inflated_tokens, cut_stream, truncated_json]
  match: {services: [drill]}
  max_latency_ms: 200
faults:
  - {name: storm-429, kind: rate_limit, match: {routes: [storm]}, targets: [simulated/quick]}
  - {name: swapped, kind: model_swap, match: {tags: {drill: swap}}, to: simulated/other}
"""
QUESTION = "How heavy is a kayak?"
ASK: Any = [{"role": "user", "content": QUESTION}]


class Stage:
    """A gateway whose providers are all simulated, and what it tells of each call."""

    def __init__(self, url: str, listener: SpanListener) -> None:
        self.url = url
        self.listener = listener

    def client(self, **headers: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key="k", max_retries=0, default_headers=headers)

    def faulty(self, fault: str) -> openai.OpenAI:
        return self.client(**{"x-lrcp-fault": fault, "x-lrcp-tags": "service:drill"})


@pytest.fixture
def stage() -> Iterator[Stage]:
    listener = SpanListener()
    policy = parse_policy(POLICY, providers=KNOWN_PROVIDERS)
    with serving(listener.build()) as url:
        telemetry = TelemetryConfig(url=f"{url}/v1/traces")
        with gateway_thread("http://127.0.0.1:9", policy=policy, telemetry=telemetry) as gateway:
            yield Stage(gateway, listener)


def ask(client: openai.OpenAI, model: str = "simulated/quick", **members: Any) -> Any:
    return client.chat.completions.create(model=model, messages=ASK, **members)


def text_of(chunks: Any) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_a_simulated_answer_is_marked_and_costs_what_its_model_is_declared_to(stage: Stage) -> None:
    raw = stage.client().chat.completions.with_raw_response.create(model="simulated/quick", messages=ASK)
    answer: Any = raw.parse()
    assert "kayak" in answer.choices[0].message.content
    span = stage.listener.only()
    tokens = answer.usage.prompt_tokens * 2000 + answer.usage.completion_tokens * 10_000
    assert raw.headers["x-lrcp-cost-usd"] == f"{tokens // 10**9}.{tokens % 10**9:09d}"
    assert span["gen_ai.provider.name"] == "simulated"
    assert span["simulated"] == "true"
    assert SeenSpan(stage.listener.attempts[0])["simulated"] == "true"


def test_the_same_trace_gets_the_same_answer_streamed_or_not(stage: Stage) -> None:
    client = stage.client(traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    whole = ask(client).choices[0].message.content
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert text_of(chunks) == whole
    assert chunks[-1].usage.completion_tokens > 10


def test_a_model_that_fails_does_so_with_its_status_and_one_that_is_not_there_with_404(stage: Stage) -> None:
    with pytest.raises(openai.InternalServerError) as failed:
        ask(stage.client(), "simulated/broken")
    assert failed.value.status_code == 503
    with pytest.raises(openai.NotFoundError, match="there are broken, cheap, fast"):
        ask(stage.client(), "simulated/nobody")


def test_max_tokens_bound_a_simulated_answer(stage: Stage) -> None:
    answer = ask(stage.client(), max_tokens=5)
    assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) == (5, "length")


def test_json_that_was_asked_for_is_json_by_its_schema(stage: Stage) -> None:
    schema = {"type": "object", "properties": {"kg": {"type": "integer"}}}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "weight", "schema": schema}}
    assert json.loads(ask(stage.client(), response_format=wanted).choices[0].message.content) == {"kg": 1}


def test_embeddings_are_of_the_size_that_was_asked_for(stage: Stage) -> None:
    made = stage.client().embeddings.create(model="simulated/quick", input=["a kayak", "bread"], dimensions=64)
    assert [len(one.embedding) for one in made.data] == [64, 64]


def test_the_responses_api_is_answered_too(stage: Stage) -> None:
    said = stage.client().responses.create(model="simulated/quick", input=QUESTION)
    assert "kayak" in said.output_text


def test_anthropics_client_is_answered_streamed_and_its_tokens_are_counted(stage: Stage) -> None:
    client = anthropic.Anthropic(base_url=stage.url, api_key="k", max_retries=0)
    with client.messages.stream(model="simulated/quick", max_tokens=30, messages=ASK) as stream:
        message = stream.get_final_message()
    assert "kayak" in message.content[0].text  # type: ignore[union-attr]
    assert 1 <= message.usage.output_tokens <= 30
    assert client.messages.count_tokens(model="simulated/quick", messages=ASK).input_tokens > 0


def test_googles_client_is_answered_whole_and_streamed(stage: Stage) -> None:
    options: Any = {"base_url": stage.url}
    client = genai.Client(api_key="k", http_options=options)
    whole = client.models.generate_content(model="simulated/quick", contents=QUESTION)
    pieces = list(client.models.generate_content_stream(model="simulated/quick", contents=QUESTION))
    assert "kayak" in str(whole.text)
    assert len(pieces) > 1
    assert client.models.count_tokens(model="simulated/quick", contents=QUESTION).total_tokens


def test_a_storm_at_one_target_is_escaped_by_the_fallback(stage: Stage) -> None:
    raw = stage.client().chat.completions.with_raw_response.create(model="storm", messages=ASK)
    assert raw.headers["x-lrcp-model"] == "simulated/other"
    span = stage.listener.only()
    assert span["faults"] == "storm-429"
    assert SeenSpan(stage.listener.attempts[0])["http.status_code"] == "429"


def test_a_failure_of_the_first_try_is_mended_by_a_retry(stage: Stage) -> None:
    client = stage.faulty("error;status=503;attempts=1")
    raw = client.chat.completions.with_raw_response.create(model="simulated/quick", messages=ASK)
    assert raw.headers["x-lrcp-attempts"] == "2"


def test_a_swapped_model_answers_under_the_asked_name_and_is_paid_as_what_it_is(stage: Stage) -> None:
    raw = stage.client(**{"x-lrcp-tags": "drill:swap"}).chat.completions.with_raw_response.create(
        model="simulated/quick", messages=ASK
    )
    answer: Any = raw.parse()
    assert (answer.model, raw.headers["x-lrcp-model"]) == ("quick", "simulated/quick")
    nusd = (answer.usage.prompt_tokens + answer.usage.completion_tokens) * 100_000
    assert raw.headers["x-lrcp-cost-usd"] == f"0.{nusd:09d}"
    assert stage.listener.only()["swapped_to"] == "simulated/other"


@pytest.mark.parametrize("stream", [False, True])
def test_words_that_were_asked_for_by_header_come_instead(stage: Stage, stream: bool) -> None:
    answer = ask(stage.faulty("off_topic"), stream=stream)
    text = text_of(answer) if stream else answer.choices[0].message.content
    assert "kayak" not in text
    assert len(text) > 100


def test_inflated_tokens_are_what_the_cost_follows(stage: Stage) -> None:
    client = stage.faulty("inflated_tokens;factor=100")
    raw = client.chat.completions.with_raw_response.create(model="simulated/quick", messages=ASK)
    usage: Any = raw.parse().usage
    assert usage.completion_tokens % 100 == 0
    nusd = usage.prompt_tokens * 2000 + usage.completion_tokens * 10_000
    assert raw.headers["x-lrcp-cost-usd"] == f"0.{nusd:09d}"


def test_a_stream_cut_in_the_middle_ends_with_an_error_event(stage: Stage) -> None:
    stream = ask(stage.faulty("cut_stream;after_tokens=3"), stream=True)
    got = []
    with pytest.raises(openai.APIError, match="broke off"):
        got.extend(stream)
    assert stage.listener.only()["error.type"] == "upstream_cut"


def test_truncated_json_is_found_and_told(stage: Stage) -> None:
    with pytest.raises(openai.InternalServerError, match="not JSON"):
        ask(stage.faulty("truncated_json"))


def test_a_wait_asked_for_by_header_is_bounded_by_the_policy_and_no_overhead(stage: Stage) -> None:
    begun_s = time.monotonic()
    raw = stage.faulty("latency;latency_ms=60000").chat.completions.with_raw_response.create(
        model="simulated/quick", messages=ASK
    )
    assert time.monotonic() - begun_s > 0.2
    assert float(raw.headers["x-lrcp-overhead-ms"]) < 200


def test_who_may_not_ask_for_a_fault_gets_none_and_a_note(stage: Stage) -> None:
    ask(stage.client(**{"x-lrcp-fault": "error"}))
    assert stage.listener.only()["fault_ignored"] == "not_allowed"
