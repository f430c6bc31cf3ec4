"""A policy that changes fifty times while clients stream: nobody notices."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import openai
import pytest

from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.http_thread import serving
from tests.support.wayward_upstream import WORDS, Wayward

CHANGES = 50
POLICIES: list[dict[str, Any]] = [
    {},
    {
        "limits": [{"name": "all", "requests": 1_000_000}],
        "guards": [{"name": "w", "uses": "patterns", "action": "redact", "options": {"words": ["no-such-word"]}}],
        "cache": {"exact": {"ttl_s": 60}},
    },
    {
        "ladder": {"steps": [{"do": "shed"}]},
        "guards": [{"name": "w", "uses": "patterns", "action": "block", "options": {"patterns": ["no.such.word"]}}],
        "routes": [{"name": "all", "models": ["*"], "targets": [{"to": "url/*"}]}],
    },
]


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    with serving(Wayward().build()) as url, running_gateway(url) as running:
        yield running


async def _stream_until(client: openai.AsyncOpenAI, ended: threading.Event, said: list[str]) -> None:
    while not ended.is_set():
        messages: Any = [{"role": "user", "content": f"question {len(said)}"}]
        pieces = await client.chat.completions.create(model="plain", messages=messages, stream=True)
        said.append("".join([chunk.choices[0].delta.content or "" async for chunk in pieces if chunk.choices]))


async def _load(url: str, ended: threading.Event) -> list[str]:
    said: list[str] = []
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0, timeout=30) as client:
        await asyncio.gather(*(_stream_until(client, ended, said) for _ in range(16)))
    return said


def _obey(gateway: RunningGateway, version: int, policy: Policy, done: threading.Event) -> None:
    gateway.app.obey(version, policy)
    done.set()


def _change_often(gateway: RunningGateway, ended: threading.Event) -> None:
    loop = gateway._loop
    assert loop is not None
    try:
        for version in range(1, CHANGES + 1):
            policy = msgspec.convert(POLICIES[version % len(POLICIES)], Policy)
            done = threading.Event()
            loop.call_soon_threadsafe(_obey, gateway, version, policy, done)
            assert done.wait(10)
            ended.wait(0.02)
    finally:
        ended.set()


def test_a_policy_changes_fifty_times_under_streams_without_one_that_fails(gateway: RunningGateway) -> None:
    ended = threading.Event()
    changing = threading.Thread(target=_change_often, args=(gateway, ended))
    gateway.health()
    changing.start()
    said = asyncio.run(_load(gateway.url, ended))
    changing.join()
    assert set(said) == {"".join(WORDS)}
    assert len(said) > CHANGES
    health = gateway.health()
    assert health["policy"] == {"version": CHANGES}
    assert (health["in_progress"], health["faults"]) == (0, 0)
