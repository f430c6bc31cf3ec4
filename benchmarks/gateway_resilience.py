"""What the resilience stage costs when all goes well: a call through it against one that only makes the try, in turns.

`python -m benchmarks.gateway_resilience [--rounds 20]` prints microseconds a call. Nothing is on the wire: the provider
is a function that answers at once with 2.5 KB of JSON, or with a stream that is read to its end.
"""

import argparse
import asyncio
import json
import random
import statistics
from collections.abc import AsyncGenerator
from time import perf_counter_ns

from lrcp.gateway.config import Timeouts
from lrcp.gateway.exchange import Attempt, Exchange, Handler, Reply, Stream, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.resilience.state import ResilienceState
from lrcp.gateway.stages.resilience import make_resilience_stage
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.routing import Hedge, Resilience
from tests.support.exchanges import new_exchange

CALLS = 2_000
WHOLE = json.dumps({"choices": [{"message": {"role": "assistant", "content": "word " * 480}}]}).encode()
ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
WORD = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
STREAM = (ROLE, *[WORD] * 20, b"data: [DONE]\n\n")
KINDS = {"off": None, "on": Resilience(), "on, with hedging": Resilience(hedge=Hedge(percentile=99.9))}


async def answer(exchange: Exchange, attempt: Attempt) -> Reply:
    if exchange.call.streams:
        return Reply(200, [], stream=Stream(give()))
    return Reply(200, [], WHOLE)


async def give() -> AsyncGenerator[bytes, None]:
    for piece in STREAM:
        yield piece


def make_stage(section: Resilience | None) -> Handler:
    clock = SystemClock()
    return make_resilience_stage(
        section,
        {},
        ResilienceState(clock),
        answer,
        timeouts=Timeouts(),
        max_event_bytes=2**22,
        clock=clock,
        chance=random.Random(7).random,
    )


async def measure(stage: Handler, candidates: tuple[Target, ...], *, streams: bool) -> float:
    """Microseconds a call, its exchange not counted."""
    exchanges = [new_exchange(stream=streams) for _ in range(CALLS)]
    for exchange in exchanges:
        exchange.candidates = candidates
    begun = perf_counter_ns()
    for exchange in exchanges:
        reply = await stage(exchange)
        if reply.stream is not None:
            async for _ in reply.stream:
                pass
    return (perf_counter_ns() - begun) / CALLS / 1000


async def run(rounds: int) -> None:
    upstream = make_upstreams("local", {})["local"]
    chains = {"one candidate": (Target(upstream, "a"),), "four": tuple(Target(upstream, name) for name in "abcd")}
    stages = {kind: make_stage(section) for kind, section in KINDS.items()}
    for streams in (False, True):
        for chain, candidates in chains.items():
            taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
            for _ in range(rounds):
                for kind, stage in stages.items():
                    taken[kind].append(await measure(stage, candidates, streams=streams))
            off = statistics.median(taken["off"])
            for kind in list(KINDS)[1:]:
                added = statistics.median(taken[kind]) - off
                what = f"{'stream' if streams else 'whole'}, {chain}, {kind}"
                print(f"{what:42s} adds {added:5.1f} us to {off:5.1f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    asyncio.run(run(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
