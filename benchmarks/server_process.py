"""A real server for benchmarks and kill tests: its own process, free ports, a directory of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

PORTS = ("port", "agent_port", "dogstatsd_port", "otlp_http_port", "otlp_grpc_port")


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


def rss_mb(pid: int) -> float:
    """Resident memory of a process, MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class ServerProcess:
    """`lrcp serve` on free ports; as a context manager it is stopped and its directory removed."""

    def __init__(self, directory: Path | None = None, **settings: Any) -> None:
        self.directory = directory or Path(tempfile.mkdtemp(prefix="lrcp-bench-"))
        self._own_directory = directory is None
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until it is healthy. Returns: seconds until then."""
        values = {**self.ports, "data_dir": self.directory / "data", **self._settings}
        env = os.environ | {f"LRCP_{name.upper()}": str(value) for name, value in values.items()}
        log = (self.directory / "server.log").open("ab")
        began = time.perf_counter()
        self.process = subprocess.Popen([sys.executable, "-m", "lrcp", "serve"], env=env, stdout=log, stderr=log)
        while not self._healthy():
            if self.process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"the server did not start:\n{self.log_tail()}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url('port')}/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def sql(self, query: str) -> list[list[Any]]:
        """Rows of a query, through the server's own API."""
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{self.url('port')}/api/sql", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            rows: list[list[Any]] = json.load(reply)["rows"]
            return rows

    def rss_mb(self) -> float:
        """Resident memory of the process, MB."""
        assert self.process is not None
        return rss_mb(self.process.pid)

    def cpu_s(self) -> float:
        """Processor seconds used so far (Linux)."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, then wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def log_tail(self) -> str:
        return (self.directory / "server.log").read_text(errors="replace")[-3000:]

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
