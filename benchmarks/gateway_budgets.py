"""What a budget costs a request: reservations a second, alone, through the stage, and where the database is asked each time."""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from lrcp.evaluators.cost import load_price_book
from lrcp.gateway.budgets.keeper import BudgetKeeper
from lrcp.gateway.caller import read_caller
from lrcp.gateway.exchange import Exchange, Outcome, Reply, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.stages.budgets import make_budgets_stage
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.admission import Budget
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.store import open_state

BODY = b'{"model":"local/smollm2-135m-instruct","messages":[{"role":"user","content":"Which shoes?"}],"max_tokens":64}'
OUTCOME = Outcome(200, "", False, 10**8, None, 20, 40, 4_000)
CLOCK = SystemClock()


def make_exchange(target: Target) -> Exchange:
    """A request as route leaves it."""
    return Exchange(
        method="POST",
        path="/v1/chat/completions",
        query=b"",
        headers={},
        body=BODY,
        trace=continue_trace({}),
        started_ns=CLOCK.now_ns(),
        started_tick=time.perf_counter_ns(),
        format=OPENAI_CHAT,
        call=OPENAI_CHAT.decode_call("/v1/chat/completions", BODY),
        caller=read_caller({b"x-lrcp-tags": b"team:search"}),
        candidates=(target,),
    )


async def answer(exchange: Exchange) -> Reply:
    return Reply(200)


async def measure_stage(keeper: BudgetKeeper, budgets: tuple[Budget, ...], calls: int) -> list[float]:
    """Microseconds of each exchange through the stage and its settlement; the exchange itself is made before."""
    stage = make_budgets_stage(budgets, keeper, load_price_book(), CLOCK)
    assert stage is not None
    target = Target(make_upstreams("local", {})["local"], "smollm2-135m-instruct")
    taken_us = []
    for number in range(calls):
        exchange = make_exchange(target)
        started = time.perf_counter_ns()
        await stage(exchange, answer)
        for done in exchange.on_done:
            done(OUTCOME)
        taken_us.append((time.perf_counter_ns() - started) / 1000)
        if number % 20 == 0:
            await asyncio.sleep(0.001)  # as a gateway waits for its providers
    return taken_us


async def measure_lease(keeper: BudgetKeeper, calls: int) -> list[float]:
    """Microseconds of one reservation and settlement, without price and policy."""
    lease = keeper.lease_for("alone", "", "month", 10**15, CLOCK.now_ns())
    assert lease is not None
    await keeper.obtain(lease, 1_000)
    lease.settle(1_000, 0)
    taken_us = []
    for _ in range(calls // 100):
        started = time.perf_counter_ns()
        for _ in range(100):
            assert lease.reserve(1_000)
            lease.settle(1_000, 0)
        taken_us.append((time.perf_counter_ns() - started) / 100_000)
        if not len(taken_us) % 50:
            await asyncio.sleep(0.25)
    return taken_us


async def measure_asking(keeper: BudgetKeeper, calls: int, at_once: int) -> list[float]:
    """Microseconds until a reservation is granted where every one must ask the database, so many at once."""
    lease = keeper.lease_for("scarce", f"at once:{at_once}", "month", 10**15, CLOCK.now_ns())
    assert lease is not None
    taken_us = []

    async def ask() -> None:
        started = time.perf_counter_ns()
        assert await keeper.obtain(lease, 10**6) == "granted"
        taken_us.append((time.perf_counter_ns() - started) / 1000)
        lease.settle(10**6, 10**6)

    for _ in range(calls // at_once):
        await asyncio.gather(*(ask() for _ in range(at_once)))
    return taken_us


def show(name: str, taken_us: list[float], at_once: int) -> None:
    taken_us.sort()
    p99 = taken_us[int(len(taken_us) * 0.99)]
    a_second = at_once * 1e6 / statistics.fmean(taken_us)
    print(f"{name:44} {statistics.median(taken_us):10.2f} {p99:10.2f} {a_second:12,.0f}")


async def run(calls: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = open_state("", Path(folder), now_ns=CLOCK.now_ns())
        keeper = BudgetKeeper(BudgetStore(lambda: state), CLOCK, Path(folder) / "journals")
        print(f"{'microseconds':44} {'median':>10} {'p99':>10} {'a second':>12}")
        one = (Budget(name="all", usd=10**6),)
        five = tuple(Budget(name=f"b{per}", usd=10**6, per=per) for per in ("all", "key", "team", "service", "model"))
        cases: tuple[tuple[str, Callable[[], Awaitable[list[float]]], int], ...] = (
            ("lease: reserve and settle", lambda: measure_lease(keeper, calls), 1),
            ("stage: one budget", lambda: measure_stage(keeper, one, calls), 1),
            ("stage: five budgets", lambda: measure_stage(keeper, five, calls), 1),
            ("asking the database, one at a time", lambda: measure_asking(keeper, 500, 1), 1),
            ("asking the database, 64 at once", lambda: measure_asking(keeper, 6_400, 64), 64),
        )
        for name, measure, at_once in cases:
            show(name, await measure(), at_once)
        await keeper.stop()
        state.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    asyncio.run(run(parser.parse_args().calls))
