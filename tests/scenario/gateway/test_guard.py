"""Guards through the official clients: requests and answers blocked, redacted and marked."""

import json
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import msgspec
import openai
import pytest
from google import genai

from lrcp.gateway.guards.port import OK, GuardInput, Span, Verdict
from lrcp.gateway.guards.registry import BUILT_IN
from lrcp.gateway.ports import Ports
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.http_thread import serving
from tests.support.wayward_upstream import WORDS, Wayward

SAID = "".join(WORDS)


class Slow:
    """Takes longer than any policy of this file allows."""

    blocking = True
    reach = None

    def judge(self, seen: GuardInput) -> Verdict:
        time.sleep(0.4)
        return OK


class Whole:
    """Objects to the first word of each text, once it has seen all of them."""

    blocking = True
    reach = None

    def judge(self, seen: GuardInput) -> Verdict:
        spans = tuple(Span(index, 0, len(text.text.split(" ")[0]), "***") for index, text in enumerate(seen.texts))
        return Verdict(True, "it has a first word", 0.75, spans)


class Broken:
    blocking = False
    reach = None

    def judge(self, seen: GuardInput) -> Verdict:
        raise RuntimeError(seen.texts[0].text)


GUARDS = {
    **BUILT_IN,
    "slow": lambda options: Slow(),
    "whole": lambda options: Whole(),
    "broken": lambda options: Broken(),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[tuple[Wayward, str]]:
    wayward = Wayward()
    with serving(wayward.build()) as url:
        yield wayward, url


@pytest.fixture(scope="module")
def gateway(upstream: tuple[Wayward, str]) -> Iterator[RunningGateway]:
    with running_gateway(upstream[1], ports=Ports(guards=GUARDS)) as running:
        yield running


def obey(gateway: RunningGateway, **guard: Any) -> None:
    document = {"guards": [{"name": "words", "uses": "patterns", **guard}]}
    gateway.app.obey(1, msgspec.convert(document, Policy))


def ask(gateway: RunningGateway, text: str = "Hello?", **members: Any) -> Any:
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="k", max_retries=0)
    messages: Any = [{"role": "user", "content": text}]
    return client.chat.completions.with_raw_response.create(model="plain", messages=messages, **members)


def read_stream(raw: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in raw.parse() if chunk.choices)


def test_a_forbidden_request_is_refused_before_the_provider_sees_it_and_without_repeating_it(
    gateway: RunningGateway, upstream: tuple[Wayward, str]
) -> None:
    obey(gateway, action="block", on="request", options={"words": ["xyzzy"]})
    before = len(upstream[0].bodies)
    with pytest.raises(openai.BadRequestError) as refused:
        ask(gateway, "say XYZZY")
    assert (refused.value.code, refused.value.type) == ("guard_blocked", "invalid_request_error")
    assert "words" in refused.value.message
    assert "xyzzy" not in refused.value.message.lower()
    assert refused.value.response.headers["x-lrcp-guard"] == "words"
    assert len(upstream[0].bodies) == before


def test_anthropics_and_googles_clients_raise_their_own_error(gateway: RunningGateway) -> None:
    obey(gateway, action="block", on="request", options={"words": ["xyzzy"]})
    client = anthropic.Anthropic(base_url=gateway.url, api_key="k", max_retries=0)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model="plain", max_tokens=5, messages=[{"role": "user", "content": "xyzzy"}])
    google = genai.Client(api_key="k", http_options=genai.types.HttpOptions(base_url=gateway.url))
    with pytest.raises(genai.errors.ClientError):
        google.models.generate_content(model="plain", contents="xyzzy")


def test_a_request_is_redacted_and_every_other_byte_stays(
    gateway: RunningGateway, upstream: tuple[Wayward, str]
) -> None:
    obey(gateway, action="redact", on="request", options={"patterns": [r"\d{4}-\d{4}"]})
    raw = ask(gateway, "card 1234-5678, é, please")
    body = json.loads(upstream[0].bodies[-1])
    assert body["messages"][0]["content"] == "card [redacted], é, please"
    assert raw.headers["x-lrcp-guard"] == "words"


