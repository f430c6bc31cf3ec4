"""Delivery of what monitors tell: each notification becomes an event, which whoever listens can search for."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Final

from lrcp.ingest.consumer import Consumer
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import LrcpError
from lrcp.model.event import Event
from lrcp.model.notification import Notification, StoredNotification
from lrcp.store.state.leases import Lease, LeaseStore
from lrcp.store.state.notifications import NotificationStore

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
LEASE: Final = "notifications"
SOURCE: Final = "monitor"
"""Source of the events."""
_ALERT_TYPES: Final = {
    "alert": "error",
    "warning_to_alert": "error",
    "warning": "warning",
    "alert_to_warning": "warning",
}
_BAD_NEWS: Final = frozenset({"renotify", "no_data", "unknown"})

TagsOf = Callable[[int], tuple[str, ...]]
"""Tags of a monitor by its id."""


class Delivery:
    """A part of the server. One server at a time delivers; each notification is delivered at least once, in order.

    One that was sent again after a crash is the same event, and is stored once.
    """

    def __init__(
        self,
        notifications: NotificationStore,
        leases: LeaseStore,
        consumer: Consumer,
        tags_of: TagsOf,
        clock: Clock,
        holder: str,
    ) -> None:
        self._notifications = notifications
        self._leases = leases
        self._consumer = consumer
        self._tags_of = tags_of
        self._clock = clock
        self._holder = holder
        self._task: asyncio.Task[None] | None = None
        self._lease: Lease | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="notifications")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._lease is not None:
            await asyncio.to_thread(self._give_up, self._lease)
            self._lease = None

    async def _keep(self) -> None:
        while True:
            try:
                await self.deliver()
            except LrcpError as error:
                log.warning("notifications wait for the next round: %s", error)
            await asyncio.sleep(EVERY_S)

    async def deliver(self) -> int:
        """Deliver what waits. Returns: how many those were. Raises: LrcpError - the rest waits."""
        waiting = await asyncio.to_thread(self._take)
        for stored in waiting:
            event = as_event(stored, self._tags_of(stored.notification.monitor_id))
            await self._consumer.consume(Batch(events=[event], digest=_name_of(stored), size_bytes=len(event.text)))
            log.info("%s", stored.notification.title)
            await asyncio.to_thread(self._notifications.mark_delivered, stored.id, self._clock.now_ns())
        return len(waiting)

    def _take(self) -> list[StoredNotification]:
        waiting = self._notifications.undelivered()
        if not waiting:
            return []
        self._lease = self._leases.acquire(LEASE, self._holder, self._clock.now_ns())
        return [] if self._lease is None else waiting

    def _give_up(self, lease: Lease) -> None:
        """So that another server delivers at once."""
        try:
            self._leases.release(lease)
        except LrcpError as error:
            log.warning("the lease of the notifications ends by itself: %s", error)


def as_event(stored: StoredNotification, monitor_tags: tuple[str, ...]) -> Event:
    """The event that tells of a notification. Its tags are the monitor's, the group's, and `monitor_id`."""
    told = stored.notification
    group = () if told.group == "*" else tuple(told.group.split(","))
    return Event(
        time_ns=int(told.time_s * 1e9),
        title=told.title,
        text=told.body,
        id=int.from_bytes(hashlib.blake2b(_name_of(stored), digest_size=8).digest()) >> 1,
        alert_type=_alert_type(told),
        source=SOURCE,
        aggregation_key=f"monitor:{told.monitor_id}",
        tags=tuple(sorted({*monitor_tags, *group, f"monitor_id:{told.monitor_id}", f"transition:{told.kind}"})),
    )


def _name_of(stored: StoredNotification) -> bytes:
    """The same whenever it is sent, and another for each notification of any installation."""
    return f"notification:{stored.id}:{stored.created_ns}".encode()


def _alert_type(told: Notification) -> str:
    if told.kind in _BAD_NEWS:
        return "error" if told.kind == "renotify" else "warning"
    return _ALERT_TYPES.get(told.kind, "success")
