"""Budgets in the state database: what is spent, and the leases by which processes share a cap.

Every change of a budget's leases is made under the lock on its row of budget_spend: on PostgreSQL the row's, on SQLite
the database's own, which the first statement of each transaction takes by writing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from lrcp.model.budget import BudgetKey, BudgetUse, LeaseClaim, LeaseGrant
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import budget_holder, budget_lease, budget_spend

HEARTBEAT_TIMEOUT_NS: Final = 30 * 1_000_000_000
"""A process that was not heard of for so long is taken for dead, and its leases are charged in full."""
KEEP_NS: Final = 400 * 86_400 * 1_000_000_000
"""How long past its end a window is remembered."""
MAX_LISTED: Final = 1_000
MAX_VALUE_CHARS: Final = 256

_SPEND_COLUMNS: Final = (budget_spend.c.budget, budget_spend.c.value, budget_spend.c.period)
_SPEND_KEY: Final = tuple_(*_SPEND_COLUMNS)
_LEASE_KEY: Final = tuple_(budget_lease.c.budget, budget_lease.c.value, budget_lease.c.period)


class BudgetStore:
    """The ledger of all gateway processes; all calls block, and raise UnavailableError when it cannot be reached.

    get_state gives the open database, or raises; it is asked anew by each call.
    """

    def __init__(self, get_state: Callable[[], StateStore]) -> None:
        self._get_state = get_state

    def sync(self, process: str, now_ns: int, claims: Sequence[LeaseClaim]) -> list[LeaseGrant]:
        """Settle what a process spent and grant what it asks for, in one transaction; also a sign of its life.

        Sending claims again after a lost answer does no harm: amounts are totals, not differences.
        """
        with self._get_state().transaction() as connection:
            _beat(connection, process, now_ns)
            if not claims:
                return []
            accounts = _lock_accounts(connection, claims, now_ns)
            grants = [accounts[claim.key].decide(process, claim) for claim in claims]
            _write(connection, process, claims, grants, accounts)
            return grants

    def settle_process(self, process: str, committed_nusd: Sequence[int]) -> int:
        """Close the leases of a process that is no more, each with what its journal says at the lease's slot.

        What the journal does not say is charged in full. Returns: how many leases there were.
        """
        with self._get_state().transaction() as connection:
            return _close_leases(connection, process, committed_nusd)

    def settle_lost(self, now_ns: int) -> int:
        """Charge in full the leases of processes that were not heard of; forget windows long past. Returns: processes."""
        state = self._get_state()
        since_ns = now_ns - HEARTBEAT_TIMEOUT_NS
        silent = select(budget_holder.c.process).where(budget_holder.c.heartbeat_ns < since_ns)
        with state.transaction() as connection:
            connection.execute(delete(budget_spend).where(budget_spend.c.ends_ns < now_ns - KEEP_NS))
            processes = list(connection.scalars(silent))
        for process in processes:
            with state.transaction() as connection:
                _close_leases(connection, process, (), silent_since_ns=since_ns)
        return len(processes)

    def list_uses(self, now_ns: int) -> list[BudgetUse]:
        """What is used of every budget in the windows that are not over, at most MAX_LISTED, most spent first."""
        with self._get_state().transaction() as connection:
            current = select(budget_spend).where(budget_spend.c.ends_ns > now_ns)
            rows = connection.execute(current.order_by(budget_spend.c.spent_nusd.desc()).limit(MAX_LISTED)).all()
            leases = _leases_of(connection, [_key_of(row) for row in rows])
        uses = [_use_of(row, leases.get(_key_of(row), [])) for row in rows]
        return sorted(uses, key=lambda use: -use.spent_nusd)


@dataclass(slots=True)
class _Account:
    """One budget's row, locked. ended_nusd: spent by leases that are over; open: the others, by (process, serial)."""

    ended_nusd: int
    open: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def decide(self, process: str, claim: LeaseClaim) -> LeaseGrant:
        """The answer to a claim, which is then part of the account."""
        own = self.open.pop((process, claim.serial), None)
        if claim.known and own is None:
            return LeaseGrant(claim.serial, 0, self._spent_nusd(), self._used_nusd(), lost=True)
        if claim.over:
            self.ended_nusd += claim.spent_nusd
            return LeaseGrant(claim.serial, claim.spent_nusd, self._spent_nusd(), self._used_nusd())
        granted = claim.granted_nusd + claim.extra_nusd(self._used_nusd())
        self.open[process, claim.serial] = (granted, claim.spent_nusd)
        return LeaseGrant(claim.serial, granted, self._spent_nusd(), self._used_nusd())

    def _spent_nusd(self) -> int:
        return self.ended_nusd + sum(spent for _, spent in self.open.values())

    def _used_nusd(self) -> int:
        return self.ended_nusd + sum(max(lease) for lease in self.open.values())