def test_a_marked_request_passes_with_a_header(gateway: RunningGateway) -> None:
    obey(gateway, action="mark", on="request", options={"words": ["hello"]})
    raw = ask(gateway)
    assert raw.parse().choices[0].message.content == SAID
    assert raw.headers["x-lrcp-guard"] == "words"
    assert "x-lrcp-guard" not in ask(gateway, "Good day").headers


@pytest.mark.parametrize("stream", [False, True])
def test_a_forbidden_answer_is_an_error_whether_whole_or_streamed(gateway: RunningGateway, stream: bool) -> None:
    obey(gateway, action="block", on="reply", options={"words": ["bus"]})
    with pytest.raises(openai.BadRequestError) as refused:
        ask(gateway, stream=stream)
    assert refused.value.code == "guard_blocked"
    obey(gateway, action="block", on="reply", options={"words": ["tram"]})
    raw = ask(gateway, stream=stream)
    assert (read_stream(raw) if stream else raw.parse().choices[0].message.content) == SAID


@pytest.mark.parametrize(
    "options", [{"words": ["the bus"]}, {"patterns": ["the b.s"], "longest": 7}, {"patterns": ["the b.s"]}]
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_redacted_also_across_the_events_of_a_stream(
    gateway: RunningGateway, stream: bool, options: dict[str, Any]
) -> None:
    obey(gateway, action="redact", on="reply", options={**options, "replacement": "[gone]"})
    raw = ask(gateway, stream=stream, stream_options={"include_usage": True} if stream else openai.omit)
    assert (read_stream(raw) if stream else raw.parse().choices[0].message.content) == "Wait for [gone]."


def test_a_guard_on_a_thread_redacts_a_stream_that_it_has_seen_whole(gateway: RunningGateway) -> None:
    obey(gateway, uses="whole", action="redact", on="reply", timeout_ms=5000)
    assert read_stream(ask(gateway, stream=True)) == SAID.replace("Wait", "***")


def test_a_marked_stream_is_not_changed(gateway: RunningGateway, upstream: tuple[Wayward, str]) -> None:
    obey(gateway, action="mark", on="reply", options={"words": ["bus"]})
    counted = gateway.health()["guards"]["guards"]["words"]["objected"]
    assert read_stream(ask(gateway, stream=True)) == SAID
    assert gateway.health()["guards"]["guards"]["words"]["objected"] == counted + 1


@pytest.mark.parametrize(("uses", "counted"), [("slow", "timeouts"), ("broken", "failures")])
def test_a_guard_without_a_verdict_lets_pass_or_refuses_as_the_policy_says(
    gateway: RunningGateway, uses: str, counted: str
) -> None:
    obey(gateway, uses=uses, name=uses, on="request", timeout_ms=20, on_timeout="pass", action="block")
    raw = ask(gateway)
    assert raw.headers["x-lrcp-guard-unchecked"] == uses
    obey(gateway, uses=uses, name=uses, on="request", timeout_ms=20, on_timeout="block", action="mark")
    with pytest.raises(openai.InternalServerError) as refused:
        ask(gateway)
    assert (refused.value.status_code, refused.value.code) == (503, "guard_unchecked")
    assert gateway.health()["guards"]["guards"][uses][counted] == 2


def test_a_policy_with_a_guard_that_nobody_knows_is_refused_with_the_place(gateway: RunningGateway) -> None:
    with pytest.raises(Exception, match=r"guards\[0\].uses: no guard is called 'nobody'; known: patterns"):
        obey(gateway, uses="nobody")
    with pytest.raises(Exception, match=r"guards\[0\].options: .*invalid escape sequence"):
        obey(gateway, options={"patterns": [r"(a)\1"]})
    with pytest.raises(Exception, match=r"guards\[0\].options: .*matches where there is nothing"):
        obey(gateway, options={"patterns": ["x*"]})
