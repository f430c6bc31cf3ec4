"""A small front that speaks ClickHouse's HTTP interface over chdb: the real engine behind the real HTTP client.

    python -m tests.support.clickhouse_http --port 8123 --path DIR       (user lrcp, password in CLICKHOUSE_PASSWORD)

ClickHouse's server is not to be had from a Python registry; its engine is (chdb). This is the part of the HTTP interface
that clickhouse-connect uses: statements in the body, in `query=` or in a form; `param_*`; settings in the URL; inserts
with their data in the body, compressed or not; sessions that one request at a time may use; the server's own bounds of
addresses and fields; errors with their code in a header.
"""

import argparse
import asyncio
import gzip
import json
import os
import re
import sys
import tempfile
import threading
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chdb
import lz4.frame
from aiohttp import web

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_URI_BYTES = 1024 * 1024
MAX_FIELD_BYTES = 128 * 1024
"""The server's defaults of http_max_uri_size and http_max_field_value_size."""

TIMEZONE = "UTC"
USER = "lrcp"
_TRANSPORT = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "query",
        "query_id",
        "quota_key",
        "role",
        "session_check",
        "session_id",
        "session_timeout",
        "wait_end_of_query",
    }
)
"""What in the address is neither a parameter nor a setting of the engine."""

_INSERT_DATA = re.compile(rb"\s*(INSERT\s+INTO\s+[^;]*?)\s+FORMAT\s+(\w+)[ \t]*(?:\n|\Z)", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*\Z", re.IGNORECASE)
_CODINGS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "lz4": (lz4.frame.compress, lz4.frame.decompress),
    "zstd": (zstd.compress, zstd.decompress),
    "gzip": (gzip.compress, gzip.decompress),
    "deflate": (zlib.compress, zlib.decompress),
}
_STATUS_OF_CODE = {60: 404, 81: 404, 164: 403, 193: 403, 497: 403, 516: 403, 373: 500, 241: 500, 159: 408, 202: 500}


