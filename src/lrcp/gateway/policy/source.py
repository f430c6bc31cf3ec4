"""Where a gateway hears of new policies: the port; app/ joins it to the state database."""

from typing import Protocol

from lrcp.model.policy.document import PolicyVersion


class PolicySource(Protocol):
    """Asked by one thread, again and again; its calls block, within a bound that it keeps itself."""

    def load_if_changed(self, known: int | None) -> PolicyVersion | None:
        """The version in force, when it is another than the known one; None when it is the same.

        known: number of the version that the caller has, None for none.
        Raises: LrcpError - it cannot be reached, or cannot be used.
        """

    def close(self) -> None:
        """Release what it holds; called by the same thread, last."""
