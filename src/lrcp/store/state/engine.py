"""Engines: how a connection of each kind of database is set up."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from lrcp.model.errors import SettingsError

BUSY_TIMEOUT_S: Final = 10
CONNECT_TIMEOUT_S: Final = 5
_POOL_SIZE: Final = 5

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # What a transaction promised (a cap, an acknowledged page) also survives the loss of power.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}",
)


def make_engine(url: str, data_dir: Path) -> Engine:
    """An engine for a database URL; '' is the file state.db in the data folder. Connects to nothing yet.

    Raises: SettingsError - the URL is none, its kind is not supported, or its driver is not installed.
    """
    parsed = _parse_url(url, data_dir)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _postgres_engine(parsed)
    raise SettingsError(f"LRCP_STATE_URL: {parsed.drivername} is not supported; use sqlite:// or postgresql://")


def _parse_url(url: str, data_dir: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(data_dir.absolute() / "state.db"))
    try:
        # Its older spelling, which SQLAlchemy does not take.
        return make_url(f"postgresql{url[8:]}" if url.startswith("postgres:") else url)
    except (ArgumentError, ValueError):
        # The URL itself is not repeated: it may hold a password.
        raise SettingsError(
            "LRCP_STATE_URL is not a database URL, such as postgresql://user:password@host/name"
        ) from None


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            "LRCP_STATE_URL: state in memory would be lost; name a file, as in sqlite:////path/state.db"
        )
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Readable by its owner only, as keys are kept there.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise SettingsError(f"the state database {path} cannot be opened: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: sqlite3.Connection, record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _postgres_engine(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_SIZE,
            pool_timeout=BUSY_TIMEOUT_S,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "lrcp"},
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SettingsError(
            "LRCP_STATE_URL: the driver for PostgreSQL is missing: pip install 'lrcp[postgres]'"
        ) from None
