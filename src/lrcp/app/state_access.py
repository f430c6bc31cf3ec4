"""The state database as a gateway uses it: opened when first asked for, beside the event loop, and again while it is away."""

import threading
import time
from typing import TYPE_CHECKING, Final

from lrcp.app.settings import Settings
from lrcp.model.errors import LrcpError, UnavailableError

if TYPE_CHECKING:
    from lrcp.store.state.store import StateStore

RETRY_S: Final = 1.0


class StateAccess:
    """One for a process; safe to use from several threads, never from the event loop's: everything blocks.

    What opens a database is imported only then: it costs 150 ms, which a gateway that starts does not wait for.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.state_url
        self._data_dir = settings.data_dir
        self._lock = threading.Lock()
        self._state: StateStore | None = None
        self._failure: tuple[float, LrcpError] | None = None

    def get(self) -> "StateStore":
        """The open store, made and brought up to date where that is due.

        Raises: UnavailableError - it cannot be reached, or could not a moment ago; SettingsError.
        """
        state = self._state
        if state is not None:
            return state
        with self._lock:
            if self._state is None:
                self._state = self._open()
            return self._state

    def close(self) -> None:
        with self._lock:
            if self._state is not None:
                self._state.close()
                self._state = None

    def _open(self) -> "StateStore":
        """One try, at most each RETRY_S, as a host that does not answer holds a try up for seconds."""
        from lrcp.store.state.store import open_state

        if self._failure is not None and time.monotonic() < self._failure[0]:
            raise UnavailableError(str(self._failure[1]))
        try:
            state = open_state(self._url, self._data_dir, now_ns=time.time_ns())
        except LrcpError as error:
            self._failure = (time.monotonic() + RETRY_S, error)
            raise
        self._failure = None
        return state
