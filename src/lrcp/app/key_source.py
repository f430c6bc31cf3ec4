"""Joins the gateway's port for virtual keys to the state database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrcp.app.state_access import StateAccess
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.virtual_key import VirtualKey

if TYPE_CHECKING:
    from lrcp.store.state.keys import KeyStore


class StateKeySource:
    """A gateway.keys.source.KeySource. Most of its calls read one number."""

    def __init__(self, access: StateAccess, clock: Clock | None = None) -> None:
        self._access = access
        self._clock = clock or SystemClock()
        self._keys: KeyStore | None = None

    def load_if_changed(self, known: int | None) -> tuple[int, Sequence[VirtualKey]] | None:
        """As the port says."""
        keys = self._keys = self._keys or self._open()
        return keys.load_if_changed(known, self._clock.now_ns())

    def close(self) -> None:
        """The access belongs to the process, which closes it."""
        self._keys = None

    def _open(self) -> "KeyStore":
        from lrcp.store.state.keys import KeyStore

        return KeyStore(self._access.get())
