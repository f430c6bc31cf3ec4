"""Where a gateway hears of virtual keys: the ports; app/ joins the first to the state database."""

from collections.abc import Sequence
from typing import Protocol

from lrcp.model.virtual_key import VirtualKey


class KeySource(Protocol):
    """Asked by one thread, again and again; its calls block, within a bound that it keeps itself."""

    def load_if_changed(self, known: int | None) -> tuple[int, Sequence[VirtualKey]] | None:
        """The revision and all keys in force, when the revision is another than the known one; else None.

        Raises: LrcpError - it cannot be reached, or cannot be used.
        """

    def close(self) -> None:
        """Release what it holds; called by the same thread, last."""


class KeyRing(Protocol):
    """The keys at hand; asked on the event loop, for every request."""

    def find(self, digest: bytes) -> VirtualKey | None:
        """The key whose text has this SHA-256, None when no key in force has.

        Raises: UnavailableError - no keys were had yet, so that nobody knows.
        """
