"""Opening the engine: chdb in process by default, a ClickHouse server by DSN; one client class for both."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrcp.model.errors import CostlyError, InputError, LrcpError, SettingsError, UnavailableError

log = logging.getLogger(__name__)

Connect = Callable[[], Client]
"""Makes one more client on the same engine. Every thread has its own: a client runs one statement at a time."""

_MB: Final = 1_000_000
_EMBEDDED_OPTIONS: Final = {
    "mark_cache_size": 128 * _MB,
    "index_mark_cache_size": 64 * _MB,
    "primary_index_cache_size": 128 * _MB,
    "text_index_tokens_cache_size": 64 * _MB,
    "text_index_header_cache_size": 64 * _MB,
    "text_index_postings_cache_size": 128 * _MB,
    "query_condition_cache_size": 32 * _MB,
}
"""Bytes of the engine's caches, which it would let grow to gigabytes each; ten million spans need less than these."""


def embedded_engine(directory: Path) -> Connect:
    """The engine in this process on a directory. A process can open one directory only.

    Raises (from the returned function): SettingsError - chdb is missing, or another process has the directory open.
    """
    path = str(directory.resolve())

    def connect() -> Client:
        try:
            return clickhouse_connect.get_client(interface="chdb", path=path, chdb_options=dict(_EMBEDDED_OPTIONS))
        except ImportError as error:
            raise SettingsError("the embedded store needs chdb-core: pip install 'lrcp[server]'") from error
        except (ClickHouseError, RuntimeError) as error:
            raise SettingsError(f"cannot open the telemetry store in {path}: {error}") from error

    return connect


def server_engine(dsn: str) -> Connect:
    """A ClickHouse server or cluster, e.g. clickhouse://user:password@host:8123/database; clickhouses or https for TLS.

    Raises: SettingsError - the DSN is none. The returned function raises SettingsError when the server refuses the user
    or has no such database, UnavailableError when it cannot be reached. No message holds the DSN, which has a password.
    """
    interface, place = _check_dsn(dsn)

    def connect() -> Client:
        try:
            # Without a session: the server refuses a second request in one while it still works on a first, which it
            # does when we have given up waiting. We keep nothing in a session.
            return clickhouse_connect.get_client(
                dsn=dsn,
                interface=interface,
                connect_timeout=5,
                send_receive_timeout=60,
                autogenerate_session_id=False,
            )
        except ClickHouseError as error:
            if getattr(error, "code", None) in _CODES_OF_WRONG_SETTINGS:
                raise SettingsError(f"LRCP_STORE_DSN: the server at {place} says: {_own_words(error)}") from error
            raise UnavailableError(
                f"cannot reach ClickHouse at {place} (LRCP_STORE_DSN): {_own_words(error)}"
            ) from error

    return connect


_INTERFACES: Final = {"clickhouse": "http", "http": "http", "clickhouses": "https", "https": "https"}


def _check_dsn(dsn: str) -> tuple[str, str]:
    """The interface and host:port of a DSN. Raises: SettingsError."""
    try:
        parts = urlsplit(dsn)
        interface, place = _INTERFACES[parts.scheme], parts.hostname or ""
        port = parts.port or (8443 if interface == "https" else 8123)
    except (ValueError, KeyError):
        interface, place, port = "", "", 0
    if not place:
        raise SettingsError("LRCP_STORE_DSN is not of the form clickhouse://user:password@host:port/database")
    return interface, f"{place}:{port}"


_CODES_OF_WRONG_SETTINGS: Final = frozenset({81, 192, 193, 194, 497, 516})
"""Unknown database, unknown user, wrong or missing password, access denied, authentication failed."""

_CODES_OF_BAD_QUERIES: Final = frozenset(
    {6, 26, 27, 36, 41, 42, 43, 44, 46, 47, 53, 60, 62, 70, 72, 115, 117, 130, 164, 386, 456, 457, 497, 611}
)
"""Engine error codes whose cause is the statement: parse, unknown names, types, arguments, read-only, bad parameters,
or data that it cannot put together (sketches): others can be asked."""


_CODES_OF_COSTLY_QUERIES: Final = frozenset({158, 159, 160, 191, 241, 307, 396})
"""Too many rows, timeout, too slow, set too large, memory limit, too many bytes, too much to answer."""


def map_error(error: ClickHouseError) -> LrcpError:
    """One table from the engine's errors to ours: InputError where the statement is at fault, CostlyError where it takes
    more than its settings allow, else UnavailableError."""
    code: Any = getattr(error, "code", None)
    if code in _CODES_OF_COSTLY_QUERIES:
        return CostlyError(_own_words(error))
    if code in _CODES_OF_BAD_QUERIES:
        return InputError(_own_words(error))
    return UnavailableError(_own_words(error))


_WRAPPING: Final = re.compile(
    r"\AReceived ClickHouse exception, code: \d+, server response: | \(for url [^)\s]*\)\Z| with url: \S+"
)


def _own_words(error: ClickHouseError) -> str:
    """What the engine itself said, the same from a server as from the embedded engine; no address with its parameters."""
    return _WRAPPING.sub("", str(error))
