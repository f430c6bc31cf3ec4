"""Leases: one process at a time does a work, and what it writes after its time is refused."""

from typing import Final

import msgspec
from sqlalchemy import Connection, case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from lrcp.model.errors import UnavailableError
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import lease

LEASE_NS: Final = 30 * 1_000_000_000
"""How long a holder that is not heard of keeps its lease."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A right to work. term: which time of holding it is; with a lower one than the table's, the lease is lost."""

    name: str
    holder: str
    term: int


class LeaseLostError(UnavailableError):
    """Another process has taken over since."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another server has taken over: {name}")


class LeaseStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def acquire(self, name: str, holder: str, now_ns: int) -> Lease | None:
        """Take or keep a lease until now_ns + LEASE_NS. Returns: None while another holds it.

        An expiry further ahead than any holder sets is of a clock that was wrong, and counts as past.
        """
        with self._state.transaction() as connection:
            free = or_(
                lease.c.holder == holder, lease.c.expires_ns < now_ns, lease.c.expires_ns > now_ns + 2 * LEASE_NS
            )
            _begin(connection, name)
            term = lease.c.term + case((lease.c.holder == holder, 0), else_=1)
            taken = update(lease).where(lease.c.name == name, free)
            new = {"holder": holder, "expires_ns": now_ns + LEASE_NS, "term": term}
            number = connection.scalar(taken.values(new).returning(lease.c.term))
            return None if number is None else Lease(name=name, holder=holder, term=number)

    def release(self, held: Lease) -> None:
        """Give it up at once, so that another need not wait; nothing happens when it is lost already."""
        with self._state.transaction() as connection:
            mine = (lease.c.name == held.name) & (lease.c.holder == held.holder) & (lease.c.term == held.term)
            connection.execute(update(lease).where(mine).values(expires_ns=0))


def hold_lease(connection: Connection, held: Lease, now_ns: int) -> None:
    """Lock the lease for this transaction, and extend it. Raises: LeaseLostError."""
    mine = (lease.c.name == held.name) & (lease.c.holder == held.holder) & (lease.c.term == held.term)
    if connection.execute(update(lease).where(mine).values(expires_ns=now_ns + LEASE_NS)).rowcount != 1:
        raise LeaseLostError(held.name)


def _begin(connection: Connection, name: str) -> None:
    """Make the row of a lease that nobody ever had."""
    if connection.scalar(select(lease.c.name).where(lease.c.name == name)) is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(lease).values(name=name, holder="", term=0, expires_ns=0))
    except IntegrityError:
        return  # another process made it in this moment, which is as good
