"""Datadog's test agent (ddapm-test-agent) as a child process: the reference decoder of what tracers send."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT, clean_environ, free_port, running_process

PROGRAM = ROOT / ".venv-ddapm" / "bin" / "ddapm-test-agent"


@dataclass(frozen=True)
class DdapmAgent:
    """Where the test agent listens."""

    url: str

    def traces(self) -> list[list[dict[str, Any]]]:
        """Every trace received since it started, each a list of decoded spans."""
        return self._get("/test/session/traces")

    def requests(self) -> list[dict[str, Any]]:
        """Every request received since it started: url, headers, body in base64."""
        return self._get("/test/session/requests")

    def _get(self, path: str) -> list[Any]:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as reply:
            found: list[Any] = json.load(reply)
            return found


@contextmanager
def running_test_agent(folder: Path) -> Iterator[DdapmAgent]:
    """Serve until the block ends. Raises: FileNotFoundError - not installed; `make test` installs it."""
    if not PROGRAM.exists():
        raise FileNotFoundError(f"{PROGRAM} is missing: `make test` installs it from requirements/ddapm.lock")
    port = free_port()
    argv = [str(PROGRAM), "--host", "127.0.0.1", "--port", str(port), "--disable-llmobs-data-forwarding"]
    argv += ["--otlp-http-port", str(free_port()), "--otlp-grpc-port", str(free_port())]
    url = f"http://127.0.0.1:{port}"
    with running_process(argv, clean_environ(), folder / "ddapm.log", ready_url=f"{url}/info"):
        yield DdapmAgent(url)
