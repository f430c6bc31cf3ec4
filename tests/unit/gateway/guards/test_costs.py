"""An answer that a guard holds back was paid for all the same: the span says so."""

from collections.abc import Iterator
from typing import Any

import msgspec
import openai
import pytest

from lrcp.gateway.config import TelemetryConfig
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import running_gateway
from tests.support.http_thread import serving
from tests.support.span_listener import SpanListener, attributes
from tests.support.wayward_upstream import COMPLETION_TOKENS, PROMPT_TOKENS, Wayward

BLOCK = {"name": "g", "uses": "patterns", "action": "block", "on": "reply", "options": {"words": ["bus"]}}


@pytest.fixture
def upstream_url() -> Iterator[str]:
    with serving(Wayward().build()) as url:
        yield url


@pytest.mark.parametrize("stream", [False, True])
def test_the_tokens_of_a_blocked_answer_are_counted(upstream_url: str, stream: bool) -> None:
    listener = SpanListener()
    policy = msgspec.convert({"guards": [BLOCK]}, Policy)
    with (
        serving(listener.build()) as url,
        running_gateway(upstream_url, policy=policy, telemetry=TelemetryConfig(url=f"{url}/v1/traces")) as gateway,
    ):
        client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="k", max_retries=0)
        messages: Any = [{"role": "user", "content": "?"}]
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="plain", messages=messages, stream=stream)
        listener.wait_for(1)
    said = attributes(listener.spans[0])
    counted = (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"])
    assert tuple(int(count) for count in counted) == (PROMPT_TOKENS, COMPLETION_TOKENS)
    assert "blocked" in said.values()
    assert "guard_blocked" in said.values()
