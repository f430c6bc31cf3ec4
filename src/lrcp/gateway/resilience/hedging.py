"""Hedging: a second try beside a first one that takes unusually long; the first good answer wins, the other is cancelled.

Source: Dean and Barroso, "The Tail at Scale" (CACM 2013), "hedged requests".
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from lrcp.gateway.resilience.state import TargetState
from lrcp.gateway.resilience.trying import Tried
from lrcp.model.policy.routing import Hedge

Try = Coroutine[Any, Any, Tried]


def hedge_delay_s(hedge: Hedge, state: TargetState, *, streams: bool) -> float | None:
    """Seconds after which a second try is worth its money; None while the target's times are not known well enough."""
    times = state.streamed if streams else state.whole
    return times.percentile_s(hedge.percentile) if len(times) >= hedge.min_samples else None


async def race(first: Try, make_second: Callable[[], Try | None], delay_s: float) -> Tried:
    """Run a try, and after a delay a second one beside it.

    Args: make_second is asked once, when the delay is over; None for no second try.
    Returns: the first good one to end; the first try when both failed. Whatever ends this, no try is left running, and
    no answer of a loser open.
    """
    tasks = [asyncio.create_task(first)]
    try:
        done, _ = await asyncio.wait(tasks, timeout=delay_s)
        second = None if done else make_second()
        if second is not None:
            tasks.append(asyncio.create_task(second))
        winner = await _first_good(tasks)
        await _settle([task for task in tasks if task is not winner])
    except BaseException:
        await _settle(tasks)
        raise
    return winner.result()


async def _first_good(tasks: list[asyncio.Task[Tried]]) -> asyncio.Task[Tried]:
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        good = next((task for task in tasks if task in done and task.result().rule is None), None)
        if good is not None:
            return good
    return tasks[0]


async def _settle(losers: list[asyncio.Task[Tried]]) -> None:
    """Cancel what still runs, and close what nobody gets."""
    for task in losers:
        task.cancel()
    for ended in await asyncio.gather(*losers, return_exceptions=True):
        if isinstance(ended, Tried):
            await ended.discard()
