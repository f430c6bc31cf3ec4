"""Virtual keys through the official clients, against a running gateway."""

from collections.abc import Iterator, Sequence
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as genai_errors

from lrcp.gateway.ports import Ports
from lrcp.model.errors import UnavailableError
from lrcp.model.policy.admission import Authentication, Limit
from lrcp.model.policy.document import Policy
from lrcp.model.virtual_key import VirtualKey, digest_of, new_key_text
from tests.support.gateway_thread import gateway_thread
from tests.support.model_server import ModelServer, running_model_server

SHOP, NARROW = new_key_text(), new_key_text()
ASK: list[Any] = [{"role": "user", "content": "Hello?"}]
NEEDS_KEY = Policy(authentication=Authentication())


class Keys:
    """A source that a test fills by hand; without keys it is away."""

    def __init__(self, *keys: VirtualKey) -> None:
        self.keys = keys

    def load_if_changed(self, known: int | None) -> tuple[int, Sequence[VirtualKey]] | None:
        if not self.keys:
            raise UnavailableError("the state database does not answer")
        return None if known == 1 else (1, self.keys)

    def close(self) -> None:
        self.keys = ()


def key(text: str, name: str, **members: Any) -> VirtualKey:
    digest = digest_of(text).hex()
    return VirtualKey(**{"id": f"key_{name}", "name": name, "created_ns": 0, "hash": digest, **members})


def ports() -> Ports:
    narrow = key(NARROW, "narrow", scopes=("chat",), allowed_models=("tiny-*",))
    return Ports(key_source=Keys(key(SHOP, "shop", team="search"), narrow))


@pytest.fixture
def upstream() -> Iterator[ModelServer]:
    with running_model_server() as server:
        yield server


def openai_of(url: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def anthropic_of(url: str, key: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


def ask_openai(url: str, key: str) -> str:
    return str(openai_of(url, key).chat.completions.create(model="tiny-1", messages=ASK).choices[0].message.content)


def ask_anthropic(url: str, key: str) -> str:
    reply = anthropic_of(url, key).messages.create(model="tiny-1", max_tokens=50, messages=ASK)
    return "".join(block.text for block in reply.content if block.type == "text")


def ask_gemini(url: str, key: str) -> str:
    with genai.Client(api_key=key, http_options={"base_url": url, "api_version": "v1beta"}) as client:
        return str(client.models.generate_content(model="tiny-1", contents="Hello?").text)


ASKERS = pytest.mark.parametrize("ask", [ask_openai, ask_anthropic, ask_gemini])


@ASKERS
def test_a_key_opens_the_gateway_to_each_client_and_goes_no_further(upstream: ModelServer, ask: Any) -> None:
    with gateway_thread(upstream.url, policy=NEEDS_KEY, ports=ports()) as url:
        assert ask(url, SHOP)
    (request,) = upstream.requests
    assert "lrcp_" not in str(request)


@ASKERS
def test_each_client_is_told_in_its_own_words_that_its_key_is_none(upstream: ModelServer, ask: Any) -> None:
    known = (openai.AuthenticationError, anthropic.AuthenticationError, genai_errors.ClientError)
    with gateway_thread(upstream.url, policy=NEEDS_KEY, ports=ports()) as url:
        for wrong in ("sk-own", new_key_text()):
            with pytest.raises(known) as refused:
                ask(url, wrong)
            assert "401" in str(refused.value)
            assert wrong not in str(refused.value)
    assert upstream.requests == []


def test_a_key_is_for_its_models_and_scopes_only(upstream: ModelServer) -> None:
    with gateway_thread(upstream.url, policy=NEEDS_KEY, ports=ports()) as url:
        assert ask_openai(url, NARROW)
        client = openai_of(url, NARROW)
        for ask in (
            lambda: client.chat.completions.create(model="large", messages=ASK),
            lambda: client.embeddings.create(model="tiny-1", input="Hello?"),
            lambda: client.models.list(),
        ):
            with pytest.raises(openai.PermissionDeniedError):
                ask()
        assert [model.id for model in openai_of(url, SHOP).models.list()] == ["tiny-1"]
    assert "lrcp_" not in str(upstream.requests)


def test_a_limit_by_key_counts_each_key_for_itself(upstream: ModelServer) -> None:
    policy = Policy(authentication=Authentication(), limits=(Limit(name="k", per="key", requests=1, every="day"),))
    with gateway_thread(upstream.url, policy=policy, ports=ports()) as url:
        assert ask_openai(url, SHOP)
        assert ask_openai(url, NARROW)
        with pytest.raises(openai.RateLimitError):
            ask_openai(url, SHOP)
        with pytest.raises(anthropic.RateLimitError):
            ask_anthropic(url, SHOP)


def test_where_no_key_is_required_others_pass_and_wrong_ones_do_not(upstream: ModelServer) -> None:
    policy = Policy(authentication=Authentication(required=False))
    with gateway_thread(upstream.url, policy=policy, ports=ports()) as url:
        assert ask_openai(url, "sk-own")
        assert upstream.requests[-1].headers["authorization"] == "Bearer sk-own"
        assert ask_openai(url, SHOP)
        assert "authorization" not in upstream.requests[-1].headers
        with pytest.raises(openai.AuthenticationError):
            ask_openai(url, new_key_text())


def test_nobody_is_let_in_while_the_keys_cannot_be_had(upstream: ModelServer) -> None:
    for without in (Ports(), Ports(key_source=Keys())):
        with gateway_thread(upstream.url, policy=NEEDS_KEY, ports=without) as url:
            with pytest.raises(openai.InternalServerError) as refused:
                ask_openai(url, SHOP)
            assert refused.value.status_code == 503
            assert refused.value.response.headers["retry-after"] == "1"
            with pytest.raises(openai.AuthenticationError):
                ask_openai(url, "sk-own")
            with pytest.raises(openai.AuthenticationError):
                openai_of(url, "sk-own").models.list()
    assert upstream.requests == []
