"""Opening the engine: chdb in process by default, a ClickHouse server by DSN; one client class for both."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrcp.model.errors import InputError, SettingsError, UnavailableError

log = logging.getLogger(__name__)

Connect = Callable[[], Client]
"""Makes one more client on the same engine. Every thread has its own: a client runs one statement at a time."""


def embedded_engine(directory: Path) -> Connect:
    """The engine in this process on a directory. A process can open one directory only.

    Raises (from the returned function): SettingsError - chdb is missing, or another process has the directory open.
    """
    path = str(directory.resolve())

    def connect() -> Client:
        try:
            return clickhouse_connect.get_client(interface="chdb", path=path)
        except ImportError as error:
            raise SettingsError("the embedded store needs chdb-core: pip install 'lrcp[server]'") from error
        except (ClickHouseError, RuntimeError) as error:
            raise SettingsError(f"cannot open the telemetry store in {path}: {error}") from error

    return connect


def server_engine(dsn: str) -> Connect:
    """A ClickHouse server or cluster, e.g. clickhouse://user:password@host:8123/database."""

    def connect() -> Client:
        try:
            return clickhouse_connect.get_client(dsn=dsn, connect_timeout=5, send_receive_timeout=60)
        except ClickHouseError as error:
            raise UnavailableError(f"cannot reach the ClickHouse server of LRCP_STORE_DSN: {error}") from error

    return connect


_CODES_OF_BAD_QUERIES: Final = frozenset(
    {6, 26, 27, 36, 41, 42, 43, 44, 46, 47, 53, 62, 70, 72, 115, 164, 386, 456, 457, 497, 611}
)
"""Engine error codes whose cause is the statement: parse, unknown names, types, arguments, read-only, bad parameters."""


def map_error(error: ClickHouseError) -> Exception:
    """One table from the engine's errors to ours: InputError where the statement is at fault, else UnavailableError."""
    code: Any = getattr(error, "code", None)
    if code in _CODES_OF_BAD_QUERIES:
        return InputError(str(error))
    return UnavailableError(str(error))
