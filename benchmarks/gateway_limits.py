"""What a decision of the gateway's limits costs: `python -m benchmarks.gateway_limits`.

Decisions are made on the shared file, one after the other, by 1, 2 and 4 processes at the same time. Prints
microseconds for each shape of limits: mean, median, 99th and 99.9th percentile.
"""

import argparse
import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Final

import numpy as np

from lrcp.gateway.exchange import Exchange, Outcome
from lrcp.gateway.limits.cells import open_cells
from lrcp.gateway.limits.headers import tell_left
from lrcp.gateway.limits.rules import compile_limits
from lrcp.gateway.limits.state import LimitState
from lrcp.gateway.stages.limits import admit
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.admission import Limit
from tests.support.exchanges import new_exchange

MANY: Final = 10**9
SHAPES: Final = {
    "1 limit, of requests": (Limit(name="a", requests=MANY),),
    "1 limit, of calls": (Limit(name="a", concurrent=MANY),),
    "1 limit, of tokens": (Limit(name="a", tokens=MANY),),
    "3 limits, of all three": tuple(
        Limit(name=f"{per}", per=per, requests=MANY, tokens=MANY, concurrent=MANY) for per in ("all", "key", "session")
    ),
    "requests, a million sessions": (Limit(name="a", per="session", requests=10),),
}
ENDED: Final = Outcome(
    status=200,
    error="",
    cancelled=False,
    duration_ns=10**9,
    ttft_ns=None,
    input_tokens=20,
    output_tokens=100,
    cost_nusd=0,
)


def decide(exchange: Exchange, limits: tuple[Limit, ...], state: LimitState) -> Callable[[], None]:
    """One decision and its settlement, as the stage makes them."""
    rules, clock = compile_limits(limits, state.typical), SystemClock()

    def once() -> None:
        claims = admit(exchange, rules, state, clock)
        tell_left(claims)
        settling = [claim for claim in claims if claim.rule.settles]
        if settling:
            with state.cells as cells:
                for claim in settling:
                    claim.rule.settle(cells, claim, clock.now_ns(), ENDED)

    return once


def measure(folder: str, shape: str, decisions: int, number: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Nanoseconds of each decision of one process."""
    state = LimitState()
    state.use(open_cells(Path(folder)))
    exchange = new_exchange()
    exchange.prompt_tokens()  # counted once for all stages
    once = decide(exchange, SHAPES[shape], state)
    taken = np.zeros(decisions, dtype=np.int64)
    many_sessions = "sessions" in shape
    for index in range(decisions):
        if many_sessions:
            exchange.caller.session = f"session-{number}-{index}"
        started = perf_counter_ns()
        once()
        taken[index] = perf_counter_ns() - started
    state.cells.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000, help="of each process and shape")
    decisions = parser.parse_args().decisions
    print(f"{'shape':30s} {'processes':>9s} {'mean':>7s} {'p50':>7s} {'p99':>7s} {'p99.9':>7s}   us")
    context = multiprocessing.get_context("spawn")
    for shape in SHAPES:
        for processes in (1, 2, 4):
            with tempfile.TemporaryDirectory() as folder, context.Pool(processes) as pool:
                count = 1_000_000 // processes if "million" in shape else decisions
                work = [(folder, shape, count, number) for number in range(processes)]
                taken = np.concatenate(pool.starmap(measure, work)) / 1000
            quantiles = "".join(f"{value:8.1f}" for value in np.percentile(taken, (50, 99, 99.9)))
            print(f"{shape:30s} {processes:9d} {taken.mean():7.1f}{quantiles}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory of the largest process at its peak: {peak:.0f} MB")


if __name__ == "__main__":
    main()
