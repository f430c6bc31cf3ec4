"""Sending: paced, a bounded number at once, waiting while the application is down and when it asks to be left alone."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from lrcp.traffic.plan import TrafficRequest
from lrcp.traffic.tally import Outcome, Tally

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
_DOWN = "application down"
_NOT_AN_ANSWER = "reply that is no answer"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much at once and how long to wait, in seconds. duration_s 0: until stopped."""

    concurrency: int = 16
    duration_s: float = 0.0
    request_timeout_s: float = 150.0
    drain_s: float = 5.0


class Sender:
    """Sends planned requests until the time is over or `stop` is called; what came of them is in `tally`.

    `waiting` says what it waits for, '' while it sends.
    """

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = url.rstrip("/")
        self._limits = limits
        self._stopped = asyncio.Event()
        self._up = asyncio.Event()
        self._quiet_until = 0.0
        self.tally = Tally()
        self.started: float | None = None
        self.waiting = ""

    def stop(self) -> None:
        """End soon: no new requests; those in flight have `drain_s` seconds."""
        self._stopped.set()

    def elapsed_s(self) -> float:
        """Since the application was first seen up."""
        return time.monotonic() - self.started if self.started else 0.0

    def left_s(self) -> float | None:
        """Until the end; None when there is none."""
        return max(self._limits.duration_s - self.elapsed_s(), 0.0) if self._limits.duration_s else None

    async def run(self, requests: Iterator[TrafficRequest], gaps: Iterator[float]) -> None:
        """Send. Returns when the duration is over, or soon after `stop`. A failing application is no reason to end."""
        timeout = aiohttp.ClientTimeout(total=self._limits.request_timeout_s, sock_connect=5)
        connector = aiohttp.TCPConnector(limit=self._limits.concurrency + 1)
        slots = asyncio.Semaphore(self._limits.concurrency)
        flying: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as client:
            try:
                while await self._next_turn(client, next(gaps), slots):
                    task = asyncio.create_task(self._send(client, next(requests), slots))
                    flying.add(task)
                    task.add_done_callback(flying.discard)
            finally:
                await self._drain(flying)

    async def _next_turn(self, client: aiohttp.ClientSession, gap_s: float, slots: asyncio.Semaphore) -> bool:
        """Wait for the time of the next request, an application that is up, and a free slot; False: it is over."""
        await self._pause(max(gap_s, self._quiet_until - time.monotonic()))
        if not self._up.is_set():
            await self._wait_until_up(client)
        while not self._over():
            try:
                async with asyncio.timeout(0.2):
                    await slots.acquire()
                return True
            except TimeoutError:
                continue
        return False

    async def _wait_until_up(self, client: aiohttp.ClientSession) -> None:
        wait_s = FIRST_WAIT_S
        while not self._over():
            if await self._answers(client):
                self._up.set()
                self.waiting = ""
                self.started = self.started or time.monotonic()
                return
            self.waiting = f"for {self._url} to answer; next try in {wait_s:g} s"
            await self._pause(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _answers(self, client: aiohttp.ClientSession) -> bool:
        try:
            async with client.get(f"{self._url}/health", timeout=aiohttp.ClientTimeout(total=5)) as reply:
                return reply.status < 500
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _send(self, client: aiohttp.ClientSession, request: TrafficRequest, slots: asyncio.Semaphore) -> None:
        started = time.monotonic()
        try:
            outcome = await self._post(client, request, started)
        except TimeoutError:
            outcome = Outcome(latency_s=time.monotonic() - started, error="time-out")
        except aiohttp.ClientConnectionError:
            self._up.clear()
            outcome = Outcome(latency_s=time.monotonic() - started, error=_DOWN)
        except (aiohttp.ClientError, ValueError):
            outcome = Outcome(latency_s=time.monotonic() - started, error=_NOT_AN_ANSWER)
        finally:
            slots.release()
        self.tally.add(outcome)

    async def _post(self, client: aiohttp.ClientSession, request: TrafficRequest, started: float) -> Outcome:
        headers = {"x-session-id": request.session_id, "x-user-id": request.user_id}
        async with client.post(f"{self._url}{request.path}", json=request.body, headers=headers) as reply:
            if reply.status != 200:
                self._heed(reply.headers.get("retry-after"))
                await reply.read()
                return Outcome(latency_s=time.monotonic() - started, error=f"HTTP {reply.status}")
            return read_outcome(await reply.json(), time.monotonic() - started)

    def _heed(self, retry_after: str | None) -> None:
        if retry_after and retry_after.isdigit():
            self._quiet_until = time.monotonic() + min(int(retry_after), LONGEST_WAIT_S)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but no longer than until `stop` or the end."""
        left_s = self.left_s() if self.started else None
        try:
            async with asyncio.timeout(min(seconds, left_s) if left_s is not None else seconds):
                await self._stopped.wait()
        except TimeoutError:
            return

    def _over(self) -> bool:
        return self._stopped.is_set() or (self.started is not None and self.left_s() == 0.0)

    async def _drain(self, flying: set[asyncio.Task[None]]) -> None:
        if flying:
            self.waiting = f"for {len(flying)} in flight"
            _, late = await asyncio.wait(flying, timeout=self._limits.drain_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            self.waiting = ""


def read_outcome(reply: Any, latency_s: float) -> Outcome:
    """What an answer says of itself. Raises: ValueError - it is not of the reference application's shape."""
    said = reply.get("metadata") if isinstance(reply, dict) else None
    if not isinstance(said, dict):
        raise ValueError("the reply has no metadata")
    tokens_in, tokens_out, cost = said.get("input_tokens"), said.get("output_tokens"), said.get("cost_usd")
    if not all(figure is None or isinstance(figure, int | float) for figure in (tokens_in, tokens_out, cost)):
        raise ValueError(f"the reply's figures are no numbers: {tokens_in!r}, {tokens_out!r}, {cost!r}")
    return Outcome(latency_s=latency_s, input_tokens=tokens_in, output_tokens=tokens_out, cost_usd=cost)
