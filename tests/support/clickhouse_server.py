"""ClickHouse over HTTP as a child process (clickhouse_http.py): started, killed and started again on the same data."""

import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.clickhouse_http import USER
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process

PASSWORD = "hunter2-Sesam"


class ClickHouseServer:
    """Where it listens, and the switch."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process = ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def dsn(self, database: str, password: str = PASSWORD) -> str:
        return f"clickhouse://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        environ = clean_environ(PYTHONPATH=str(ROOT / "src"), CLICKHOUSE_PASSWORD=PASSWORD)
        argv = [PYTHON, "-m", "tests.support.clickhouse_http", "--port", str(self.port), "--path"]
        argv.append(str(self._folder / "data"))
        log = self._folder / "clickhouse.log"
        self._process.enter_context(running_process(argv, environ, log, ready_url=f"{self.url}/ping"))

    def stop(self) -> None:
        self._process.close()

    def execute(self, sql: str) -> str:
        """Run a statement past every client. Raises: urllib.error.HTTPError - the server refused it."""
        token = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"{self.url}/", sql.encode(), {"Authorization": f"Basic {token}"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            text: str = reply.read().decode()
            return text


@contextmanager
def running_clickhouse(folder: Path) -> Iterator[ClickHouseServer]:
    """Serve until the block ends."""
    server = ClickHouseServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
