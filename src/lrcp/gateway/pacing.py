"""Waits in a provider's place: as long as a real one would take, and no longer than a real one would be given."""

import asyncio
from time import perf_counter_ns

from lrcp.gateway.config import Timeouts
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Attempt


async def hold(attempt: Attempt, seconds: float, timeouts: Timeouts) -> None:
    """Wait for an answer that takes so long to begin; the time counts as the provider's.

    Raises: UpstreamError - the time-out of a first byte came first, with the words of a real one.
    """
    allowed_s = min(timeouts.first_byte_s, timeouts.whole_s)
    begun_tick = perf_counter_ns()
    try:
        await asyncio.sleep(min(seconds, allowed_s))
    finally:
        attempt.upstream_ns += perf_counter_ns() - begun_tick
    if seconds >= allowed_s:
        raise timed_out(attempt, "sent nothing", allowed_s)


async def pause(attempt: Attempt, seconds: float, timeouts: Timeouts, ends_s: float) -> None:
    """Wait between two pieces of a stream that must end at ends_s, on the clock of the event loop.

    Raises: UpstreamError - it takes longer than a provider may be silent, or the stream than a call may take.
    """
    left_s = max(0.0, ends_s - asyncio.get_running_loop().time())
    allowed_s = min(timeouts.idle_s, left_s)
    await asyncio.sleep(min(seconds, allowed_s))
    if seconds < allowed_s:
        return
    if left_s <= timeouts.idle_s:
        raise timed_out(attempt, "did not finish its answer", timeouts.whole_s)
    raise timed_out(attempt, "sent nothing", timeouts.idle_s)


def timed_out(attempt: Attempt, what: str, limit_s: float) -> UpstreamError:
    """The error of a provider that took too long."""
    upstream = attempt.target.upstream
    message = f"provider '{upstream.name}' at {upstream.base_url} {what} within {limit_s:g} s"
    return UpstreamError(message, code="upstream_timeout", status=504)