def _beat(connection: Connection, process: str, now_ns: int) -> None:
    row = {"process": process, "heartbeat_ns": now_ns}
    statement = _insert_into(connection, budget_holder).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["process"], set_={"heartbeat_ns": now_ns}))


def _lock_accounts(connection: Connection, claims: Sequence[LeaseClaim], now_ns: int) -> dict[BudgetKey, _Account]:
    ends = {claim.key: claim.ends_ns for claim in claims}
    # In one order for all, so that two processes never wait for each other.
    keys = sorted(ends)
    rows = [_key_values(key) | {"ends_ns": ends[key], "spent_nusd": 0} for key in keys]
    connection.execute(_insert_into(connection, budget_spend).on_conflict_do_nothing(), rows)
    locked, leases = _lock_spend(connection, keys), _leases_of(connection, keys)
    silent = _find_silent(connection, leases, now_ns)
    if silent:
        for process in silent:
            _charge_in_full(connection, process, keys)
        locked, leases = _lock_spend(connection, keys), _leases_of(connection, keys)
    return {_key_of(row): _Account(row.spent_nusd, _open_leases(leases.get(_key_of(row), ()))) for row in locked}


def _open_leases(rows: Iterable[Row[Any]]) -> dict[tuple[str, int], tuple[int, int]]:
    return {(row.process, row.serial): (row.granted_nusd, row.spent_nusd) for row in rows}


def _lock_spend(connection: Connection, keys: Sequence[BudgetKey]) -> Sequence[Row[Any]]:
    statement = select(budget_spend).where(_SPEND_KEY.in_(keys))
    return connection.execute(statement.order_by(*_SPEND_COLUMNS).with_for_update()).all()


def _leases_of(connection: Connection, keys: Sequence[BudgetKey]) -> dict[BudgetKey, list[Row[Any]]]:
    found: dict[BudgetKey, list[Row[Any]]] = {}
    for row in connection.execute(select(budget_lease).where(_LEASE_KEY.in_(keys))):
        found.setdefault(_key_of(row), []).append(row)
    return found


def _find_silent(connection: Connection, leases: Mapping[BudgetKey, Sequence[Row[Any]]], now_ns: int) -> list[str]:
    """Processes among the holders of leases that were not heard of for too long."""
    holders = sorted({lease.process for found in leases.values() for lease in found})
    statement = select(budget_holder.c.process).where(
        budget_holder.c.process.in_(holders), budget_holder.c.heartbeat_ns < now_ns - HEARTBEAT_TIMEOUT_NS
    )
    return list(connection.scalars(statement))


def _charge_in_full(connection: Connection, process: str, keys: Sequence[BudgetKey]) -> None:
    """The leases of a process on these budgets are over; its others follow with settle_lost."""
    for row in connection.execute(
        select(budget_lease).where(budget_lease.c.process == process, _LEASE_KEY.in_(keys))
    ).all():
        _add_spent(connection, _key_of(row), max(row.granted_nusd, row.spent_nusd))
    connection.execute(delete(budget_lease).where(budget_lease.c.process == process, _LEASE_KEY.in_(keys)))


