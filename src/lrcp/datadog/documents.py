"""The documents of one kind, for handlers: the store's blocking calls on threads, times from the clock."""

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from lrcp.kit.clock import Clock
from lrcp.model.resource import Resource
from lrcp.store.state.resources import ResourceStore

_NOBODYS: Final = "\x00"
"""PostgreSQL takes no text with this character, so that no id has it."""

UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Documents:
    """A view of the store on one kind. Every call may raise UnavailableError; create also InputError, the id is taken."""

    def __init__(self, store: ResourceStore, kind: str, clock: Clock) -> None:
        self._store = store
        self._kind = kind
        self._clock = clock

    def now_ns(self) -> int:
        return self._clock.now_ns()

    async def create(self, document: Mapping[str, Any], id: str | None = None) -> Resource:
        """Keep a new one; id None: a number that no other resource has."""
        return await asyncio.to_thread(self._store.create, self._kind, document, now_ns=self._clock.now_ns(), id=id)

    async def find(self, id: str, *, deleted: bool = False) -> Resource | None:
        if _NOBODYS in id:
            return None
        return await asyncio.to_thread(self._store.find, self._kind, id, deleted=deleted)

    async def find_all(self, *, deleted: bool = False) -> list[Resource]:
        """All, oldest first."""
        return await asyncio.to_thread(self._store.find_all, self._kind, deleted=deleted)

    async def update(self, id: str, document: Mapping[str, Any]) -> Resource | None:
        """Put another document in its place; None when it is not there."""
        if _NOBODYS in id:
            return None
        return await asyncio.to_thread(self._store.update, self._kind, id, document, now_ns=self._clock.now_ns())

    async def delete(self, ids: Collection[str]) -> list[str]:
        """Returns: the ids that were there."""
        known = [id for id in ids if _NOBODYS not in id]
        return await asyncio.to_thread(self._store.delete, self._kind, known, now_ns=self._clock.now_ns())

    async def restore(self, ids: Collection[str]) -> list[str]:
        """Returns: the ids that were deleted."""
        return await asyncio.to_thread(self._store.restore, self._kind, ids)


def is_uuid(text: str) -> bool:
    """Whether it has a UUID's form."""
    return UUID.fullmatch(text) is not None
