"""The real server as a child process on free ports, with an empty data directory."""

import json
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, wait_until


@dataclass(frozen=True, kw_only=True)
class LrcpServer:
    """Where the server listens. The addresses are what clients of each protocol are given."""

    port: int
    agent_port: int
    dogstatsd_port: int
    dogstatsd_socket: str
    otlp_http_port: int
    otlp_grpc_port: int
    data_dir: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def agent_url(self) -> str:
        return f"http://127.0.0.1:{self.agent_port}"

    @property
    def otlp_http_url(self) -> str:
        return f"http://127.0.0.1:{self.otlp_http_port}"

    @property
    def otlp_grpc_url(self) -> str:
        return f"http://127.0.0.1:{self.otlp_grpc_port}"

    def environ(self) -> dict[str, str]:
        """The variables that start this server."""
        return clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_PORT=str(self.port),
            LRCP_AGENT_PORT=str(self.agent_port),
            LRCP_DOGSTATSD_PORT=str(self.dogstatsd_port),
            LRCP_DOGSTATSD_SOCKET=self.dogstatsd_socket,
            LRCP_OTLP_HTTP_PORT=str(self.otlp_http_port),
            LRCP_OTLP_GRPC_PORT=str(self.otlp_grpc_port),
            LRCP_DATA_DIR=str(self.data_dir),
            LRCP_MONITOR_PACK="none",
        )

    def sql(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query, each by column name. Raises: urllib.error.HTTPError - the query was refused."""
        request = urllib.request.Request(
            f"{self.url}/api/sql",
            data=json.dumps({"query": query}).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            found = json.load(reply)
        names = [column["name"] for column in found["columns"]]
        return [dict(zip(names, row, strict=True)) for row in found["rows"]]

    def wait_rows(self, query: str, at_least: int = 1) -> list[dict[str, Any]]:
        """The rows of a query once there are enough: for what is sent without an acknowledgement."""
        return self._wait(query, lambda rows: len(rows) >= at_least, f"{at_least} rows")

    def spans(self, service: str, at_least: int = 1) -> list[dict[str, Any]]:
        """The spans of a service in the order they began, once there are enough; start_ns is Unix nanoseconds.

        The row that a merged one replaces is removed a moment later: two rows of one operation are waited out.
        """
        query = (
            "SELECT *, toUnixTimestamp64Nano(start_time) AS start_ns FROM spans"
            f" WHERE service = '{service}' ORDER BY start_time, span_id"
        )

        def settled(rows: list[dict[str, Any]]) -> bool:
            return len(rows) >= at_least and len(rows) == len({(row["trace_id"], row["span_id"]) for row in rows})

        return self._wait(query, settled, f"{at_least} rows, one an operation,")

    def _wait(self, query: str, enough: Callable[[list[dict[str, Any]]], bool], what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []

        def arrived() -> bool:
            rows[:] = self.sql(query)
            return enough(rows)

        wait_until(arrived, f"{what} of {query}", within_s=30)
        return rows


def plan_server(folder: Path) -> LrcpServer:
    """A server that is not started yet: free ports, and a data directory within the folder."""
    return LrcpServer(
        port=free_port(),
        agent_port=free_port(),
        dogstatsd_port=free_port(socket.SOCK_DGRAM),
        dogstatsd_socket=str(folder / "dsd.socket"),
        otlp_http_port=free_port(),
        otlp_grpc_port=free_port(),
        data_dir=folder / "data",
    )


@contextmanager
def running_server(folder: Path, **variables: str) -> Iterator[LrcpServer]:
    """Serve until the block ends, with further variables; the log is `server.log` in the folder."""
    server = plan_server(folder)
    argv = [PYTHON, "-m", "lrcp", "serve"]
    with running_process(argv, server.environ() | variables, folder / "server.log", ready_url=f"{server.url}/health"):
        yield server
