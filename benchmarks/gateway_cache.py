"""What the cache stage takes of a request: `python -m benchmarks.gateway_cache`.

Around a provider that answers at once, in one process without sockets. Prints the median and the 99th percentile of the
microseconds that the stage adds, for prompts of 1,000, 10,000 and 100,000 tokens: a hit, a miss (with what is kept of
the answer, which happens once the reply is on its way), a stream of 100 events, and a semantic hit with the embedding.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random
from time import perf_counter_ns
from typing import Final

import numpy as np

from lrcp.gateway.background import Background
from lrcp.gateway.cache.beside import Beside
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.exchange import Exchange, Handler, Outcome, Reply, Stage, Stream
from lrcp.gateway.stages.cache import make_cache_stage
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.caching import Cache, ExactCache, SemanticCache
from tests.support.exchanges import new_exchange

PROMPTS: Final = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
CHARS_PER_TOKEN: Final = 4
ROUNDS: Final = 300
DONE: Final = Outcome(
    status=200, error="", cancelled=False, duration_ns=1, ttft_ns=None, input_tokens=1, output_tokens=1, cost_nusd=1
)
CHOICE: Final = {"index": 0, "message": {"role": "assistant", "content": "word " * 100}, "finish_reason": "stop"}
BODY: Final = json.dumps({"model": "m", "choices": [CHOICE]}).encode()
EVENT: Final = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
EVENTS: Final = [EVENT] * 99 + [b"data: [DONE]\n\n"]


async def _events() -> AsyncGenerator[bytes, None]:
    for event in EVENTS:
        await asyncio.sleep(0)  # each comes by itself, as from a socket
        yield event


async def answer(exchange: Exchange) -> Reply:
    """A provider that takes no time."""
    return Reply(200, stream=Stream(_events())) if exchange.call.streams else Reply(200, [], BODY)


async def unmeasured(exchange: Exchange, proceed: Handler) -> Reply:
    return await proceed(exchange)


def make_stage(section: Cache) -> Stage:
    runtime = CacheRuntime(SystemClock())
    beside = Beside(unmeasured, Background(), runtime.clock, Random(1))
    stage = make_cache_stage(section, runtime, route_of=lambda _: "", directions=b"", may_force=(), beside=beside)
    assert stage is not None
    return stage


async def ask(handle: Callable[[Exchange], Awaitable[Reply]], exchange: Exchange) -> int:
    """Nanoseconds until the reply has been read; what follows it is waited for, outside of the measure."""
    begun = perf_counter_ns()
    reply = await handle(exchange)
    if reply.stream is not None:
        async for _ in reply.stream:
            pass
        await reply.stream.aclose()
    taken = perf_counter_ns() - begun
    for done in exchange.on_done:
        done(DONE)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return taken


async def measure(stage: Stage, exchanges: Callable[[int], Exchange], rounds: int = ROUNDS) -> str:
    """The stage's own share: with it, less without it."""

    async def staged(exchange: Exchange) -> Reply:
        return await stage(exchange, answer)

    await ask(staged, exchanges(-1))
    with_stage = [await ask(staged, exchanges(number)) for number in range(rounds)]
    without = [await ask(answer, exchanges(number)) for number in range(rounds)]
    added = (np.array(with_stage) - np.median(without)) / 1e3
    return f"median {np.median(added):9.1f} us   p99 {np.percentile(added, 99):9.1f} us"


def prompt_of(tokens: int, number: int) -> list[dict[str, str]]:
    text = "some words of a prompt, " * (tokens * CHARS_PER_TOKEN // 24)
    return [{"role": "system", "content": text}, {"role": "user", "content": f"Question {number}?"}]


async def main() -> None:
    for name, tokens in PROMPTS.items():
        for what, streams in (("whole", False), ("stream of 100", True)):
            counter = itertools.count()
            stage = make_stage(Cache(exact=ExactCache()))
            hit = new_exchange(messages=prompt_of(tokens, -1), stream=streams)
            print(f"{name:5} {what:14} hit   {await measure(stage, lambda _, hit=hit: _again(hit))}")
            misses = [new_exchange(messages=prompt_of(tokens, next(counter)), stream=streams) for _ in range(101)]
            print(f"{name:5} {what:14} miss  {await measure(stage, lambda n, misses=misses: _again(misses[n]), 100)}")
    stage = make_stage(Cache(semantic=SemanticCache(timeout_ms=60_000, shadow_ratio=0.0)))
    asked = new_exchange(messages=[{"role": "user", "content": "How do I reset my password, please?"}])
    print(f"short whole semantic   hit   {await measure(stage, lambda _: _again(asked))}")


def _again(exchange: Exchange) -> Exchange:
    """The same request as a new exchange."""
    exchange.on_done.clear()
    exchange.notes.clear()
    exchange.cache = ""
    return exchange


if __name__ == "__main__":
    asyncio.run(main())
