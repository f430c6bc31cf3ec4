"""The telemetry store: one writer thread and a few readers over one engine."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrcp.model.errors import BusyError, InputError, SettingsError
from lrcp.store.telemetry.engine import Connect, map_error
from lrcp.store.telemetry.migrate import migrate

T = TypeVar("T")

READERS: Final = 2
"""More readers at once and inserts starve."""
_MAX_WAITING_READS: Final = 64


class QueryResult(msgspec.Struct):
    """What a statement gave. columns: (name, ClickHouse type); rows: one tuple a row."""

    columns: list[tuple[str, str]]
    rows: Sequence[Sequence[Any]]


class TelemetryStore:
    """Writes on one thread, reads on READERS threads. All methods may be called from the event loop's thread."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._clients = threading.local()
        self._opened: list[Client] = []
        self._waiting_reads = 0

    async def open(self, retention_days: int) -> list[str]:
        """Open the engine and bring the tables up to date. Returns: names of the migrations that ran.

        Raises: SettingsError - the store is of a newer LRCP, or the engine refuses a migration; UnavailableError.
        """
        return await self.on_writer(lambda: self._migrate(retention_days))

    def _migrate(self, retention_days: int) -> list[str]:
        try:
            return migrate(self.client(), retention_days)
        except ClickHouseError as error:
            reason = map_error(error)
            if isinstance(reason, InputError):
                raise SettingsError(f"the telemetry store cannot be brought up to date: {reason}") from error
            raise reason from error

    async def close(self) -> None:
        """Finish what is under way and release the engine."""
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for client in self._opened:
            client.close()
        self._opened.clear()

    def client(self) -> Client:
        """This thread's client; to be called on the store's own threads."""
        client: Client | None = getattr(self._clients, "client", None)
        if client is None:
            client = self._clients.client = self._connect()
            self._opened.append(client)
        return client

    async def on_writer(self, work: Callable[[], T]) -> T:
        """Run work on the writer thread, after what was handed over before it."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> QueryResult:
        """Run one reading statement; parameters are bound by ClickHouse's {name:Type}.

        Raises: InputError - the statement is wrong; UnavailableError - the engine failed; BusyError - too many wait.
        """
        return await self.on_reader(lambda: self.read(sql, parameters, settings))

    async def on_reader(self, work: Callable[[], T]) -> T:
        """Run work that only reads on one of the reader threads. Raises: BusyError - too many wait."""
        if self._waiting_reads >= _MAX_WAITING_READS:
            raise BusyError("too many queries are waiting")
        self._waiting_reads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, work)
        finally:
            self._waiting_reads -= 1

    def read(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> QueryResult:
        """The same, on the calling store thread."""
        try:
            result = self.client().query(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))
        except ClickHouseError as error:
            raise map_error(error) from error
        types = [column_type.name for column_type in result.column_types]
        return QueryResult(list(zip(result.column_names, types, strict=True)), result.result_rows)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Store rows; on the writer thread. When it returns they survive the death of the process.

        Raises: UnavailableError, InputError - by map_error; nothing was stored, or a part by day of it.
        """
        try:
            self.client().insert_arrow(table, rows)
        except ClickHouseError as error:
            raise map_error(error) from error

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None, **settings: Any) -> None:
        """Run one changing statement; on the writer thread."""
        try:
            self.client().command(sql, parameters=dict(parameters or {}), settings=settings)
        except ClickHouseError as error:
            raise map_error(error) from error
