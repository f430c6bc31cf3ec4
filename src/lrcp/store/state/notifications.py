"""The outbox: notifications that were written with their transitions, until they are delivered."""

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lrcp.model.notification import Notification, StoredNotification
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import notification


class NotificationStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def undelivered(self, limit: int = 500) -> list[StoredNotification]:
        """Those that wait, oldest first."""
        waiting = select(notification).where(notification.c.delivered_ns.is_(None))
        with self._state.transaction() as connection:
            rows = connection.execute(waiting.order_by(notification.c.id).limit(limit))
            return [_as_stored(row) for row in rows]

    def mark_delivered(self, id: int, now_ns: int) -> None:
        """It has reached all it was for."""
        with self._state.transaction() as connection:
            mine = notification.c.id == id
            connection.execute(update(notification).where(mine).values(delivered_ns=now_ns))

    def page(self, *, limit: int, before: int | None = None, monitor_id: int | None = None) -> list[StoredNotification]:
        """Newest first; those before an id, or of one monitor, when that is given."""
        statement = select(notification).order_by(notification.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(notification.c.id < before)
        if monitor_id is not None:
            statement = statement.where(notification.c.monitor_id == monitor_id)
        with self._state.transaction() as connection:
            return [_as_stored(row) for row in connection.execute(statement)]


def add_notification(connection: Connection, transition_id: int, told: Notification, now_ns: int) -> StoredNotification:
    """Write one into the outbox; a muted one is kept for the record and counts as delivered."""
    delivered_ns = now_ns if told.muted_by else None
    row = {
        "transition_id": transition_id,
        "monitor_id": told.monitor_id,
        "created_ns": now_ns,
        "delivered_ns": delivered_ns,
        "document": msgspec.json.encode(told).decode(),
    }
    number = connection.execute(insert(notification).values(row).returning(notification.c.id)).scalar_one()
    return StoredNotification(
        id=number, transition_id=transition_id, created_ns=now_ns, delivered_ns=delivered_ns, notification=told
    )


def _as_stored(row: Row[tuple[object, ...]]) -> StoredNotification:
    return StoredNotification(
        id=row.id,
        transition_id=row.transition_id,
        created_ns=row.created_ns,
        delivered_ns=row.delivered_ns,
        notification=msgspec.json.decode(row.document, type=Notification),
    )
