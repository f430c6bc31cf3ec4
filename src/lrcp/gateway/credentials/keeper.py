"""Keeps an access token at hand: renewed beside the event loop before it ends, so that no request waits for one."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.kit.backoff import Backoff
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.errors import UnavailableError

log = logging.getLogger(__name__)

_AHEAD_S: Final = 300.0
_LEAST_S: Final = 1.0


class Token(msgspec.Struct, frozen=True):
    """lifetime_s: how long it holds from now on. It is not shown by repr()."""

    value: str
    lifetime_s: float

    def __repr__(self) -> str:
        return f"Token(..., lifetime_s={self.lifetime_s:g})"


Renew = Callable[[], Token]
"""Gets a new token. It may block, within a bound. Raises: UnavailableError - there is none to be had, and why."""


def renew_after_s(lifetime_s: float) -> float:
    """When to renew a token: five minutes before its end, or at half of a short life, and never in a hurry."""
    return max(_LEAST_S, lifetime_s - min(_AHEAD_S, lifetime_s / 2))


class TokenKeeper:
    """A part of the gateway. name: whose tokens they are, for people."""

    def __init__(self, name: str, renew: Renew, clock: Clock | None = None, backoff: Backoff | None = None) -> None:
        self._name = name
        self._renew = renew
        self._clock = clock or SystemClock()
        self._backoff = backoff or Backoff(base_s=1.0, cap_s=60.0, least_share=0.5)
        self._token = ""
        self._ends_s = 0.0
        self._renewals = 0
        self._failures = 0
        self._error = "it is on its way"
        self._task: asyncio.Task[None] | None = None

    def token(self) -> str:
        """The token that holds now. Raises: UpstreamError - there is none."""
        if not self._token or self._clock.monotonic_s() >= self._ends_s:
            raise UpstreamError(f"no access token for {self._name}: {self._error}", code="no_credential", status=503)
        return self._token

    async def start(self) -> None:
        """Begin to fetch the first; requests before it are told so."""
        self._task = asyncio.create_task(self._keep(), name=f"tokens of {self._name}")

    async def stop(self) -> None:
        """End the renewals."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def describe(self) -> dict[str, Any]:
        """What /health tells of it."""
        left_s = max(0.0, self._ends_s - self._clock.monotonic_s()) if self._token else 0.0
        return {"valid_s": round(left_s), "renewals": self._renewals, "failures": self._failures, "error": self._error}

    async def _keep(self) -> None:
        while True:
            wait_s = await self._renew_once()
            await asyncio.sleep(wait_s)

    async def _renew_once(self) -> float:
        """Seconds until the next renewal. While renewals fail, the token before goes on until its own end."""
        try:
            token = await asyncio.to_thread(self._renew)
        except UnavailableError as error:
            self._failures += 1
            self._error = str(error)
            log.warning("the access token of %s was not renewed: %s", self._name, error)
            return self._backoff.delay_s(self._failures)
        self._token, self._ends_s = token.value, self._clock.monotonic_s() + token.lifetime_s
        self._renewals, self._failures, self._error = self._renewals + 1, 0, ""
        return renew_after_s(token.lifetime_s)
