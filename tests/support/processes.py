"""Starting real processes on free ports and stopping them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
READY_S = 60.0
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environ(**variables: str) -> dict[str, str]:
    """The few variables of ours that a child needs, and those given: no tracer or exporter setting leaks in."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | variables


@contextmanager
def running_process(
    argv: Sequence[str], environ: Mapping[str, str], log: Path, *, ready_url: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a process group of its own, up when `ready_url` answers 2xx; its output goes to `log`.

    At the end of the block it gets SIGTERM, then, ten seconds later, SIGKILL.
    Raises: RuntimeError - it ended, or did not answer in time; with the end of its output.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv, env=dict(environ), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        if ready_url:
            wait_until(lambda: _answers(child, ready_url, log), f"{argv[:4]} at {ready_url}\n{_tail(log)}")
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(timeout=10)


def wait_until(condition: Callable[[], bool], what: str, *, within_s: float = READY_S) -> None:
    """Ask again until the condition holds. Raises: RuntimeError - it did not within the time, which is a hang."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {within_s:g} s: {what}")
        time.sleep(0.05)


def _answers(child: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    if child.poll() is not None:
        raise RuntimeError(f"the process ended with {child.returncode}:\n{_tail(log)}")
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(200 <= reply.status < 300)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-4_000:] if log.exists() else ""
