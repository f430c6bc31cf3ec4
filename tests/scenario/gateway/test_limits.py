"""Limits through the official clients, against a running gateway."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest

from lrcp.model.policy.admission import Limit
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import Route, WeightedTarget
from lrcp.model.policy.scope import Scope
from tests.support.gateway_thread import gateway_thread
from tests.support.model_server import ModelServer, running_model_server

ASK: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Hello?"}]


@pytest.fixture
def upstream() -> Iterator[ModelServer]:
    with running_model_server() as server:
        yield server


def client_of(url: str, key: str = "sk-own", *, retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=retries)


def test_a_limit_refuses_with_the_time_to_wait_and_the_official_client_waits_it_out(upstream: ModelServer) -> None:
    policy = Policy(limits=(Limit(name="burst", requests=2, every="second"),))
    with gateway_thread(upstream.url, policy=policy) as url:
        client = client_of(url)
        first = client.chat.completions.with_raw_response.create(model="tiny-1", messages=ASK)
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        client.chat.completions.create(model="tiny-1", messages=ASK)
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="tiny-1", messages=ASK)
        assert refused.value.code == "rate_limit_exceeded"
        assert 0 < int(refused.value.response.headers["retry-after-ms"]) <= 1100
        assert refused.value.response.headers["retry-after"] in ("1", "2")
        assert refused.value.response.headers["x-ratelimit-remaining-requests"] == "0"
        client_of(url, retries=1).chat.completions.create(model="tiny-1", messages=ASK)
    assert len(upstream.requests) == 3


def test_a_limit_of_a_route_counts_what_that_route_takes(upstream: ModelServer) -> None:
    policy = Policy(
        limits=(Limit(name="chat", requests=1, every="day", match=Scope(routes=("chat",))),),
        routes=(Route(name="chat", models=("chat",), targets=(WeightedTarget(to="url/tiny-1"),)),),
    )
    with gateway_thread(upstream.url, policy=policy) as url:
        client = client_of(url)
        for model in ("tiny-1", "chat", "tiny-1"):
            client.chat.completions.create(model=model, messages=ASK)
        with pytest.raises(openai.RateLimitError, match="the limit 'chat' is 1 request a day"):
            client.chat.completions.create(model="chat", messages=ASK)


def test_a_refusal_speaks_the_clients_own_format(upstream: ModelServer) -> None:
    policy = Policy(limits=(Limit(name="none", tokens=1),))
    with gateway_thread(upstream.url, policy=policy) as url:
        client = anthropic.Anthropic(base_url=url, api_key="sk-ant-own", max_retries=0)
        with pytest.raises(anthropic.RateLimitError) as refused:
            client.messages.create(model="c", max_tokens=5, messages=[{"role": "user", "content": "Hello?"}])
        assert refused.value.body["error"]["type"] == "rate_limit_error"  # type: ignore[index]
        assert "retry-after" not in refused.value.response.headers


def test_calls_at_the_same_time_are_bounded_also_for_streams_that_nobody_reads_to_their_end(
    upstream: ModelServer,
) -> None:
    policy = Policy(limits=(Limit(name="calls", concurrent=2, per="session"),))
    upstream.delay_s = 0.5
    with gateway_thread(upstream.url, policy=policy) as url:

        def ask(stream: bool) -> str:
            try:
                reply = client_of(url).chat.completions.create(model="tiny-1", messages=ASK, stream=stream)
            except openai.RateLimitError:
                return "refused"
            if isinstance(reply, openai.Stream):
                reply.close()
            return "answered"

        with ThreadPoolExecutor(6) as pool:
            first = list(pool.map(ask, [False] * 6))
        assert sorted(first) == ["answered"] * 2 + ["refused"] * 4
        assert [ask(True), ask(True), ask(True)] == ["answered"] * 3


def test_tokens_are_settled_when_the_answer_is_there(upstream: ModelServer) -> None:
    policy = Policy(limits=(Limit(name="tokens", tokens=10_000),))
    with gateway_thread(upstream.url, policy=policy) as url:
        asking = client_of(url).chat.completions.with_raw_response
        first = asking.create(model="tiny-1", messages=ASK, max_tokens=5_000)
        used = first.parse().usage
        assert used is not None
        assert int(first.headers["x-ratelimit-remaining-tokens"]) < 5_000
        second = asking.create(model="tiny-1", messages=ASK, max_tokens=1)
        prompt_and_answer = 10_000 - int(second.headers["x-ratelimit-remaining-tokens"]) - used.total_tokens
        assert 1 < prompt_and_answer < 30
