"""Documents of Datadog's kinds: monitors, SLOs, downtimes, dashboards and all that is kept as it came."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.store.state.revisions import NUMBERS, RESOURCES, bump_revision, get_revision
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import resource

MAX_DOCUMENT_BYTES: Final = 4 * 1024 * 1024


class ResourceStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def create(self, kind: str, document: Mapping[str, Any], *, now_ns: int, id: str | None = None) -> Resource:
        """Keep a new document. id None: a number that no other resource has (as text).

        Raises: InputError - there is one of this kind and id already (also a deleted one), or it is too large.
        """
        text = _encode(document)
        try:
            with self._state.transaction() as connection:
                bump_revision(connection, RESOURCES)
                key = str(bump_revision(connection, NUMBERS)) if id is None else id
                row = {"kind": kind, "id": key, "created_ns": now_ns, "modified_ns": now_ns, "document": text}
                connection.execute(insert(resource).values(row))
        except IntegrityError as error:
            raise InputError(f"there is a {kind} {id!r} already") from error
        return Resource(kind=kind, id=key, created_ns=now_ns, modified_ns=now_ns, document=dict(document))

    def find(self, kind: str, id: str, *, deleted: bool = False) -> Resource | None:
        """One document; None when there is none, or it is deleted and deleted ones are not asked for."""
        with self._state.transaction() as connection:
            found = _find(connection, kind, id)
        return None if found is None or (found.deleted_ns and not deleted) else found

    def find_all(self, kind: str, *, deleted: bool = False) -> list[Resource]:
        """All of a kind, oldest first; with the deleted ones if they are asked for."""
        statement = select(resource).where(resource.c.kind == kind).order_by(resource.c.created_ns, resource.c.id)
        if not deleted:
            statement = statement.where(resource.c.deleted_ns.is_(None))
        with self._state.transaction() as connection:
            return [_as_resource(row) for row in connection.execute(statement)]

    def update(self, kind: str, id: str, document: Mapping[str, Any], *, now_ns: int) -> Resource | None:
        """Put another document in its place; None when there is none (or it is deleted)."""
        text = _encode(document)
        with self._state.transaction() as connection:
            bump_revision(connection, RESOURCES)
            mine = (resource.c.kind == kind) & (resource.c.id == id) & resource.c.deleted_ns.is_(None)
            connection.execute(update(resource).where(mine).values(document=text, modified_ns=now_ns))
            found = _find(connection, kind, id)
        return None if found is None or found.deleted_ns else found

    def delete(self, kind: str, ids: Collection[str], *, now_ns: int) -> list[str]:
        """Mark as deleted; they can be brought back. Returns: the ids that were there."""
        return self._mark(kind, ids, resource.c.deleted_ns.is_(None), now_ns)

    def restore(self, kind: str, ids: Collection[str]) -> list[str]:
        """Bring deleted ones back. Returns: the ids that were deleted."""
        return self._mark(kind, ids, resource.c.deleted_ns.is_not(None), None)

    def revision(self) -> int:
        """A number that grows whenever any resource changes."""
        with self._state.transaction() as connection:
            return get_revision(connection, RESOURCES)

    def _mark(self, kind: str, ids: Collection[str], which: Any, deleted_ns: int | None) -> list[str]:
        with self._state.transaction() as connection:
            bump_revision(connection, RESOURCES)
            mine = (resource.c.kind == kind) & resource.c.id.in_(list(ids)) & which
            changed = update(resource).where(mine).values(deleted_ns=deleted_ns).returning(resource.c.id)
            return list(connection.scalars(changed))


def new_id() -> str:
    """A random id for kinds whose ids are not numbers: a UUID's form without its meaning."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _encode(document: Mapping[str, Any]) -> str:
    text = msgspec.json.encode(document).decode()
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InputError(f"the document is larger than {MAX_DOCUMENT_BYTES} bytes")
    return text


def _find(connection: Connection, kind: str, id: str) -> Resource | None:
    statement = select(resource).where(resource.c.kind == kind, resource.c.id == id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_resource(row)


def _as_resource(row: Row[Any]) -> Resource:
    values = dict(row._mapping)
    return Resource(**values | {"document": msgspec.json.decode(values["document"])})
