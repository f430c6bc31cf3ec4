"""A whole `lrcp up` on free ports."""

import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.processes import ROOT, clean_environ, free_port, wait_until

TCP = ("port", "gateway-port", "app-port", "model-port", "agent-port", "otlp-http-port", "otlp-grpc-port")


class Up:
    """A running `lrcp up` on free ports."""

    def __init__(self, folder: Path) -> None:
        self.ports = {name: free_port() for name in TCP}
        self.ports["dogstatsd-port"] = free_port(socket.SOCK_DGRAM)
        self._output = folder / "output"
        options = [f"--{name}={port}" for name, port in self.ports.items()]
        command = [sys.executable, "-m", "lrcp", "up", *options, f"--data-dir={folder / 'data'}", "--traffic-rate=1"]
        environ = clean_environ(PYTHONPATH=str(ROOT / "src"))
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True)

    def said(self) -> str:
        return self._output.read_text()

    def until_said(self, pattern: str) -> None:
        wait_until(lambda: self._has_said(pattern), f"{pattern!r} in the output of lrcp up", within_s=120)

    def _has_said(self, pattern: str) -> bool:
        if re.search(pattern, self.said()):
            return True
        assert self.process.poll() is None, self.said()
        return False

    def child(self, name: str) -> int:
        """The process id of a child, by its command."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        [pid] = [pid for pid in listed if Path(f"/proc/{pid}/cmdline").read_text().split("\0")[3:4] == [name]]
        return int(pid)
