"""Notification: what is told of a transition, and to whom. It is kept until it is delivered."""

import msgspec


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message. kind, group, time_s as in the transition it tells of.

    handles: recipients as written, without `@` and with their arguments, such as `workflow-x(a=1)`; in the order of the
    text. muted_by: id of the downtime that silences it ('' none); it is kept all the same, and not delivered.
    priority: 1 to 5, None unset.
    """

    monitor_id: int
    group: str
    time_s: float
    kind: str
    title: str
    body: str
    handles: tuple[str, ...] = ()
    priority: int | None = None
    muted_by: str = ""


class StoredNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification with its place in the outbox. id: grows in the order they were written. Times: Unix nanoseconds."""

    id: int
    transition_id: int
    created_ns: int
    delivered_ns: int | None
    notification: Notification
