"""What monitors remember. A tick is one transaction: states, transitions and notifications, or none of them."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorStatus
from lrcp.model.notification import StoredNotification
from lrcp.store.state.leases import Lease, hold_lease
from lrcp.store.state.notifications import add_notification
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import monitor_group, monitor_status, monitor_transition, notification

KEEP_NS: Final = 400 * 86_400 * 1_000_000_000
"""How long transitions are kept: SLOs of monitors look back 90 days, people a year."""
_CHUNK: Final = 2_000
"""Rows a statement; a statement's parameters are bounded."""


class MonitorStateStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def load(self) -> dict[int, dict[str, GroupState]]:
        """Every group that is remembered, by monitor and name."""
        with self._state.transaction() as connection:
            rows = connection.execute(select(monitor_group.c.monitor_id, monitor_group.c.document))
            found: dict[int, dict[str, GroupState]] = {}
            for monitor_id, document in rows:
                state = msgspec.json.decode(document, type=GroupState)
                found.setdefault(monitor_id, {})[state.group] = state
            return found

    def statuses(self) -> dict[int, MonitorStatus]:
        """Each evaluated monitor as a whole."""
        with self._state.transaction() as connection:
            return {row.monitor_id: _as_status(row) for row in connection.execute(select(monitor_status))}

    def groups(self, monitor_id: int, limit: int = 1_000) -> list[GroupState]:
        """A monitor's groups, the most worrying first."""
        mine = select(monitor_group.c.document).where(monitor_group.c.monitor_id == monitor_id)
        statement = mine.order_by(monitor_group.c.state.desc(), monitor_group.c.digest).limit(limit)
        with self._state.transaction() as connection:
            return [msgspec.json.decode(text, type=GroupState) for text in connection.scalars(statement)]

    def commit(self, changes: Sequence[Change], *, lease: Lease, now_ns: int) -> list[StoredNotification]:
        """Keep what a tick changed, if the lease is still held. Returns: the notifications, with their ids.

        Raises: LeaseLostError - another process evaluates; nothing was kept.
        """
        with self._state.transaction() as connection:
            hold_lease(connection, lease, now_ns)
            _write_statuses(connection, [change.status for change in changes])
            _write_groups(connection, changes)
            return [stored for change in changes for stored in _write_transitions(connection, change, now_ns)]

    def forget(self, monitor_ids: Collection[int]) -> None:
        """Drop the states of monitors that are no more; their transitions stay."""
        with self._state.transaction() as connection:
            for table in (monitor_group, monitor_status):
                connection.execute(delete(table).where(table.c.monitor_id.in_(list(monitor_ids))))

    def prune(self, now_ns: int) -> int:
        """Drop transitions, and delivered notifications, that are older than KEEP_NS. Returns: how many rows."""
        old = monitor_transition.c.time_ns < now_ns - KEEP_NS
        told = (notification.c.created_ns < now_ns - KEEP_NS) & notification.c.delivered_ns.is_not(None)
        with self._state.transaction() as connection:
            dropped = connection.execute(delete(monitor_transition).where(old)).rowcount
            return dropped + connection.execute(delete(notification).where(told)).rowcount

    def transitions(
        self,
        *,
        monitor_id: int | None = None,
        since_ns: int = 0,
        until_ns: int = 2**63 - 1,
        limit: int = 10_000,
        newest_first: bool = False,
    ) -> list[Transition]:
        """Transitions within [since_ns, until_ns), oldest first unless told otherwise."""
        table = monitor_transition
        statement = select(table.c.document).where(table.c.time_ns >= since_ns, table.c.time_ns < until_ns)
        if monitor_id is not None:
            statement = statement.where(table.c.monitor_id == monitor_id)
        order = (table.c.time_ns.desc(), table.c.id.desc()) if newest_first else (table.c.time_ns, table.c.id)
        with self._state.transaction() as connection:
            texts = connection.scalars(statement.order_by(*order).limit(limit))
            return [msgspec.json.decode(text, type=Transition) for text in texts]


def _as_status(row: Any) -> MonitorStatus:
    return MonitorStatus(
        monitor_id=row.monitor_id, state=State(row.state), evaluated_s=row.evaluated_s, definition=row.definition
    )


def _write_statuses(connection: Connection, statuses: Sequence[MonitorStatus]) -> None:
    rows = [msgspec.structs.asdict(status) | {"state": int(status.state)} for status in statuses]
    _upsert(connection, monitor_status, ["monitor_id"], rows)


def _write_groups(connection: Connection, changes: Sequence[Change]) -> None:
    rows = [_as_row(change.status.monitor_id, state) for change in changes for state in change.states]
    _upsert(connection, monitor_group, ["monitor_id", "digest"], rows)
    gone = [(change.status.monitor_id, _digest(group)) for change in changes for group in change.gone]
    key = tuple_(monitor_group.c.monitor_id, monitor_group.c.digest)
    for first in range(0, len(gone), _CHUNK):
        connection.execute(delete(monitor_group).where(key.in_(gone[first : first + _CHUNK])))


def _as_row(monitor_id: int, state: GroupState) -> dict[str, Any]:
    document = msgspec.json.encode(state).decode()
    return {
        "monitor_id": monitor_id,
        "digest": _digest(state.group),
        "state": int(state.state),
        "document": document,
    }


def _digest(group: str) -> str:
    return hashlib.blake2b(group.encode(), digest_size=16).hexdigest()


def _write_transitions(connection: Connection, change: Change, now_ns: int) -> list[StoredNotification]:
    written = []
    for transition, notifications in change.transitions:
        row = {
            "monitor_id": transition.monitor_id,
            "time_ns": int(transition.time_s * 1e9),
            "document": msgspec.json.encode(transition).decode(),
        }
        result = connection.execute(insert(monitor_transition).values(row).returning(monitor_transition.c.id))
        number = result.scalar_one()
        written += [add_notification(connection, number, one, now_ns) for one in notifications]
    return written


def _upsert(connection: Connection, table: Table, key: list[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=others), list(rows))
