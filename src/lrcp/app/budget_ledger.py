"""Joins the gateway's port for budgets to the state database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrcp.app.state_access import StateAccess
from lrcp.model.budget import LeaseClaim, LeaseGrant

if TYPE_CHECKING:
    from lrcp.store.state.budgets import BudgetStore


class StateLedger:
    """A gateway.budgets.ledger.Ledger. The database, and what it takes to reach it, is opened by the first call."""

    def __init__(self, access: StateAccess) -> None:
        self._access = access
        self._budgets: BudgetStore | None = None

    def sync(self, process: str, now_ns: int, claims: Sequence[LeaseClaim]) -> list[LeaseGrant]:
        """As the port says."""
        return self._store().sync(process, now_ns, claims)

    def settle_process(self, process: str, committed_nusd: Sequence[int]) -> int:
        """As the port says."""
        return self._store().settle_process(process, committed_nusd)

    def settle_lost(self, now_ns: int) -> int:
        """As the port says."""
        return self._store().settle_lost(now_ns)

    def _store(self) -> "BudgetStore":
        from lrcp.store.state.budgets import BudgetStore

        if self._budgets is None:
            self._budgets = BudgetStore(self._access.get)
        return self._budgets
