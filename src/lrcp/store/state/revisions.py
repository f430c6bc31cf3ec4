"""Counters of change, by which a gateway notices in one small read that something it follows is new."""

from typing import Final

from sqlalchemy import Connection, select, update

from lrcp.store.state.tables import revision

POLICY: Final = "policy"
KEYS: Final = "keys"
RESOURCES: Final = "resources"
NUMBERS: Final = "numbers"
"""Counts up to make ids; it is no revision, but a row that is locked and counted up in the same way."""


def bump_revision(connection: Connection, name: str) -> int:
    """Count one change of `name` and return its new number.

    Call it first in a transaction that reads before it writes: the row stays locked until the transaction ends, so
    that two changes cannot both start from what they read (and SQLite has the write lock before it reads).
    """
    statement = update(revision).where(revision.c.name == name).values(number=revision.c.number + 1)
    return int(connection.execute(statement.returning(revision.c.number)).scalar_one())


def get_revision(connection: Connection, name: str) -> int:
    """The number of the last change of `name`; 0 when there was none."""
    return int(connection.execute(select(revision.c.number).where(revision.c.name == name)).scalar_one())