class EngineError(Exception):
    """An error of the engine or of this front: ClickHouse's code and its text."""

    def __init__(self, code: int, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.code, self.status = code, status or _STATUS_OF_CODE.get(code, 400 if code < 200 else 500)


@dataclass
class Statement:
    """What one request asks for. data: of an insert; None when the statement has none."""

    sql: bytes
    database: str
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None
    data_format: str = ""


@dataclass
class Result:
    """What came back. format: '' when the statement gives no rows."""

    body: bytes
    format: str
    summary: dict[str, str]


class Engine:
    """chdb on a directory. Every request has a handle of its own, so that its settings end with it."""

    def __init__(self, path: Path) -> None:
        self._path = str(path.resolve())
        self._keeper = chdb.connect(self._path)

    def run(self, statement: Statement) -> Result:
        """Raises: EngineError."""
        handle = chdb.connect(self._path)
        try:
            self._prepare(handle, statement)
            if statement.data is not None:
                return self._insert(handle, statement)
            return self._ask(handle, statement)
        except RuntimeError as error:
            raise _engine_error(error) from error
        finally:
            handle.close()

    def _prepare(self, handle: Any, statement: Statement) -> None:
        if statement.database:
            handle.query(f"USE `{statement.database}`", "TabSeparated")
        if statement.settings:
            pairs = ", ".join(f"{name} = {_quoted(value)}" for name, value in statement.settings.items())
            handle.query(f"SET {pairs}", "TabSeparated")

    def _ask(self, handle: Any, statement: Statement) -> Result:
        """Without a format of its own, a statement that gives rows is known by the line of their names."""
        named = _FORMAT.search(statement.sql)
        wanted = named[1].decode() if named else "TabSeparatedWithNames"
        result = handle.query(statement.sql, wanted, params=statement.parameters)
        body = result.bytes() or b""
        summary = {"read_rows": str(result.rows_read()), "read_bytes": str(result.bytes_read())}
        if named or not body:
            return Result(body, named[1].decode() if named else "", summary)
        return Result(body.partition(b"\n")[2], "TabSeparated", summary)

    def _insert(self, handle: Any, statement: Statement) -> Result:
        with tempfile.NamedTemporaryFile() as file:
            file.write(statement.data or b"")
            file.flush()
            sql = statement.sql.decode() + f" FROM INFILE '{file.name}' FORMAT {statement.data_format}"
            result = handle.query(sql, "TabSeparated")
        return Result(b"", "", {"written_rows": str(result.rows_read())})


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _engine_error(error: Exception) -> EngineError:
    text = str(error)
    found = re.search(r"Code: (\d+)", text)
    return EngineError(int(found[1]) if found else 1001, text[found.start() :] if found else text)


class Front:
    """The HTTP side: one handler for every address, as the server has it."""

    def __init__(self, engine: Engine, password: str) -> None:
        self._engine = engine
        self._password = password
        self._sessions: set[str] = set()
        self._lock = threading.Lock()

    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/ping":
            return web.Response(text="Ok.\n")
        try:
            self._check_bounds(request)
            self._check_password(request)
            statement = await _read_statement(request)
            result = await asyncio.to_thread(self._run, statement, request.query.get("session_id", ""))
        except EngineError as error:
            return _error_reply(error)
        return _reply(request, result)

    def _run(self, statement: Statement, session: str) -> Result:
        with self._session(session):
            return self._engine.run(statement)

    @contextmanager
    def _session(self, name: str) -> Iterator[None]:
        """A session is for one request at a time; the server refuses a second one at once."""
        with self._lock:
            if name and name in self._sessions:
                raise EngineError(373, f"Code: 373. DB::Exception: Session {name} is locked. (SESSION_IS_LOCKED)")
            self._sessions.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._sessions.discard(name)

    def _check_bounds(self, request: web.Request) -> None:
        if len(request.raw_path) > MAX_URI_BYTES:
            raise EngineError(1000, "Code: 1000. DB::Exception: URI Too Long", 414)

    def _check_password(self, request: web.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(given).decode() != f"{USER}:{self._password}":
            name = b64decode(given).decode().partition(":")[0] if scheme == "Basic" else "default"
            text = f"{name}: Authentication failed: password is incorrect, or there is no user with such name"
            raise EngineError(516, f"Code: 516. DB::Exception: {text}. (AUTHENTICATION_FAILED)")


async def _read_statement(request: web.Request) -> Statement:
    values: dict[str, str] = dict(request.query)
    body = b""
    if request.content_type.startswith("multipart/"):
        values |= {name: str(value) for name, value in (await request.post()).items()}
    else:
        body = await request.read()
        if coding := request.headers.get("Content-Encoding"):
            body = _CODINGS[coding][1](body)
    _check_fields(values)
    statement = Statement(values.get("query", "").encode(), values.get("database", ""))
    _split_insert(statement, body)
    for name, value in values.items():
        if name.startswith("param_"):
            statement.parameters[name.removeprefix("param_")] = value
        elif name not in _TRANSPORT:
            statement.settings[name] = value
    if request.method == "GET":
        statement.settings["readonly"] = "1"
    return statement


def _check_fields(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if len(value) > MAX_FIELD_BYTES:
            raise EngineError(1000, f"Poco::Exception. Code: 1000, e.displayText() = Field value too long: {name}", 400)


def _split_insert(statement: Statement, body: bytes) -> None:
    """The statement is what the address says, then the body; the data of an insert follows its FORMAT."""
    text = statement.sql + b"\n" + body if statement.sql else body
    found = _INSERT_DATA.match(text)
    if found:
        statement.sql, statement.data_format = found[1], found[2].decode()
        statement.data = text[found.end() :]
    else:
        statement.sql = text.strip()


def _reply(request: web.Request, result: Result) -> web.Response:
    headers = {
        "X-ClickHouse-Summary": json.dumps(result.summary),
        "X-ClickHouse-Query-Id": request.query.get("query_id", ""),
        "X-ClickHouse-Timezone": TIMEZONE,
        "X-ClickHouse-Server-Display-Name": "tests",
    }
    if result.format:
        headers["X-ClickHouse-Format"] = result.format
    body, accepted = result.body, request.headers.get("Accept-Encoding", "")
    coding = next((name for name in _CODINGS if name in accepted), "")
    if coding and request.query.get("enable_http_compression") == "1":
        body, headers["Content-Encoding"] = _CODINGS[coding][0](body), coding
    return web.Response(body=body, headers=headers, content_type="application/octet-stream")


def _error_reply(error: EngineError) -> web.Response:
    text = f"{error} (version {chdb.engine_version} (official build))\n"
    return web.Response(status=error.status, text=text, headers={"X-ClickHouse-Exception-Code": str(error.code)})


def make_application(front: Front) -> web.Application:
    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{rest:.*}", front.handle)
    return application


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", type=Path, required=True)
    options = parser.parse_args()
    front = Front(Engine(options.path), os.environ["CLICKHOUSE_PASSWORD"])
    web.run_app(
        make_application(front),
        host="127.0.0.1",
        port=options.port,
        print=None,
        access_log=None,
        auto_decompress=False,
        max_line_size=2 * MAX_URI_BYTES,
        shutdown_timeout=1,
    )


if __name__ == "__main__":
    main()
