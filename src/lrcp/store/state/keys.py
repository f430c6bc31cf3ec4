"""The virtual keys: made, listed, revoked; never deleted, so that an old id still says whose it was."""

import re
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, func, insert, or_, select, update

from lrcp.model.errors import InputError
from lrcp.model.virtual_key import MAX_KEYS, VirtualKey
from lrcp.store.state.revisions import KEYS, bump_revision, get_revision
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import virtual_key

MAX_PAGE: Final = 200
_LISTS: Final = ("scopes", "allowed_models")
_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")


class KeyNameTakenError(InputError):
    """Another key in force has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a key in force is named {name!r} already; revoke it first, or choose another name")


class KeyStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def create(self, key: VirtualKey) -> None:
        """Keep a new key. Raises: KeyNameTakenError; InputError - there are MAX_KEYS in force, or its hash is none."""
        if not _HASH.match(key.hash):
            raise InputError("the hash of a key has 64 hex digits")
        with self._state.transaction() as connection:
            bump_revision(connection, KEYS)
            in_force = _in_force(key.created_ns)
            if connection.scalar(select(virtual_key.c.id).where(*in_force, virtual_key.c.name == key.name)):
                raise KeyNameTakenError(key.name)
            if (connection.scalar(select(func.count()).select_from(virtual_key).where(*in_force)) or 0) >= MAX_KEYS:
                raise InputError(f"there are {MAX_KEYS} keys in force, more cannot be kept in memory; revoke some")
            connection.execute(insert(virtual_key).values(_as_row(key)))

    def page(self, *, limit: int, before: str | None = None) -> list[VirtualKey]:
        """Keys, newest first: at most MAX_PAGE; those older than the key with id `before`, when it is given."""
        order = (virtual_key.c.created_ns.desc(), virtual_key.c.id.desc())
        statement = select(virtual_key).order_by(*order).limit(min(limit, MAX_PAGE))
        with self._state.transaction() as connection:
            if before is not None:
                statement = statement.where(_older_than(connection, before))
            return [_as_key(row) for row in connection.execute(statement)]

    def revoke(self, id: str, now_ns: int) -> VirtualKey | None:
        """The key, revoked now or before; None when there is none of this id."""
        with self._state.transaction() as connection:
            bump_revision(connection, KEYS)
            mine = virtual_key.c.id == id
            fresh = virtual_key.c.revoked_ns.is_(None)
            connection.execute(update(virtual_key).where(mine, fresh).values(revoked_ns=now_ns))
            row = connection.execute(select(virtual_key).where(mine)).one_or_none()
            return None if row is None else _as_key(row)

    def find(self, digest: bytes) -> VirtualKey | None:
        """The key whose text has this digest, also when it is revoked."""
        with self._state.transaction() as connection:
            statement = select(virtual_key).where(virtual_key.c.hash == digest.hex())
            row = connection.execute(statement).one_or_none()
            return None if row is None else _as_key(row)

    def load_if_changed(self, known: int | None, now_ns: int) -> tuple[int, list[VirtualKey]] | None:
        """The revision and all keys in force, when the revision is another than the known one; else None."""
        with self._state.transaction() as connection:
            # Before the keys are read: what is changed in between is seen next time.
            revision = get_revision(connection, KEYS)
            if revision == known:
                return None
            rows = connection.execute(select(virtual_key).where(*_in_force(now_ns)).limit(MAX_KEYS))
            return revision, [_as_key(row) for row in rows]


def _in_force(now_ns: int) -> tuple[Any, Any]:
    return (
        virtual_key.c.revoked_ns.is_(None),
        or_(virtual_key.c.expires_ns.is_(None), virtual_key.c.expires_ns > now_ns),
    )


def _older_than(connection: Connection, id: str) -> Any:
    created_ns = connection.scalar(select(virtual_key.c.created_ns).where(virtual_key.c.id == id))
    if created_ns is None:
        raise InputError(f"there is no key {id!r} to list those before")
    older = virtual_key.c.created_ns < created_ns
    return or_(older, (virtual_key.c.created_ns == created_ns) & (virtual_key.c.id < id))


def _as_row(key: VirtualKey) -> dict[str, Any]:
    values = {name: getattr(key, name) for name in key.__struct_fields__}
    return values | {name: msgspec.json.encode(values[name]).decode() for name in _LISTS}


def _as_key(row: Row[Any]) -> VirtualKey:
    values = dict(row._mapping)
    lists = {name: msgspec.json.decode(values[name], type=tuple[str, ...]) for name in _LISTS}
    return VirtualKey(**values | lists)
