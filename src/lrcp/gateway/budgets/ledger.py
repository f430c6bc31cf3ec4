"""What budgets need of the state database."""

from collections.abc import Sequence
from typing import Protocol

from lrcp.model.budget import LeaseClaim, LeaseGrant


class Ledger(Protocol):
    """The account that all gateway processes share. Calls block; one thread makes them, one after the other.

    All raise UnavailableError when it cannot be reached. An answer that is lost is asked for again: no call may count
    anything twice.
    """

    def sync(self, process: str, now_ns: int, claims: Sequence[LeaseClaim]) -> list[LeaseGrant]:
        """Settle and grant, one answer a claim; also a sign of life of the process (32 characters at most)."""
        ...

    def settle_process(self, process: str, committed_nusd: Sequence[int]) -> int:
        """Close the leases of a process that is no more, by its journal; what it does not say is charged in full."""
        ...

    def settle_lost(self, now_ns: int) -> int:
        """Charge in full the leases of processes that were not heard of for half a minute."""
        ...
