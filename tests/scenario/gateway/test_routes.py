"""Routes, as an application with the official client meets them."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import openai
import pytest

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.processes import wait_until
from tests.support.span_listener import SeenSpan, SpanListener
from tests.support.wayward_upstream import Wayward

ASK: list[dict[str, str]] = [{"role": "user", "content": "When does the bus go?"}]


class Town:
    """Two providers and a listener for spans, with a gateway between them and the client."""

    def __init__(self, first: Wayward, second: Wayward, listener: SpanListener, urls: tuple[str, str, str]) -> None:
        self.first, self.second, self.listener = first, second, listener
        self._urls = urls

    def gateway(self, **policy: Any) -> Any:
        first_url, second_url, listener_url = self._urls
        providers = {"second": {"base_url": f"{second_url}/v1", "allow_private": True}}
        return gateway_thread(
            first_url,
            policy=msgspec.convert({"providers": providers, **policy}, Policy),
            telemetry=TelemetryConfig(url=f"{listener_url}/v1/traces"),
        )


@pytest.fixture
def town() -> Iterator[Town]:
    first, second, listener = Wayward(), Wayward(), SpanListener()
    with (
        serving(first.build()) as first_url,
        serving(second.build()) as second_url,
        serving(listener.build()) as listener_url,
    ):
        yield Town(first, second, listener, (first_url, second_url, listener_url))


def client(url: str, **headers: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0, default_headers=headers)


def asked(upstream: Wayward) -> list[str]:
    return [json.loads(body)["model"] for body in upstream.bodies]


def test_an_alias_leads_to_its_target_under_the_providers_own_name(town: Town) -> None:
    route = {"name": "chat", "models": ["house-chat"], "targets": [{"to": "second/plain"}]}
    with town.gateway(routes=[route]) as url:
        raw = client(url).chat.completions.with_raw_response.create(model="house-chat", messages=ASK)  # type: ignore[arg-type]
        assert raw.headers["x-lrcp-route"] == "chat"
        assert raw.headers["x-lrcp-model"] == "second/plain"
        span = town.listener.only()
    assert (asked(town.first), asked(town.second)) == ([], ["plain"])
    told = span["lrcp.route"], span["gen_ai.request.model"], span["requested_model"]
    assert told == ("chat", "plain", "house-chat")


def test_a_session_stays_where_it_is_and_sessions_spread(town: Town) -> None:
    targets = [{"to": "url/plain"}, {"to": "second/plain"}]
    with town.gateway(routes=[{"name": "r", "models": ["m"], "targets": targets, "sticky": "session"}]) as url:
        for session in range(12):
            for _ in range(2):
                client(url, **{"x-lrcp-session": f"s{session}"}).chat.completions.create(model="m", messages=ASK)  # type: ignore[arg-type]
    counts = len(town.first.bodies), len(town.second.bodies)
    assert sum(counts) == 24
    assert all(count > 0 and count % 2 == 0 for count in counts)


def test_a_shadow_copy_is_measured_and_its_answer_goes_nowhere(town: Town) -> None:
    route = {
        "name": "r",
        "models": ["plain"],
        "targets": [{"to": "url/plain"}],
        "shadow": {"to": "second/refuses", "ratio": 1.0},
    }
    with town.gateway(routes=[route]) as url:
        answer = client(url).chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
        wait_until(lambda: len(town.listener.spans) == 2, "the spans of the call and of its copy")
    assert answer.choices[0].message.content == "Wait for the bus."
    assert asked(town.second) == ["refuses"]
    by_route = {(span := SeenSpan(raw))["lrcp.route"]: span for raw in town.listener.spans}
    copy, own = by_route["shadow"], by_route["r"]
    assert copy.raw["parentSpanId"] == own.raw["spanId"]
    assert copy["shadow_of"] == "r"


def test_a_private_address_that_the_policy_does_not_allow_is_not_called(town: Town) -> None:
    providers = {"inside": {"base_url": "http://127.0.0.1:1/v1"}}
    route = {"name": "r", "models": ["m"], "targets": [{"to": "inside/m"}]}
    with (
        town.gateway(providers=providers, routes=[route]) as url,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        client(url).chat.completions.create(model="m", messages=ASK)  # type: ignore[arg-type]
    assert caught.value.code == "upstream_not_allowed"
    assert "127.0.0.1 is the private address" in caught.value.message
