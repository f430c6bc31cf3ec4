"""The caches, as applications with the official clients meet them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import anthropic
import httpx2
import msgspec
import openai
import pytest
from google import genai

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.processes import wait_until
from tests.support.span_listener import SeenSpan, SpanListener
from tests.support.wayward_upstream import USAGE, WORDS, Wayward

ASK: list[Any] = [{"role": "user", "content": "How do I reset my password?"}]
SAME: list[Any] = [{"role": "user", "content": "What is the way to reset my password?"}]
TURNED: list[Any] = [{"role": "user", "content": "How do I stop my password from being reset?"}]
ANSWER = "".join(WORDS)


class Town:
    """A provider, a listener for spans, and a gateway with a cache between provider and client."""

    def __init__(self, provider: Wayward, listener: SpanListener, urls: tuple[str, str]) -> None:
        self.provider, self.listener = provider, listener
        self._provider_url, self._listener_url = urls

    def gateway(self, **policy: Any) -> AbstractContextManager[str]:
        return gateway_thread(
            self._provider_url,
            policy=msgspec.convert(policy, Policy),
            telemetry=TelemetryConfig(url=f"{self._listener_url}/v1/traces"),
        )


@pytest.fixture
def town() -> Iterator[Town]:
    provider, listener = Wayward(), SpanListener()
    with serving(provider.build()) as provider_url, serving(listener.build()) as listener_url:
        yield Town(provider, listener, (provider_url, listener_url))


def client_of(gateway: str, key: str = "sk-one") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway}/v1", api_key=key, max_retries=0)


def chat(
    gateway: str, messages: list[Any] = ASK, key: str = "sk-one", model: str = "plain", **members: Any
) -> tuple[str, str]:
    """(x-lrcp-cache, the answer's words)."""
    raw = client_of(gateway, key).chat.completions.with_raw_response.create(model=model, messages=messages, **members)
    if not members.get("stream"):
        return raw.headers.get("x-lrcp-cache", ""), raw.parse().choices[0].message.content
    chunks = list(raw.parse())
    return raw.headers.get("x-lrcp-cache", ""), "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def health_of(gateway: str) -> dict[str, Any]:
    return httpx2.get(f"{gateway}/health").json()["cache"]


def test_the_same_question_is_answered_once_by_the_provider_and_again_at_no_cost(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        assert [chat(gateway), chat(gateway), chat(gateway, user="someone")] == [
            ("miss", ANSWER),
            ("exact", ANSWER),
            ("exact", ANSWER),
        ]
        assert len(town.provider.bodies) == 1
        spans = wait_for_spans(town, 3)
    hit = next(span for span in spans if span.attributes.get("lrcp.cache") == "exact")
    assert hit.attributes.get("gen_ai.usage.output_tokens") in (None, 0)
    assert hit.attributes["cache.saved_input_tokens"] == str(USAGE["prompt_tokens"])


def wait_for_spans(town: Town, count: int) -> list[SeenSpan]:
    def calls() -> list[SeenSpan]:
        return [span for span in map(SeenSpan, list(town.listener.spans)) if span["lrcp.cache"]]

    wait_until(lambda: len(calls()) >= count, "the spans to be told")
    return calls()


def test_nobody_is_given_what_another_credential_asked(town: Town) -> None:
    with town.gateway(cache={"exact": {}, "semantic": {"timeout_ms": 60_000}}) as gateway:
        assert chat(gateway, key="sk-one")[0] == "miss"
        assert chat(gateway, key="sk-two")[0] == "miss"
        assert chat(gateway, SAME, key="sk-three")[0] == "miss"
    assert len(town.provider.bodies) == 3


def test_a_stream_is_given_again_as_a_stream_to_who_asks_for_its_usage_and_who_does_not(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        assert chat(gateway, stream=True) == ("miss", ANSWER)
        assert chat(gateway, stream=True) == ("exact", ANSWER)
        options = {"include_usage": True}
        asking = list(
            client_of(gateway).chat.completions.create(model="plain", messages=ASK, stream=True, stream_options=options)
        )
        plain = list(client_of(gateway).chat.completions.create(model="plain", messages=ASK, stream=True))
    assert asking[-1].usage is not None
    assert asking[-1].usage.completion_tokens == USAGE["completion_tokens"]
    assert all(chunk.usage is None for chunk in plain)
    assert len(town.provider.bodies) == 1


async def _crowd(gateway: str, count: int, **members: Any) -> list[Any]:
    client = openai.AsyncOpenAI(base_url=f"{gateway}/v1", api_key="sk-one", max_retries=0)

    async def ask() -> Any:
        reply = await client.chat.completions.create(messages=ASK, **members)
        return [chunk async for chunk in reply] if members.get("stream") else reply

    async with client:
        return await asyncio.gather(*(ask() for _ in range(count)))


def test_fifty_identical_requests_in_progress_are_one_call(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:

        async def run() -> list[Any]:
            asked = asyncio.create_task(_crowd(gateway, 50, model="hangs"))
            await asyncio.to_thread(wait_until, lambda: health_of(gateway)["in_flight"] == 1, "the call to begin")
            await asyncio.sleep(0.5)  # the other forty-nine arrive
            town.provider.may_go_on.set()
            return await asked

        replies = asyncio.run(run())
        assert len(replies) == 50
        assert len({reply.choices[0].message.content for reply in replies}) == 1
        assert health_of(gateway)["joined"] == 49
    assert len(town.provider.bodies) == 1


def test_a_stream_in_progress_is_read_along_and_outlives_the_client_that_began_it(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:

        async def run() -> list[str]:
            leader = openai.AsyncOpenAI(base_url=f"{gateway}/v1", api_key="sk-one", max_retries=0)
            begun = await leader.chat.completions.create(model="pauses", messages=ASK, stream=True)
            await anext(begun)
            follower = asyncio.create_task(_crowd(gateway, 1, model="pauses", stream=True))
            await asyncio.to_thread(wait_until, lambda: health_of(gateway)["joined"] == 1, "the follower to join")
            await begun.close()
            await leader.close()
            await asyncio.sleep(0.2)
            assert not town.provider.cancelled.is_set()
            town.provider.may_go_on.set()
            (chunks,) = await follower
            return [chunk.choices[0].delta.content for chunk in chunks]

        assert asyncio.run(run()) == WORDS[:2]
    assert len(town.provider.bodies) == 1


def test_the_call_is_ended_when_its_only_client_leaves(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        stream = client_of(gateway).chat.completions.create(model="pauses", messages=ASK, stream=True)
        next(iter(stream))
        stream.close()
        wait_until(town.provider.cancelled.is_set, "the call to the provider to be ended")
        wait_until(lambda: health_of(gateway)["in_flight"] == 0, "the flight to be forgotten")


@pytest.mark.parametrize("model", ["throttled", "gateway-page", "babbles"])
def test_what_is_no_good_answer_is_asked_for_again(town: Town, model: str) -> None:
    with town.gateway(cache={"exact": {}}, resilience={"retries": None}) as gateway:
        asked = {"model": model, "messages": ASK}
        statuses = [httpx2.post(f"{gateway}/v1/chat/completions", json=asked).status_code for _ in range(2)]
        assert statuses[0] == statuses[1]
        assert health_of(gateway)["kept"] == 0
    assert len(town.provider.bodies) == 2


def test_a_stream_that_breaks_off_is_not_given_again(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        for _ in range(2):
            with pytest.raises(openai.OpenAIError):
                chat(gateway, model="cut", stream=True)
    assert len(town.provider.bodies) == 2


def test_embeddings_are_given_again(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        client = client_of(gateway)
        vectors = [client.embeddings.create(model="embedder", input="a").data[0].embedding for _ in range(2)]
    assert vectors == [[0.25, -0.5]] * 2
    assert len(town.provider.bodies) == 1


def test_a_request_may_ask_to_pass_by_the_cache(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        chat(gateway)
        assert chat(gateway, extra_headers={"x-lrcp-no-cache": "1"})[0] == "bypass"
        assert chat(gateway, extra_headers={"x-lrcp-no-cache": "refresh"})[0] == "miss"
        assert chat(gateway)[0] == "exact"
    assert len(town.provider.bodies) == 3


def test_a_question_in_other_words_is_answered_from_memory_and_one_turned_round_is_not(town: Town) -> None:
    with town.gateway(cache={"semantic": {"timeout_ms": 60_000, "shadow_ratio": 1.0}}) as gateway:
        assert [chat(gateway)[0], chat(gateway, SAME)[0], chat(gateway, TURNED)[0]] == ["miss", "semantic", "miss"]
        wait_until(lambda: health_of(gateway)["semantic"]["sampled"] == 1, "the hit to be asked again")
        assert health_of(gateway)["semantic"]["false_hit_ratio"] == 0.0
        wait_until(lambda: any(SeenSpan(span)["shadow"] for span in town.listener.spans), "the sample's span")
        sample = next(s for s in map(SeenSpan, list(town.listener.spans)) if s["shadow"])
        assert sample.attributes["cache.sample"] == "agreed"
    assert len(town.provider.bodies) == 3


def test_a_provider_may_embed_the_questions(town: Town) -> None:
    policy = {"cache": {"semantic": {"embeddings": "url/embedder", "timeout_ms": 60_000, "shadow_ratio": 0.0}}}
    with town.gateway(**policy) as gateway:  # this one gives every text the same vector: the guard is all there is
        assert [chat(gateway)[0], chat(gateway, SAME)[0], chat(gateway, TURNED)[0]] == ["miss", "semantic", "miss"]


def test_anthropics_client_is_given_the_same_answer_too(town: Town) -> None:
    with town.gateway(cache={"exact": {}}) as gateway:
        client = anthropic.Anthropic(base_url=gateway, api_key="sk-one", max_retries=0)
        said = [client.messages.create(model="plain", max_tokens=50, messages=ASK).content[0] for _ in range(2)]
    assert said[0] == said[1]
    assert len(town.provider.bodies) == 1


def anthropic_words(gateway: str) -> str:
    client = anthropic.Anthropic(base_url=gateway, api_key="sk-one", max_retries=0)
    with client.messages.stream(model="plain", max_tokens=50, messages=ASK) as stream:
        return "".join(stream.text_stream)


def gemini_words(gateway: str) -> str:
    client = genai.Client(api_key="sk-one", http_options={"base_url": gateway})
    chunks = client.models.generate_content_stream(model="plain", contents=ASK[0]["content"])
    return "".join(chunk.text or "" for chunk in chunks)


def responses_words(gateway: str) -> str:
    events = client_of(gateway).responses.create(model="plain", input=ASK[0]["content"], stream=True)
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


@pytest.mark.parametrize("words_of", [anthropic_words, gemini_words, responses_words])
def test_streams_of_every_format_are_given_again_by_both_caches(town: Town, words_of: Callable[[str], str]) -> None:
    with town.gateway(cache={"exact": {}, "semantic": {"timeout_ms": 60_000}}) as gateway:
        assert [words_of(gateway), words_of(gateway)] == [ANSWER, ANSWER]
        health = health_of(gateway)
        assert (health["exact_hits"], health["semantic"]["entries"]) == (1, 1)
    assert len(town.provider.bodies) == 1
