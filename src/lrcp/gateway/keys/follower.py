"""Follows the virtual keys: asks their source a few times a second, and has those in force at hand in memory.

They are in memory only. While the source is away the last ones stay; a gateway that starts without it knows none, and
says so, rather than let anybody in.
"""

import asyncio
import logging
import threading
from typing import Any, Final

from lrcp.gateway.keys.source import KeySource
from lrcp.model.errors import LrcpError, UnavailableError
from lrcp.model.virtual_key import VirtualKey

log = logging.getLogger(__name__)

POLL_S: Final = 0.3
FIRST_ANSWER_S: Final = 0.3
"""How long a start waits for the source."""
STOP_TIMEOUT_S: Final = 5.0
_MAX_REASON_CHARS: Final = 2000


class KeyFollower:
    """One in each worker process; a keys.source.KeyRing and a ports.Part. source None: there are no keys to be had."""

    def __init__(self, source: KeySource | None, *, poll_s: float = POLL_S) -> None:
        self._source = source
        self._poll_s = poll_s
        self._keys: dict[bytes, VirtualKey] | None = None
        self._revision: int | None = None
        self._away = "their source has not answered yet" if source else "this gateway was not told where keys are kept"
        self._stopping = threading.Event()
        self._asked = threading.Event()
        self._thread: threading.Thread | None = None

    def find(self, digest: bytes) -> VirtualKey | None:
        """As the port says. The thread puts a new mapping in the place of the old one, which needs no lock."""
        keys = self._keys
        if keys is None:
            raise UnavailableError(f"the virtual keys are not known: {self._away}")
        # By hash of a digest: how long that takes tells nothing of a key's text, so no comparison in constant time.
        return keys.get(digest)

    async def start(self) -> None:
        """Begin to follow, and wait a moment for the first answer."""
        if self._source is None:
            return
        self._thread = threading.Thread(target=self._follow, args=(self._source,), name="key-follower", daemon=True)
        self._thread.start()
        await asyncio.to_thread(self._asked.wait, FIRST_ANSWER_S)

    async def stop(self) -> None:
        """Stop asking. What the source holds is released by the thread, which is given a moment for it."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_TIMEOUT_S)

    def describe(self) -> dict[str, Any]:
        """For /health: how many keys are known, and whether their source answers."""
        known = None if self._keys is None else len(self._keys)
        return {"known": known, "revision": self._revision, "source": self._away or "ok"}

    def _follow(self, source: KeySource) -> None:
        """The thread, until it is stopped."""
        while not self._stopping.is_set():
            self._poll(source)
            self._asked.set()
            self._stopping.wait(self._poll_s)
        source.close()

    def _poll(self, source: KeySource) -> None:
        try:
            changed = source.load_if_changed(self._revision)
        except LrcpError as error:
            self._say_away(str(error)[:_MAX_REASON_CHARS])
            return
        if self._away:
            log.info("the source of virtual keys answers")
            self._away = ""
        if changed is not None:
            self._revision, keys = changed
            self._keys = {bytes.fromhex(key.hash): key for key in keys}

    def _say_away(self, reason: str) -> None:
        if reason != self._away:
            log.warning("virtual keys are not followed, those known stay: %s", reason)
            self._away = reason