def _close_leases(
    connection: Connection, process: str, committed_nusd: Sequence[int], *, silent_since_ns: int | None = None
) -> int:
    """silent_since_ns: leave the process alone when it was heard of after that."""
    # The delete comes first: it is the lock that keeps the process from coming back meanwhile.
    gone = delete(budget_holder).where(budget_holder.c.process == process)
    if silent_since_ns is not None:
        gone = gone.where(budget_holder.c.heartbeat_ns < silent_since_ns)
    if connection.execute(gone).rowcount == 0:
        return 0
    held = select(budget_lease).where(budget_lease.c.process == process)
    _lock_spend(connection, sorted({_key_of(row) for row in connection.execute(held)}))
    rows = connection.execute(held).all()
    for row in rows:
        known = 0 <= row.slot < len(committed_nusd)
        charged = committed_nusd[row.slot] if known else row.granted_nusd
        _add_spent(connection, _key_of(row), max(charged, row.spent_nusd))
    connection.execute(delete(budget_lease).where(budget_lease.c.process == process))
    return len(rows)


def _add_spent(connection: Connection, key: BudgetKey, nusd: int) -> None:
    statement = update(budget_spend).where(_SPEND_KEY.in_([key]))
    connection.execute(statement.values(spent_nusd=budget_spend.c.spent_nusd + nusd))


def _write(
    connection: Connection,
    process: str,
    claims: Sequence[LeaseClaim],
    grants: Sequence[LeaseGrant],
    accounts: Mapping[BudgetKey, _Account],
) -> None:
    told = [(claim, grant) for claim, grant in zip(claims, grants, strict=True) if not grant.lost]
    kept = [_lease_row(process, claim, grant) for claim, grant in told if not claim.over]
    if kept:
        statement = _insert_into(connection, budget_lease)
        changed = {name: statement.excluded[name] for name in ("granted_nusd", "spent_nusd")}
        connection.execute(statement.on_conflict_do_update(index_elements=["process", "serial"], set_=changed), kept)
    over = [claim for claim, _ in told if claim.over]
    if over:
        serials = [claim.serial for claim in over]
        connection.execute(
            delete(budget_lease).where(budget_lease.c.process == process, budget_lease.c.serial.in_(serials))
        )
        _write_ended(connection, {claim.key: accounts[claim.key].ended_nusd for claim in over})


def _write_ended(connection: Connection, ended_nusd: Mapping[BudgetKey, int]) -> None:
    statement = update(budget_spend).where(
        budget_spend.c.budget == bindparam("of_budget"),
        budget_spend.c.value == bindparam("of_value"),
        budget_spend.c.period == bindparam("of_period"),
    )
    rows = [
        {"of_budget": key.budget, "of_value": key.value, "of_period": key.window, "spent_nusd": nusd}
        for key, nusd in ended_nusd.items()
    ]
    connection.execute(statement, rows)


def _lease_row(process: str, claim: LeaseClaim, grant: LeaseGrant) -> dict[str, Any]:
    lease = {"process": process, "serial": claim.serial, "slot": claim.slot}
    amounts = {"granted_nusd": grant.granted_nusd, "spent_nusd": claim.spent_nusd}
    return _key_values(claim.key) | lease | amounts


def _key_values(key: BudgetKey) -> dict[str, Any]:
    return {"budget": key.budget, "value": key.value, "period": key.window}


def _key_of(row: Row[Any]) -> BudgetKey:
    return BudgetKey(row.budget, row.value, row.period)


def _use_of(row: Row[Any], leases: Iterable[Row[Any]]) -> BudgetUse:
    held = list(leases)
    return BudgetUse(
        key=_key_of(row),
        ends_ns=row.ends_ns,
        spent_nusd=row.spent_nusd + sum(lease.spent_nusd for lease in held),
        reserved_nusd=sum(max(0, lease.granted_nusd - lease.spent_nusd) for lease in held),
        leases=len(held),
    )


def _insert_into(connection: Connection, table: Any) -> Any:
    """An INSERT that can name what to do on a conflict, which each kind of database spells its own way."""
    return (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)
