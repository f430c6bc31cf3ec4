"""Bringing the tables of the state database to what this version expects, one process at a time."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from lrcp.model.errors import SettingsError, UnavailableError

LOCK_TIMEOUT_S: Final = 30.0
_POSTGRES_LOCK: Final = 0x6C726370  # 'lrcp'
_MIGRATIONS: Final = Path(__file__).with_name("migrations")


def migrate(engine: Engine, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
    """Apply the migrations that are missing, if any; a second process waits, then finds nothing to do.

    Raises:
        UnavailableError - another process holds the lock for longer than lock_timeout_s.
        SettingsError - the database was made by a newer version.
    """
    if find_revision(engine) == newest_revision():
        return
    lock = _file_lock if engine.dialect.name == "sqlite" else _advisory_lock
    with engine.connect() as connection, lock(connection, lock_timeout_s):
        _upgrade(connection)
        connection.commit()


def newest_revision() -> str:
    """The revision that this version brings a database to."""
    return max(file.name[1:5] for file in (_MIGRATIONS / "versions").glob("m[0-9]*.py"))


def find_revision(engine: Engine) -> str | None:
    """The revision that a database is at; None when it is new."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    # A tenth of a second and 11 MB, which a gateway that finds everything in order does not pay.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # Alembic reads its options with interpolation: a % in the path stands doubled.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SettingsError(
            f"the state database is not one of this version ({error}); use the newer LRCP that made it, or another LRCP_STATE_URL"
        ) from error


@contextlib.contextmanager
def _file_lock(connection: Connection, timeout_s: float) -> Iterator[None]:
    """A lock beside the database file, gone with the process that holds it."""
    path = Path(f"{connection.engine.url.database}.lock")
    deadline_s = time.monotonic() + timeout_s
    with path.open("w") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline_s:
                raise UnavailableError(f"another process has been migrating the state database for {timeout_s:g} s")
            time.sleep(0.05)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _advisory_lock(connection: Connection, timeout_s: float) -> Iterator[None]:
    """A lock in the database itself, on a connection of its own: gone with that connection."""
    with connection.engine.connect() as holder:
        deadline_s = time.monotonic() + timeout_s
        while not holder.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _POSTGRES_LOCK}):
            holder.rollback()
            if time.monotonic() > deadline_s:
                raise UnavailableError(f"another process has been migrating the state database for {timeout_s:g} s")
            time.sleep(0.05)
        try:
            yield
        finally:
            holder.scalar(text("SELECT pg_advisory_unlock(:key)"), {"key": _POSTGRES_LOCK})
