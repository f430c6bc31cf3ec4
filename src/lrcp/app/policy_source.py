"""Joins the gateway's port for policies to the state database."""

from typing import TYPE_CHECKING

from lrcp.app.state_access import StateAccess
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.policy.document import PolicyVersion

if TYPE_CHECKING:
    from lrcp.store.state.policies import PolicyStore


class StatePolicySource:
    """A gateway.policy.source.PolicySource. Most of its calls read one number."""

    def __init__(self, access: StateAccess, clock: Clock | None = None) -> None:
        self._access = access
        self._clock = clock or SystemClock()
        self._policies: PolicyStore | None = None
        self._revision = -1
        self._current: PolicyVersion | None = None

    def load_if_changed(self, known: int | None) -> PolicyVersion | None:
        """As the port says; notices also when the version in force expires, which changes no number by itself."""
        policies = self._policies = self._policies or self._open()
        revision = policies.revision()
        if revision != self._revision or self._has_expired():
            self._current = policies.current(self._clock.now_ns())
            # As it was before the version was read: a change in between is seen next time.
            self._revision = revision
        return self._current if self._current is None or self._current.version != known else None

    def close(self) -> None:
        """The access belongs to the process, which closes it."""
        self._policies = None

    def _open(self) -> "PolicyStore":
        from lrcp.store.state.policies import PolicyStore

        return PolicyStore(self._access.get())

    def _has_expired(self) -> bool:
        expires_ns = self._current.expires_ns if self._current is not None else None
        return expires_ns is not None and expires_ns <= self._clock.now_ns()
